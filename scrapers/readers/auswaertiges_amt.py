"""The German Federal Foreign Office (auswaertiges-amt.de), in German and English.

    <header class="c-heading--default"><h1 class="heading__title">
      <span class="heading__title-text">title</span></h1>
      <span class="heading__meta">12.03.2026 - Artikel</span> <p class="heading__intro">lead</p>
    <div class="c-rte--default"><div><p class="rte__paragraph">..</p>
      <aside class="c-infobox--default">..</aside></div></div>      repeated, between pictures
    <h2 class="section__headline">Schlagworte</h2> .. Seite drucken, Seite teilen

Another h1, out of sight, welcomes to the site. Evidence: a page in an archive, public scrapers.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from scrapers import regions
from scrapers.readers import Page, Reader, _family, _layout
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_DROP = (
    f"{_layout.FURNITURE},.c-infobox--default,.is-aural,.c-content-nav,.content-nav__link,.c-link-list,"
    ".link-list__headline,.c-anchor-nav--default,.figure__caption,.c-teaser,.section__headline"
)
_PAGE = Layout(
    text=(
        "main .heading__intro,main .c-rte--default,main .quote__paragraph",
        "main .rte__paragraph,main .rte__heading2,main .rte__list",
    ),
    title=("h1.heading__title .heading__title-text", "h1.heading__title"),
    dated=("main .heading__meta", ".heading__meta"),
    drop=_DROP,
    noise=(
        r"(?:published on|erschienen (?:am|in)|veröffentlicht am)\b.{0,120}"
        r"|zum seitenanfang|back to top|print page|seite drucken"
    ),
    ends=r"schlagworte|keywords|seite (?:drucken|teilen)|share page|weitere informationen",
)
_STATEMENT = re.compile(r"/(?:de|en|fr|es|ar|ru|pt)/(?:newsroom|aussenpolitik|[^/]+)/.*\d{5,}/?$")


def article(page: Page) -> Article:
    """A statement; its day stands before its kind: "12.03.2026 - Artikel"."""
    return _layout.read(page, _PAGE)


def listing(page: Page) -> Listing:
    """The statements that a page of the site names."""
    return _family.listing(page, _STATEMENT.pattern)


def is_address(url: str) -> bool:
    """A statement's address ends in its number: /de/newsroom/-/2700120, /..-2700120."""
    return _STATEMENT.search(urlsplit(regions.unarchived(url)).path) is not None


READER = Reader("auswaertiges_amt", 1, listing, article, is_address)
