"""esteri.it, the ministry and its missions (WordPress, their own theme).

    list: <h4|h5><a href="/en/sala_stampa/archivionotizie/comunicati/2026/03/..">title</a></h5> with
      the day (12 March 2026) above it, an excerpt that ends in [...] and "Read more" below it
    pager: ?lang=en&anno_pub=2026&mese_pub=3&pag=2

    <article><h1>title</h1> <div class="entry-content"><p>..</p></div>
      <ul><li><strong>Publication date:</strong> March 12 2026</li>
      <li><strong>Tipology:</strong> Press release</li><li><strong>Tag:</strong> ..</li></ul>
    <h4>Browse section</h4> .. <h3>You might also be interested in..</h3>

Evidence: a public scraper of the site (page text and the names h1, .entry-content); how the rows
of the list are marked is not known, they read as any site's.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from scrapers import regions
from scrapers.readers import Page, Reader, _layout, _lists, generic
from scrapers.readers._layout import Layout
from scrapers.values import Article, Listing

_LABELS = (
    r"(?:publication date|data (?:di )?pubblicazione|tipology|typology|tipologia|tags?|author"
    r"|autore)"
)
_BODY = Layout(
    text=("article .entry-content", ".entry-content", "main .article-body", ".it-page-section"),
    title=("article h1", "main h1", "h1.entry-title"),
    labelled=("article li", "article p", "main li", "main p", "article", "main"),
    dated=("time.entry-date", ".entry-date"),
    after=r"(?:publication date|data (?:di )?pubblicazione)\s*[:：]",
    drop=(
        f"{_layout.FURNITURE},.related-posts,.related-news,.entry-meta,.post-meta,.wp-block-buttons,"
        ".wp-caption-text"
    ),
    noise=rf"{_LABELS}\s*[:：].{{0,200}}",
    ends=(
        r"browse section|naviga (?:la )?sezione|you might also be interested in\W*"
        r"|ti potrebbe interessare(?: anche)?\W*|articoli correlati"
    ),
)
_STATEMENT = re.compile(r"/\d{4}/\d{2}/[^/]+/?$")


def article(page: Page) -> Article:
    """A statement; its date stands behind the label, before or after the text."""
    return _layout.read(page, _BODY)


def listing(page: Page) -> Listing:
    """The statements that a page of the archive names, and its further pages by ?pag=2."""
    tree = regions.parse(page.html)
    found = generic.listing(page)
    further = _lists.numbered("pag")(tree, regions.base_address(tree, page.url))
    return Listing(found.entries, tuple(dict.fromkeys((*found.pages, *further))))


def is_address(url: str) -> bool:
    """A statement lies under year and month: .../comunicati/2026/03/title/."""
    return _STATEMENT.search(urlsplit(url).path) is not None


READER = Reader("esteri", 1, listing, article, is_address)
