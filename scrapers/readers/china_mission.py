"""Embassies, consulates and missions of China: <country>.china-embassy.gov.cn and older hosts.

Since about 2021 (elements named by class; which class holds the title differs from host to host):

    <div class="title">...</div> <div class="date">2020-10-23 23:12</div>
    <div class="trs_editor_view TRS_UEDITOR"><p>...</p></div>

Before that:

    <div id="News_Body_Title">...</div> <div id="News_Body_Time">2019/12/05</div>
    <div id="News_Body_Txt_A">...</div>

Before that, and here and there until today, a table; cells above the date hold the title, then
perhaps where the text is from, and one cell below it holds the text:

    <table id="article"><tr><td>title</td></tr> <tr><td>(2019-12-05)</td></tr> <tr><td>...</td></tr>

The time shown is the post's or Beijing's; the source's zone is assumed.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from scrapers import markup, regions
from scrapers.errors import MissingElement
from scrapers.language import language_of
from scrapers.readers import Page, Reader, _trs, _trs_listing
from scrapers.values import Article, Precision, Published

_TABLE = "#article"
# What stands in a dateline besides the date.
_LABELS = re.compile(
    r"[\s\d()（）\[\]:：/|,.-]|发布时间|时间|日期|来源|Date|Time|Updated|Posted", re.I
)


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
    try:
        return _trs.take_apart(page)
    except MissingElement:
        table = regions.parse(page.html).css_first(_TABLE)
        if table is None:
            raise
    return _from_table(table, page)


def _from_table(table: LexborNode, page: Page) -> _trs.Parts:
    """Title, date and text by what the innermost cells hold: a cell with nothing but a date parts
    the title above from the text below."""
    cells = [cell for cell in table.css("td,th") if len(cell.css("td,th")) <= 1]
    texts = [text for cell in cells if (text := markup.paragraphs(cell))]
    dates = [place for place, text in enumerate(texts) if _is_dateline(text, page)]
    above = texts[: dates[0]] if dates else texts[:1]
    below = texts[dates[0] + 1 :] if dates else texts[1:]
    if not above or not below:
        raise MissingElement(
            "expected a cell with the title and one with the text", selector=_TABLE
        )
    return _trs.Parts(
        title=markup.title_text(above[0]),
        time="",
        dateline=texts[dates[0]] if dates else "",
        text=max(below, key=len),
        stamp="",
    )


def _without_dateline(text: str, page: Page) -> tuple[str, Published | None]:
    """The text without a first line that is nothing but a date, and that date."""
    first, _, rest = text.partition("\n\n")
    if rest and _is_dateline(first, page):
        return rest, _trs.published_in(first, page)
    return text, None


def _is_dateline(text: str, page: Page) -> bool:
    """True for a short line with a date and nothing else that says anything."""
    if len(text) > 80:
        return False
    found = _trs.published_in(text, page)
    if found is None or found.text is None:
        return False
    return not _LABELS.sub("", text.replace(found.text, "", 1))


READER = Reader("china_mission", 1, _trs_listing.listing, article, _trs.is_address)
