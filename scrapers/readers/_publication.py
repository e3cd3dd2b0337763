"""When a page whose layout is not known was published, if it says so.

In this order: JSON-LD's datePublished; the meta elements that mean publication; a `<time>`, unless
another day stands beside the title; a dateline beside the title; a dateline that begins the text;
the address (/2020/10/23/). Then what the listing said; and last, marked as inferred, the day of a
change where nothing else is dated, meta elements that may mean something else, a stamp in a file's
name, and what htmldate finds among the short lines of the article. A date that cannot be, as of the
year 1970, counts only where the page says no other.

Never: a date in running prose, a day without month and year, words such as "yesterday", a year of
copyright, the date of a change (modified_time, lastmod, Last-Modified), a date of an archive's own
frame around the page.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from scrapers import markup, regions
from scrapers.dates import is_plausible
from scrapers.readers import Page
from scrapers.readers._datelines import (
    CHANGED,
    Lines,
    beside_title,
    leading_dateline,
    read,
)
from scrapers.readers._times import time_element
from scrapers.values import Precision, Published

_PUBLICATION_METAS = (
    "article:published_time", "og:article:published_time", "og:published_time", "datePublished",
    "PubDate", "publishdate", "publish_date", "publish-date", "publication_date", "published",
    "publishtime", "firstpublishedtime", "originalpublicationdate", "parsely-pub-date",
    "sailthru.date", "citation_publication_date", "citation_online_date", "article.published",
    "DC.date.issued", "govuk:first-published-at", "dcterms.issued", "dcterms.dateSubmitted",
    "weibo:article:create_at",
)  # fmt: skip
# Some mean publication by these, some creation, some the last change.
_VAGUE_METAS = ("date", "DC.date", "dcterms.date", "DC.date.created", "dcterms.created")

_ARTICLE_TYPES = re.compile(r"Article|Posting|Report|PressRelease|Statement|Review", re.IGNORECASE)
_NO_PAGE = re.compile(r"WebSite|Organization|Event|Issue|Image|Video|Comment")
# Where schema.org has other works than the one that an object is of.
_BESIDE = frozenset(("itemListElement", "hasPart", "isPartOf", "review", "comment", "mentions",
                     "citation", "isBasedOn"))  # fmt: skip
_IN_ADDRESS = (
    # "/2020/10/23-answers" may be twenty-three answers of that month.
    re.compile(
        r"/(?P<y>(?:19|20)\d\d)[/_-]?(?P<m>[01]\d)(?P<s>/)?[_-]?(?P<d>[0-3]\d)"
        r"(?=[/_.]|$|(?(s)(?!)|-))"
    ),
    re.compile(r"/(?P<y>(?:19|20)\d\d)/(?P<m>1?\d)/(?P<d>[1-3]?\d)(?=/)"),
)
_IN_FILE_NAME = re.compile(r"/t(?P<y>20\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)_\d+\.")


def published(
    page: Page, tree: LexborHTMLParser, title: str, lines: Lines
) -> tuple[Published, Sequence[str]]:
    """The date, and the text's blocks without a dateline that began them."""
    in_text, text = leading_dateline(lines.text, page)
    beside = beside_title(page, title, lines)
    places = (
        _json_ld(page, tree),
        read(regions.meta(tree, *_PUBLICATION_METAS), page),
        time_element(page, tree, title, beside),
    )
    stated = _first(page, *places)
    if stated and beside and beside.precision is Precision.MINUTE and stated.on == beside.on:
        stated = stated if stated.precision is Precision.MINUTE else beside
    listed = page.entry.published if page.entry else None
    changed = None
    if beside and beside.precision is Precision.INFERRED:  # only the day of a change
        beside, changed = None, beside
    found = _first(page, stated, beside, in_text, _in_address(page)) or listed or changed
    found = found or _guess(page, tree)
    return found or Published(Precision.UNKNOWN, zone=page.source.time_zone), text


def _first(page: Page, *found: Published | None) -> Published | None:
    """The first date that a page says; one that cannot be, as the year 1970 of an empty field, only
    where it says no other."""
    dates = [date for date in found if date]
    possible = (date for date in dates if is_plausible(date, now=page.fetched_at))
    return next(possible, dates[0] if dates else None)


def _json_ld(page: Page, tree: LexborHTMLParser) -> Published | None:
    """The datePublished of the page's one article; of several, none can be told from the rest."""
    articles: list[str] = []
    others: list[str] = []
    for node in tree.css('script[type="application/ld+json"]'):
        try:
            data = json.loads(node.text(), strict=False)
        except (ValueError, RecursionError):
            continue  # broken JSON says nothing; the page may still say it elsewhere
        for thing in _things(data):
            stamp = thing.get("datePublished")
            if isinstance(stamp, str) and not _NO_PAGE.search(str(thing.get("@type"))):
                of_article = _ARTICLE_TYPES.search(str(thing.get("@type")))
                (articles if of_article else others).append(stamp)
    for stamps in (articles, others):
        found = [date for stamp in stamps if (date := read(stamp, page))]
        if found:
            return found[0] if len({date.on for date in found}) == 1 else None
    return None


def _things(data: Any) -> Iterator[dict[str, Any]]:
    """All objects of a JSON document but those that it lists beside its subject. Without recursion:
    a stranger's nesting has no bound."""
    waiting = [data]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, dict):
            yield value
            waiting.extend(inner for name, inner in value.items() if name not in _BESIDE)
        elif isinstance(value, list):
            waiting.extend(value)


def _in_address(page: Page) -> Published | None:
    return _from_address(page, *_IN_ADDRESS)


def _from_address(page: Page, *patterns: re.Pattern[str]) -> Published | None:
    path = urlsplit(regions.unarchived(page.url)).path
    for pattern in patterns:
        for match in pattern.finditer(path):
            found = read(f"{match['y']}-{match['m']}-{match['d']}", page)
            if found and is_plausible(found, now=page.fetched_at):
                return replace(found, text=match.group())
    return None


def _guess(page: Page, tree: LexborHTMLParser) -> Published | None:
    """The last resort, marked as what it is."""
    found = (
        read(regions.meta(tree, *_VAGUE_METAS), page)
        or _from_address(page, _IN_FILE_NAME)
        or _by_htmldate(page, tree)
    )
    if found is None or not is_plausible(found, now=page.fetched_at):
        return None
    return replace(found, precision=Precision.INFERRED, at=None)


def _by_htmldate(page: Page, tree: LexborHTMLParser) -> Published | None:
    """htmldate, shown the one short line of the article that is marked as a date: in prose it
    would take any date, in the head a change, at the foot a year of copyright, and of a month
    without a day it would make the first."""
    from htmldate import find_date

    region = tree.css_first("article") or tree.css_first("main")
    marked = region.css("[class*=date],[class*=time],abbr") if region is not None else []
    lines = {line for node in marked if 0 < len(line := markup.line(node)) < 60}
    if len(lines) != 1 or CHANGED.search(line := lines.pop()):
        return None
    if not re.search(r"[^\W\d_]{3}", line):  # numbers alone, which read two ways
        return None
    shown = f'<html><body><p class="date">{html.escape(line)}</p></body></html>'
    found = read(find_date(shown, extensive_search=False, original_date=True), page)
    if found is None or found.on is None:
        return None
    numbers = {int(number) for number in re.findall(r"\d+", line)}
    stated = found.on.day in numbers and {found.on.year, found.on.year % 100} & numbers
    return replace(found, text=line) if stated else None
