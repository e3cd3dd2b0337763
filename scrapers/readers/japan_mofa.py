"""mofa.go.jp in English: press releases, press conferences, statements.

    list of a month (202603_index.html, or index.html for this one):
    <dl class="title-list"><dt class="list-title">March 12</dt><dd><ul class="link-list"><li>
      <a href="pressite_000001_02654.html">..</a>
    list of press conferences and statements: the day stands in the title, with its year:
    <li><a href="..">Press Conference by .. (Friday, March 12, 2026, 2:05 p.m.)</a></li>

    <main id="contents"><div id="contents-header"><h1 class="title1"><span>the section</span></h1>
      <h2 class="title2"><span>title</span></h2><h3><span>March 12, 2026</span></h3></div>
      <div id="contents-body"><div id="main"><div id="maincontents">
      <p class="rightalign">March 12, 2026</p> <div class="any-area"><p>..</p></div>
      <h2>Related Links</h2> .. <p>Page Top</p></div>, or, without a header, the title in its h1

Japanese pages write 令和8年3月12日. Evidence: a real list of a month (2026), public scrapers of the
lists, of the heads of press conferences and of the page text; no real page of an article was seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

from bs4 import Tag

from scrapers import markup, regions
from scrapers.dateforms import existing
from scrapers.dates import read_month_day
from scrapers.readers import Page, Reader, _datelines, _layout, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article, Entry, Listing, Precision, Published

_BODY = Layout(
    text=("#maincontents", "#contents-body", "#main-contents", "#contents #main", "#main"),
    title=(
        "#contents-header h2", "h2.title2", "#maincontents h1", "#contents h1", "h1.title1", "h1",
    ),
    dated=(
        "#contents-header h3", "#maincontents .rightalign", ".rightalign", "p.date", ".press-date",
    ),
    labelled=("#maincontents h2", "#maincontents h3", "#maincontents h4", "#maincontents p"),
    after=r"^(?=(?:mon|tues|wednes|thurs|fri|satur|sun)day, [a-z]+ \d{1,2}, \d{4})",
    drop=(
        f"{_layout.FURNITURE},.rightalign,.breadcrumb,#breadcrumb,.pagetop,.page-top,.lang,"
        ".language,.sns,.icon-list,.menu-list,.local-nav"
    ),
    noise=(
        r"\[?(?:japanese|日本語)(?: \(日本語\))?\]?|\W*this is a provisional translation.{0,200}"
        r"|\(?(?:mon|tues|wednes|thurs|fri|satur|sun)day, [a-z]+ \d{1,2}, \d{4}.{0,120}"
        r"|(?:tweet|print|share)|press (?:releases?|conferences?)"
    ),
    ends=(r"related links?|related information|page top|back to .*|関連リンク|.{1,30}へ戻る"),
)  # fmt: skip
_IN_TITLE = re.compile(r"\((?:[A-Z][a-z]+day,? )?(?P<day>[A-Z][a-z]+ \d{1,2}, \d{4})[^()]*\)\s*$")
_MONTH_OF = re.compile(r"(?P<y>20\d\d)(?P<m>[01]\d)_index")
_NO_STATEMENT = re.compile(r"index\.html?$|/mofaj/|/(?:link|sitemap|policy/terms)")


def article(page: Page) -> Article:
    """A statement; its date is that at the head, else the one in brackets that ends the title."""
    found = _layout.read(page, _BODY)
    if found.published.precision in (Precision.DAY, Precision.MINUTE):
        return found
    in_title = _in_title(found.title, page)
    return replace(found, published=in_title) if in_title else found


def listing(page: Page) -> Listing:
    """The statements under the days of a list. A day without a year takes it from the list's own
    address; on the list of the current month it is the last such day, marked as inferred."""
    tree = regions.parse(page.html)
    base = regions.base_address(tree, page.url)
    days = {entry.url: entry for entry in _under_days(page, base)}
    if not days:
        return _dated_by_titles(generic.listing(page), page)
    return Listing(tuple(days.values()), generic.further_pages(tree, base))


def _dated_by_titles(listing: Listing, page: Page) -> Listing:
    entries = (
        replace(entry, published=_in_title(entry.title or "", page) or entry.published)
        for entry in listing.entries
    )
    return replace(listing, entries=tuple(entries))


def _in_title(title: str, page: Page) -> Published | None:
    match = _IN_TITLE.search(title)
    return _datelines.read(match.group().strip(" ()"), page) if match else None


def _under_days(page: Page, base: str) -> Iterator[Entry]:
    tree = regions.parse(page.html)
    for node in tree.css("dl.title-list, dl:has(dt)"):
        for heading in regions.soup(node).select("dt"):
            published = _day(markup.text_of(heading), page)
            for sibling in heading.find_next_siblings():
                if not isinstance(sibling, Tag) or sibling.name == "dt":
                    break
                yield from _entries(sibling, published, page, base)


def _entries(group: Tag, published: Published | None, page: Page, base: str) -> Iterator[Entry]:
    for link in group.select("a[href]"):
        url = regions.address(base, str(link["href"]))
        title = markup.title_text(markup.text_of(link))
        if url and title and is_address(url) and _wanted(url, page):
            yield Entry(url, title, _in_title(title, page) or published)


def _wanted(url: str, page: Page) -> bool:
    pattern = page.source.articles
    return pattern is None or re.search(pattern, url) is not None


def _day(words: str, page: Page) -> Published | None:
    """The day of a heading such as "March 12" or "March 12, 2026"."""
    whole = _datelines.read(words, page)
    found = None if whole else read_month_day(words, page.source.languages)
    if whole or found is None:
        return whole
    of_list = _MONTH_OF.search(urlsplit(regions.unarchived(page.url)).path)
    zone = page.source.time_zone
    if of_list and int(of_list["m"]) == found[0]:
        on = existing(int(of_list["y"]), found[0], found[1])
        return Published(Precision.DAY, on=on, text=found[2], zone=zone) if on else None
    on = _last_such(found[0], found[1], page.fetched_at.date())
    return Published(Precision.INFERRED, on=on, text=found[2], zone=zone) if on else None


def _last_such(month: int, day: int, today: date) -> date | None:
    """The last day of this name that is not after tomorrow (their clock is ahead of UTC)."""
    days = (existing(today.year - back, month, day) for back in (0, 1))
    return next((on for on in days if on and (on - today).days <= 1), None)


def is_address(url: str) -> bool:
    """A page of one statement; lists are called index."""
    parts = urlsplit(url)
    return parts.path.endswith((".html", ".htm")) and not _NO_STATEMENT.search(parts.path)


READER = Reader("japan_mofa", 1, listing, article, is_address, inferred=True)
