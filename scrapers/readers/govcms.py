"""Ministers and departments of Australia on GovCMS (Drupal): foreignminister, dfat, pm.

    list: <div class="card"><h3 class="card-title"><a href="..">title</a></h3>
      <div class="card-text date"><time datetime="2026-03-12T..">Thursday 12 March 2026</time></div>
    or: <li class="views-row"><a href="/minister/../media-release/..">title</a> 12 March 2026</li>
    pager: ?page=1

    <article class="node node--type-media-release"><h1>title</h1> <time datetime="..">..</time>
      <div class="field--name-body"><p>..</p><p>Media enquiries</p> ..</div></article>

Evidence: public scrapers of the lists of pm.gov.au and foreignminister.gov.au; an article's
elements are Drupal's own names.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from scrapers.readers import Page, Reader, _layout, _lists, drupal, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_ROWS = (
    _lists.Rows(
        ".card:has(.card-title)",
        link=".card-title a[href],a[href]",
        dated=".card-text.date time,.card-text.date,time",
    ),
    *drupal.ROWS,
)
_BODY = Layout(
    text=(
        "article .field--name-body", "main .field--name-body", ".field--name-body",
        ".field--name-field-body",
        "article .field[class*=-body]", ".field--name-field-content", ".au-body .body",
        "article .content-body", "main .media-release__body", "article.node .node__content",
    ),
    title=("main h1", "article h1", "h1.au-header-heading", "h1"),
    dated=(
        "article.node--view-mode-full [class*=field-date] time",
        "article.node--view-mode-full [class*=published-date] time",
        "article.node--view-mode-full .field--name-field-date", "article header time",
        ".media-release__date",
    ),
    drop=f"{drupal.DROP},.media-enquiries,.back-to-top,.article-share,.rs_skip",
    noise=r"(?:print|share)(?: this page)?|media release|transcript|speech|joint statement",
    ends=r"media (?:enquiries|contacts?)[:：]?.*|back to top|ends?|authorised by .*",
)  # fmt: skip


def article(page: Page) -> Article:
    """A media release, speech or transcript."""
    return _layout.read(page, _BODY)


def listing(page: Page) -> Listing:
    """The cards or rows of a list; further ones by ?page=1, counted from 0."""
    return _lists.listing(page, *_ROWS, pages=_lists.numbered("page", first=0))


def is_address(url: str) -> bool:
    """A media release, speech, transcript or news item."""
    path = urlsplit(url).path
    kinds = r"/(?:media-release|speech|transcript|statement|media|news)s?/[^/]+"
    return re.search(kinds, path) is not None or generic.is_address(url)


READER = Reader("govcms", 2, listing, article, is_address, inferred=True)
