"""When a page whose layout is not known was published, if it says so.

In this order: JSON-LD's datePublished; the meta elements that mean publication; a `<time>`; a
dateline beside the title; a dateline that begins the text; the address (/2020/10/23/). Then what
the listing said; and last, marked as inferred, meta elements that may mean something else, a stamp
in a file's name, and what htmldate finds among the short lines of the article.

Never: a date in running prose, a day without month and year, words such as "yesterday", a year of
copyright, the date of a change (modified_time, lastmod, Last-Modified), a date of an archive's own
frame around the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers import markup, regions
from scrapers.dates import is_plausible, read_date
from scrapers.readers import Page
from scrapers.values import Precision, Published

_PUBLICATION_METAS = (
    "article:published_time", "og:article:published_time", "og:published_time", "datePublished",
    "PubDate", "publishdate", "publish_date", "publish-date", "publication_date", "published",
    "publishtime", "firstpublishedtime", "originalpublicationdate", "parsely-pub-date",
    "sailthru.date", "citation_publication_date", "citation_online_date", "article.published",
    "DC.date.issued", "dcterms.issued", "dcterms.dateSubmitted", "weibo:article:create_at",
)  # fmt: skip
# Some mean publication by these, some creation, some the last change.
_VAGUE_METAS = ("date", "DC.date", "dcterms.date", "DC.date.created", "dcterms.created")

_ARTICLE_TYPES = re.compile(r"Article|Posting|Report|PressRelease|Statement|Review", re.IGNORECASE)
_CHANGED = re.compile(r"modif|updat|geändert|aktualisiert|mise? à jour|更新|修改|최종수정", re.I)
_IN_ADDRESS = (
    re.compile(r"/(?P<y>(?:19|20)\d\d)[/_-]?(?P<m>[01]\d)[/_-]?(?P<d>[0-3]\d)(?=[/_.-]|$)"),
    re.compile(r"/(?P<y>(?:19|20)\d\d)/(?P<m>1?\d)/(?P<d>[1-3]?\d)(?=/)"),
)
_IN_FILE_NAME = re.compile(r"/t(?P<y>20\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)_\d+\.")

# What may stand before a date at the head of a text, and what parts such a date from the text.
_LABEL = r"(?:date|datum|fecha|data|published|posted|updated|发布时间|發布時間|时间|日期|日付)"
_PLACE = r"[^\W\d_][^\d,:;.!?。]{1,40},\s*"
_JOINT = r"\s*(?:—|–|--|-|\||：|:(?!\d))\s*"


@dataclass(frozen=True, slots=True)
class Lines:
    """What is seen on the page, block by block, and what of it is the article's text."""

    page: Sequence[str]
    text: Sequence[str]


def published(
    page: Page, tree: LexborHTMLParser, title: str, lines: Lines
) -> tuple[Published, Sequence[str]]:
    """The date, and the text's blocks without a dateline that began them."""
    in_text, text = leading_dateline(lines.text, page)
    stated = (
        _json_ld(page, tree)
        or _read(regions.meta(tree, *_PUBLICATION_METAS), page)
        or _time_element(page, tree)
    )
    beside = _beside_title(page, title, lines.page)
    if stated and beside and beside.precision is Precision.MINUTE and stated.on == beside.on:
        stated = stated if stated.precision is Precision.MINUTE else beside
    listed = page.entry.published if page.entry else None
    found = stated or beside or in_text or _in_address(page) or listed or _guess(page, tree)
    return found or Published(Precision.UNKNOWN, zone=page.source.time_zone), text


def _read(text: str | None, page: Page) -> Published | None:
    if not text:
        return None
    return read_date(text, zone=page.source.time_zone, languages=page.source.languages)


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
            if isinstance(stamp, str):
                of_article = _ARTICLE_TYPES.search(str(thing.get("@type")))
                (articles if of_article else others).append(stamp)
    for stamps in (articles, others):
        found = [date for stamp in stamps if (date := _read(stamp, page))]
        if found:
            return found[0] if len({date.on for date in found}) == 1 else None
    return None


def _things(data: Any) -> Iterator[dict[str, Any]]:
    """All objects of a JSON document, without recursion: a stranger's nesting has no bound."""
    waiting = [data]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _time_element(page: Page, tree: LexborHTMLParser) -> Published | None:
    """What the page's `<time>` says: one that is marked as publication, else the one by the title,
    else all that are there, if they agree. A list of other articles has times of its own."""
    times = [node for node in tree.css("time,[itemprop=datePublished]") if not _is_change(node)]
    marked = [node for node in times if _is_publication(node)]
    first = tree.css_first("h1")
    near = _times_near(first) if first is not None else []
    for nodes in (marked, [node for node in near if not _is_change(node)], times):
        found = [date for node in nodes if (date := _read(_stamp(node), page))]
        if found and len({date.on for date in found}) == 1:
            return found[0]
    return None


