"""A section's page that shows its newest statement whole, on the sites of the Chinese Foreign
Ministry and its missions.

    <ul><li><a href="t1868001.htm">an older one</a>(2021-04-14)</li> ...</ul>
    <div id="News_Body_Title">the newest</div> <div id="News_Body_Time">(2021-04-15)</div>
    <div id="News_Body_Txt_A"><p>...</p></div>
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from scrapers.addresses import passage
from scrapers.errors import MissingElement
from scrapers.readers import Page, _trs
from scrapers.values import Entry, Precision

# What is shorter is an introduction to a section, not a statement.
_LEAST = 200


def shown_whole(page: Page, listed: Sequence[Entry]) -> list[Entry]:
    """The statement that a section's page shows whole, as its only entry, under the address of its
    words on that page; none where it shows none, or one that it also lists by an address of its
    own. Only what is dated is taken for one."""
    try:
        parts = _trs.take_apart(page)
    except MissingElement:
        return []
    published = (
        _trs.published_in(parts.time, page)
        or _trs.published_in(parts.dateline, page)
        or _trs.published_in_title(parts.title, page)
    )
    if published is None or published.precision is Precision.UNKNOWN or len(parts.text) < _LEAST:
        return []
    titles = [entry.title for entry in listed if entry.title]
    is_list = sum(len(title) > 8 and title in parts.text for title in titles) > 1
    if is_list or any(_same(parts.title, title) for title in titles):
        return []
    return [Entry(passage(page.url, parts.title), parts.title, published, _as_html(parts.text))]


def _same(title: str, listed: str) -> bool:
    """A listing may cut a title off or put its date behind it."""
    shown, named = ("".join(filter(str.isalnum, text)).casefold() for text in (title, listed))
    return bool(named) and (shown.startswith(named) or named.startswith(shown))


def _as_html(text: str) -> str:
    paragraphs = (html.escape(block).replace("\n", "<br>") for block in text.split("\n\n"))
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
