"""NATO: the site of 2026, and the one before it.

    2026, Adobe Experience Manager: /en/news-and-events/articles/news/2026/03/12/title-of-it
      <main><h1 class="cmp-title__text">title</h1> <div class="cmp-text"><p>..</p></div> ..</main>
    until then: /cps/en/natohq/news_123456.htm
      <h1 class="fs-huge">title</h1> <ul class="list-inline"><li class="date">12 Mar. 2021 -</li>
      <li>Last updated: 12 Mar. 2021 14:05</li></ul>
      <section class="content cf"><p>..</p></section>

Evidence: public scrapers of the older site; of the newer one its search servlet and its addresses
(the day stands in them) are known, the elements of its pages are those of AEM's own components.
"""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlsplit

from scrapers import regions
from scrapers.readers import Page, Reader, _family, _in_address, _layout
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_DROP = (
    f"{_layout.FURNITURE},h1,.cmp-breadcrumb,.cmp-socialshare,.cmp-sharing,.cmp-teaser,.cmp-list,"
    ".cmp-tags,.cmp-image__title,.cmp-experiencefragment,.related-articles,.related-stories,"
    ".list-wrapper,.box-media,.icon,.hidden-print"
)
_ENDS = (
    r"related (?:news|articles|stories|topics|media|content|documents)|read more|tags|share this"
)
_OTHERS = ".cmp-teaser *, .cmp-experiencefragment *, .cmp-list *, header *, footer *, aside *"
NEW = Layout(
    text=(
        "main article .cmp-text", f"main .cmp-text:not({_OTHERS})", f".cmp-text:not({_OTHERS})",
    ),
    title=("main h1.cmp-title__text", "main .cmp-title h1", "main h1"),
    dated=("main .cmp-article-date", "main [class*=publish-date]", "main [class*=article-date]"),
    drop=_DROP,
    ends=_ENDS,
)  # fmt: skip
# The last of its pages gave way to redirects in the summer of 2026.
OLD = Layout(
    text=("section.content.cf", "section.content", ".article-content"),
    title=("h1.fs-huge", ".header-article h1", "h1"),
    dated=(".header-article .date", ".meta .date", "li.date", ".list-inline", ".date"),
    drop=_DROP,
    ends=_ENDS,
    valid_until=date(2026, 9, 30),
)
_DAY = re.compile(r"/(?P<y>(?:19|20)\d\d)/(?P<m>\d\d)/(?P<d>\d\d)/[^/]+/?$")
_STATEMENT = re.compile(
    r"/(?:en|fr|ru|uk)/.+/(?:19|20)\d\d/\d\d/\d\d/[^/]+/?$"
    r"|/cps/\w\w/natohq/(?:news|opinions|official_texts|press_releases)_\d+\.htm$"
)


def article(page: Page) -> Article:
    """A statement. The day in its address is that of its publication, before any on its page."""
    return _in_address.dated(_layout.read(page, NEW, OLD), page, _DAY)


def listing(page: Page) -> Listing:
    """The statements that a page of the site names."""
    return _family.listing(page, _STATEMENT.pattern)


def is_address(url: str) -> bool:
    """A statement has its day in its address; on the older site its kind and a number."""
    return _STATEMENT.search(urlsplit(regions.unarchived(url)).path) is not None


READER = Reader("nato", 1, listing, article, is_address, inferred=True)
