"""mid.ru, the Russian Foreign Ministry (Bitrix), in Russian and English.

    <li class="announce__item"><span class="announce__time">15:30</span>
      <span class="announce__date">12 March 2026</span>
      <a class="announce__link" href="/en/foreign_policy/news/2049686/">title</a>
      <span class="announce__meta-tags">..</span></li>   pager: ?PAGEN_1=2

    <h1>title</h1> 12 March 2026 15:30 / 432-12-03-2026 (the document's number, no date)
    <div class="text article-content"><p>..</p></div> Additional materials .. photo ..

Evidence: two public scrapers of the lists, with these names, and one of the page text; the names
of an article's elements are guesses.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from scrapers.readers import Page, Reader, _layout, _lists
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_ROWS = (
    _lists.Rows(
        ".announce__item",
        link="a.announce__link[href],a[href]",
        dated=".announce__date,.announce__time",
    ),
    _lists.Rows(".news-item,.news-list > p", link="a[href]", dated=".news-date-time,.date"),
)
_BODY = Layout(
    text=(
        ".article-content", ".article__content", ".page-body .text", ".article-body",
        ".article .text", ".news-detail .text", ".news-detail", ".page-body", "article .text",
    ),
    title=(".article-title h1", "h1.page-title", ".page-header h1", "article h1", "main h1", "h1"),
    dated=(
        ".article-date", ".article__date", ".page-header .date", ".article-line__date", "time.date",
        ".news-date-time", "article time",
    ),
    drop=(
        f"{_layout.FURNITURE},.article-date,.article__date,.article-number,.article-line,.gallery,"
        ".photo,.slider,.calendar,.date,.social-likes,.article-footer,.additional"
    ),
    noise=(
        r"\d{1,5}(?:-\d{1,3})?-\d{2}-\d{2}-\d{4}|photo|фото|видео|video|\d{1,2}"
        r"|\d{1,2} [^\W\d_]+ \d{4}(?:,? \d{1,2}:\d{2})?|[^\W\d_]+ \d{4}"
        r"|unofficial translation.{0,60}"
    ),
    ends=(
        r"the main foreign policy news|using website content.*|technical information"
        r"|additional materials?|дополнительные материалы|использование материалов.*|©.*"
        r"|загрузить ещё|документы по теме"
    ),
)  # fmt: skip


def article(page: Page) -> Article:
    """A statement. The number of the document ends in a day, which is none."""
    return _layout.read(page, _BODY)


def listing(page: Page) -> Listing:
    """The announcements of a list; further ones by ?PAGEN_1=2."""
    return _lists.listing(page, *_ROWS, pages=_lists.numbered("PAGEN_1"))


def is_address(url: str) -> bool:
    """A statement's address ends in its number."""
    return re.search(r"/\d{5,}/?$", urlsplit(url).path) is not None


READER = Reader("russia_mid", 1, listing, article, is_address, inferred=True)