def _times_near(heading: LexborNode) -> list[LexborNode]:
    """The `<time>` elements of the smallest region around the heading that has any."""
    region = heading.parent
    while region is not None and region.tag not in ("body", "html"):
        if times := region.css("time"):
            return times
        region = region.parent
    return []


def _stamp(node: LexborNode) -> str:
    attributes = node.attributes
    return attributes.get("datetime") or attributes.get("content") or markup.line(node)


def _is_publication(node: LexborNode) -> bool:
    attributes = node.attributes
    words = f"{attributes.get('itemprop') or ''} {attributes.get('class') or ''}"
    return "pubdate" in attributes or re.search(r"publish|entry-date", words, re.I) is not None


def _is_change(node: LexborNode) -> bool:
    attributes = node.attributes
    words = f"{attributes.get('itemprop') or ''} {attributes.get('class') or ''}"
    return bool(_CHANGED.search(words)) and "published" not in words.split()


def _beside_title(page: Page, title: str, blocks: Sequence[str]) -> Published | None:
    """A short line with a date between the title and the text, or right above the title. Where
    one says when the page was changed and another does not, that other one."""
    places = [place for place, block in enumerate(blocks) if block.startswith(title)]
    for place in places:
        changed = None
        below = [blocks[place].removeprefix(title), *blocks[place + 1 : place + 9]]
        for block in below:
            if len(block) > 160:
                break
            found = _read(block, page)
            if found and not _CHANGED.search(block):
                return found
            changed = changed or found
        if changed:
            return changed
    above = (blocks[place - 1] for place in places if place and len(blocks[place - 1]) <= 60)
    return next((found for block in above if (found := _read(block, page))), None)


def leading_dateline(blocks: Sequence[str], page: Page) -> tuple[Published | None, Sequence[str]]:
    """A date at the very head of the text that is no part of a sentence, and the text without it.

    "date 2020-08-14 The ministry ...", "BRUSSELS, 14 August 2020 — The ...", or a first line that
    is nothing but a date. "July 3, 2020 was a Friday" is prose.
    """
    first = blocks[0] if blocks else ""
    found = _read(first[:200], page)
    if found is None or found.text is None:
        return None, blocks
    words = re.escape(found.text)
    labelled = rf"\s*{_LABEL}\s*[:：]?\s*{words}(?:{_JOINT}|\s+|$)"
    parted = rf"\s*[(（\[]?(?:{_PLACE})?{words}\s*[)）\]]?(?:{_JOINT}|\s*$)"
    match = re.match(f"(?:{labelled})|(?:{parted})", first, re.IGNORECASE)
    if match is None:
        return None, blocks
    rest = first[match.end() :].strip()
    return found, [rest, *blocks[1:]] if rest else blocks[1:]


def _in_address(page: Page) -> Published | None:
    return _from_address(page, *_IN_ADDRESS)


def _from_address(page: Page, *patterns: re.Pattern[str]) -> Published | None:
    path = urlsplit(regions.unarchived(page.url)).path
    for pattern in patterns:
        for match in pattern.finditer(path):
            found = _read(f"{match['y']}-{match['m']}-{match['d']}", page)
            if found and is_plausible(found, now=page.fetched_at):
                return replace(found, text=match.group())
    return None


def _guess(page: Page, tree: LexborHTMLParser) -> Published | None:
    """The last resort, marked as what it is."""
    found = (
        _read(regions.meta(tree, *_VAGUE_METAS), page)
        or _from_address(page, _IN_FILE_NAME)
        or _by_htmldate(page, tree)
    )
    if found is None or not is_plausible(found, now=page.fetched_at):
        return None
    return replace(found, precision=Precision.INFERRED, at=None)


def _by_htmldate(page: Page, tree: LexborHTMLParser) -> Published | None:
    """htmldate, shown nothing but the short lines of the article: in prose it would take any date,
    in the head a change, at the foot a year of copyright."""
    from htmldate import find_date

    region = tree.css_first("article") or tree.css_first("main")
    if region is None:
        return None
    lines = [
        line
        for node in region.css("[class*=date],[class*=time],abbr")
        if (line := markup.line(node))
    ]
    short = "".join(
        f'<p class="date">{line}</p>' for line in dict.fromkeys(lines) if len(line) < 60
    )
    if not short or _CHANGED.search(short):
        return None
    latest = page.fetched_at + timedelta(days=2)
    day = find_date(
        f"<html><body>{short}</body></html>",
        extensive_search=False,
        original_date=True,
        max_date=latest.replace(tzinfo=None),
    )
    return _read(day, page)
