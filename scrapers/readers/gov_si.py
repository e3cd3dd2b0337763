"""gov.si: the government of Slovenia with all its ministries, in Slovenian and English.

    /novice/2026-03-12-naslov-novice/, /en/news/2026-03-12-title-of-it/
    <main><h1>title</h1> <time datetime="2026-03-12">12. 3. 2026</time>
      <div class="intro"><p>lead</p></div> <div class="rich-text"><p>..</p></div></main>

Evidence: the addresses and feeds, as public lists of feeds have them. The names of the elements
are a guess, and what they do not fit is refused; the day is that of the address.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from scrapers import regions
from scrapers.readers import Page, Reader, _family, _in_address, _layout
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_PAGE = Layout(
    text=(
        "main .intro,main .rich-text",
        "main .lead,main .richtext",
        "article .intro,article .rich-text,article .richtext",
        "main .content-text,main .article-text",
        "main article .text",
    ),
    title=("main h1", "article h1", "h1"),
    dated=("main time[datetime]", "main .date", "main .basic-info", "main .meta"),
    drop=(
        f"{_layout.FURNITURE},h1,.share-links,.social-links,.attachments,.related-news,.keywords,"
        ".institution-list,.image-caption,.gallery"
    ),
    noise=r"(?:objavljeno|datum|published|date)\s*:.{0,60}|natisni|nazaj na vrh|back to top",
    ends=(
        r"deli(?:te)?(?: (?:na|stran|vsebino).*)?|share(?: this)?.{0,30}"
        r"|povezane (?:novice|vsebine)"
        r"|sorodne (?:novice|vsebine)|related (?:news|content)|ključne besede|keywords|institucija"
        r"|institution|priloge|attachments|za medije|further reading"
    ),
)
_DAY = re.compile(r"/(?:novice|news)/(?P<y>20\d\d)-(?P<m>\d\d)-(?P<d>\d\d)-[^/]+/?$")


def article(page: Page) -> Article:
    """A piece of news, of the day that its address says."""
    return _in_address.dated(_layout.read(page, _PAGE), page, _DAY)


def listing(page: Page) -> Listing:
    """The statements that a page of the site names."""
    return _family.listing(page, _DAY.pattern)


def is_address(url: str) -> bool:
    """A piece of news has its day and its title in its address."""
    return _DAY.search(urlsplit(regions.unarchived(url)).path) is not None


READER = Reader("gov_si", 1, listing, article, is_address, inferred=True)
