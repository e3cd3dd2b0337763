"""Embassies, consulates and missions of China: <country>.china-embassy.gov.cn and older hosts.

Since about 2021 (elements named by class; which class holds the title differs from host to host):

    <div class="title">...</div> <div class="date">2020-10-23 23:12</div>
    <div class="trs_editor_view TRS_UEDITOR"><p>...</p></div>

Before that:

    <div id="News_Body_Title">...</div> <div id="News_Body_Time">2019/12/05</div>
    <div id="News_Body_Txt_A">...</div>

Before that, and here and there until today, a table:

    <table id="article"><tr><td>title</td></tr> <tr><td>(2019-12-05)</td></tr> <tr><td>...</td></tr>

or, where it has no such table:

    <td class="bigtitle">...</td> <td class="time">2019/7/3</td> <td class="content1">...</td>

The time shown is the post's or Beijing's; the source's zone is assumed.
"""

from __future__ import annotations

from scrapers import regions
from scrapers.errors import MissingElement
from scrapers.language import language_of
from scrapers.readers import Page, Reader, _trs, _trs_listing, _trs_table
from scrapers.values import Article, Precision, Published


def article(page: Page) -> Article:
    """A statement. Its date is the one under the title, else the one at the head of the text, else
    the title's, else that of the page's head, else the listing's."""
    parts = _parts(page)
    text, in_text = _without_dateline(parts.text, page)
    listed = page.entry.published if page.entry else None
    published = (
        _trs.published_in(parts.time, page)
        or _trs.published_in(parts.dateline, page)
        or in_text
        or _trs.published_in_title(parts.title, page)
        or _trs.published_in(parts.stamp, page)
        or listed
        or Published(Precision.UNKNOWN, zone=page.source.time_zone)
    )
    language = language_of(text, expected=page.source.languages)
    return Article(parts.title, text, published, language)


def _parts(page: Page) -> _trs.Parts:
    """The parts by the newer templates, else by the table. A table whose cells are named as theirs
    are dates the statement where they would not."""
    try:
        parts = _trs.take_apart(page)
    except MissingElement:
        in_table = _in_table(page)
        if in_table is None:
            raise
        return in_table
    if parts.time or parts.dateline:
        return parts
    try:
        in_table = _in_table(page)
    except MissingElement:
        return parts
    return in_table if in_table is not None and in_table.dateline else parts


def _in_table(page: Page) -> _trs.Parts | None:
    """The parts by the table; None where there is none."""
    table = regions.parse(page.html).css_first(_trs_table.TABLE)
    return _trs_table.from_table(table, page) if table is not None else None


def _without_dateline(text: str, page: Page) -> tuple[str, Published | None]:
    """The text without a first line that is nothing but a date, and that date."""
    first, _, rest = text.partition("\n\n")
    if rest and _trs_table.is_dateline(first, page):
        return rest, _trs.published_in(first, page)
    return text, None


READER = Reader("china_mission", 2, _trs_listing.listing, article, _trs.is_address)
