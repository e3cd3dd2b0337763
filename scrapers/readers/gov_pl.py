"""gov.pl: the portal of Polish ministries and offices.

    <h1 class="unit-h1">the ministry</h1>
    <article class="article-area__article" id="main-content"><h2>title</h2>
      <p class="event-date">12.03.2026</p> <p class="intro">lead</p>
      <div class="editor-content"><div><p>..</p></div></div>
      <h3>Materiały</h3> <a class="file-download">..</a> <pre id="pageMetadata">{..}</pre></article>
    list: <div class="art-prev"><ul><li><a href="/web/dyplomacja/title-of-it"><div>
      <div class="event"><span class="date">12.03.2026</span></div>
      <div class="title">title</div> <div class="intro">..</div></div></a></li></ul></div>

The h1 is the ministry's name, not the title. Evidence: many public scrapers of the portal.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from scrapers import regions
from scrapers.readers import Page, Reader, _layout, _lists, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_DROP = (
    f"{_layout.FURNITURE},pre,.hide,.pages-date,.file-download,.files-list,.gallery,.video-description,"
    ".media-description,.img-description,.event-date,.metadata"
)
_PAGE = Layout(
    text=(
        ".article-area__article .intro,.article-area__article .editor-content",
        "#main-content .intro,#main-content .editor-content",
        "article .editor-content",
    ),
    title=(
        ".article-area__article > h2", ".article-area__article > header h2",
        ".article-area__article h2", "#main-content h2", "article h2",
    ),
    dated=(
        ".article-area__article .event-date", "#main-content .event-date", ".event-date",
        ".pages-date",
    ),
    drop=_DROP,
    noise=r"powrót|drukuj|udostępnij.*|zdjęcie.{0,80}|fot\..{0,80}",
    ends=r"materiały|zdjęcia \(\d+\)|informacje o publikacji dokumentu|attachments|photos",
)  # fmt: skip
_ROWS = (
    _lists.Rows(
        ".art-prev li", link="a[href^='/web/'],a[href*='gov.pl/web/']", title=".title",
        dated=".event .date,.date",
    ),
    _lists.Rows(".art-prev li", link="a[href]", title=".title", dated=".date"),
)  # fmt: skip
_STATEMENT = re.compile(r"/web/[^/]+/[^/]+")
_SECTIONS = re.compile(
    r"/(?:aktualnosci|wiadomosci|komunikaty(?:-[a-z]+)?|wydarzenia|news-?|kontakt|o-ministerstwie"
    r"|press-service|kierownictwo|co-robimy|deklaracja-dostepnosci.*|polityka-.*)$"
)


def article(page: Page) -> Article:
    """A statement; its title is the h2 under the ministry's name."""
    return _layout.read(page, _PAGE)


def listing(page: Page) -> Listing:
    """The previews of a section; further pages by ?page=2."""
    return _lists.listing(page, *_ROWS, pages=_pages)


def _pages(tree: LexborHTMLParser, base: str) -> tuple[str, ...]:
    further = (*generic.further_pages(tree, base), *_lists.numbered("page")(tree, base))
    return tuple(dict.fromkeys(further))


def is_address(url: str) -> bool:
    """A statement stands right under its ministry: /web/dyplomacja/title-of-it."""
    path = urlsplit(regions.unarchived(url)).path.rstrip("/")
    return _STATEMENT.fullmatch(path) is not None and _SECTIONS.search(path) is None


READER = Reader("gov_pl", 1, listing, article, is_address)
