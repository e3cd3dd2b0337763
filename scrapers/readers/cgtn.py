"""CGTN, news.cgtn.com and its editions.

    <div class="news-title">...</div>
    <div class="news-author-date"><span class="section">China</span>
      <span class="date">Updated 19:57, 15-Jul-2020</span></div>
    <div id="cmsMainContent"> <div class="cmsImage">...</div> <div class="text en"><p>...</p></div>

Some pages leave the element empty and carry what a script would write into it in `data-json`: a
list of parts, those of type 0 text. The page for sharing (share_amp.html) states the zone:
"2020.07.15 19:57 GMT+8". A time that is marked as an update is no publication; the day is then that
of the address (/news/2020-07-15/). The names of the title's, the date's and the text's element are
as known from public scrapers of the site; the share page's are a guess.
"""

from __future__ import annotations

import html
import json
from dataclasses import replace
from typing import Any

from scrapers import regions
from scrapers.readers import Page, Reader, _chinese_press, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article

_TEXT = "0"
_MAIN = "#cmsMainContent"
_DROP = (
    ".cmsImage,.cmsVideo,.cmsPhoto,figure,figcaption,.image-desc,.news-share,.share,.related,.tags,"
    ".recommend,.source-tip,.copyright,.video-container,amp-social-share,.social-bar"
)
_LAYOUTS = (
    Layout(
        text=(f"{_MAIN} .text", _MAIN),
        title=(".news-title", "h1.title", "h1"),
        dated=(".news-author-date .date", ".news-date .date", "span.date", ".date"),
        drop=_DROP,
    ),
    Layout(
        text=(".amp-content", ".news-content", ".article-content", ".content"),
        title=(".news-title", ".title", "h1"),
        dated=(".date", ".time", ".news-date"),
        drop=_DROP,
    ),
)


def article(page: Page) -> Article:
    """An article, whether its text stands on the page or is there for a script to write."""
    return _chinese_press.article(_written_out(page), *_LAYOUTS)


def _written_out(page: Page) -> Page:
    """The page with the text that a script would write into it."""
    node = regions.parse(page.html).css_first(f"{_MAIN}[data-json]")
    if node is None or node.text().strip():
        return page
    parts = _parts(node.attributes.get("data-json") or "")
    if not parts:
        return page
    return replace(page, html=f'{page.html}<div id="{_MAIN[1:]}">{"".join(parts)}</div>')


def _parts(written: str) -> list[str]:
    try:
        data: Any = json.loads(written, strict=False)
    except (ValueError, RecursionError):
        return []
    items = [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    said = [str(item.get("content") or "") for item in items if str(item.get("type")) == _TEXT]
    return [text if "<" in text else f"<p>{html.escape(text)}</p>" for text in said if text]


is_address = _chinese_press.address_like(r"/news/\d{4}-\d\d-\d\d/[^/]+(?:/|$)")

READER = Reader("cgtn", 1, generic.listing, article, is_address, reads="articles", inferred=True)
