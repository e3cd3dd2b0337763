"""WordPress sites with a news theme: trade sites, parliaments, newspapers.

    <h1 class="entry-title">...</h1> <span class="byline">...</span> <time class="entry-date">...
    <div class="entry-content"> <figure>..<figcaption>China and NATO flags</figcaption></figure>
      <p>...</p> <p><a href="another article">its title</a></p> <div class="sharedaddy">...</div>
      <div class="author-box">...</div> </div>
    <div id="respond">Leave a Response ...</div>

The themes agree on little but the names of the text's element. Captions, paragraphs that are
nothing but a link to another article, share buttons, author boxes and comments stand in it or
behind it; none of them is the article's text. A theme that has none of these names reads as any
site does.
"""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag

from scrapers import markup, regions
from scrapers.errors import MissingElement
from scrapers.readers import Page, Reader, _rows, generic
from scrapers.readers._headline import headline
from scrapers.values import Article, Entry, Listing

_TEXTS = (
    ".entry-content",
    ".post-content",
    ".td-post-content",
    "[itemprop=articleBody]",
    ".post-single-content",
    ".single-post-content",
    ".thecontent",
    ".article-content",
    ".post-entry",
    ".single-content",
)
_POSTS = "article,.hentry,.type-post,.collection-result,.post-item"
_TITLES = (
    "h1 a[href],h2 a[href],h3 a[href],h4 a[href],.entry-title a[href],.collection-result__link"
)
_FURNITURE = (
    "figcaption,.wp-caption-text,.gallery-caption,.wp-embedded-content,.sharedaddy,.jp-relatedposts,"
    ".addtoany_share_save_container,[class*=share],[class*=social],[class*=related],[class*=author],"
    "[class*=newsletter],[class*=subscribe],[class*=comment],.post-tags,.tags,.entry-meta,.byline,"
    ".post-navigation,.__cf_email__,nav,aside,footer,form,iframe,script,style"
)
_BLOCKS = ["p", "h2", "h3", "h4", "h5", "h6", "li", "ul", "blockquote", "figure"]


def article(page: Page) -> Article:
    """An article; its date is that of JSON-LD, else of a meta element, else of `<time>`."""
    tree = regions.parse(page.html)
    title = headline(page, tree)
    try:
        soup = regions.soup(regions.only(tree, *_TEXTS))
    except MissingElement:
        return generic.article(page)
    if not title:
        raise MissingElement("expected one title, found 0", selector="h1")
    _clear(soup)
    return generic.made(page, tree, title, markup.paragraphs_of(str(soup)).split("\n\n"))


def _clear(soup: BeautifulSoup) -> None:
    half = len(soup.get_text()) // 2
    for furniture in soup.select(_FURNITURE):
        # A theme may call the whole text "has-comments" or "author-x".
        if not furniture.decomposed and len(furniture.get_text()) <= half:
            furniture.decompose()
    for block in soup.find_all(_BLOCKS):
        if isinstance(block, Tag) and not block.decomposed and _is_link(block):
            block.decompose()


def _is_link(block: Tag) -> bool:
    """True for a block that says nothing but what one link in it says."""
    links = block.find_all("a", href=True, limit=2)
    return (
        len(links) == 1 and bool(said := markup.text_of(block)) and said == markup.text_of(links[0])
    )


def listing(page: Page) -> Listing:
    """The posts of a section's page, by their titles' links; a page without posts, and one of a
    source that says what its addresses are, read as any site's do."""
    tree = regions.parse(page.html)
    posts = regions.soup(*tree.css(_POSTS))
    base = regions.base_address(tree, page.url)
    titled = {regions.address(base, str(link["href"])) for link in posts.select(_TITLES)}
    found = _rows.rows(posts, lambda href: _one_of(titled, regions.address(base, href)))
    if not found or page.source.articles is not None:
        return generic.listing(page)
    entries = (
        Entry(url, row.title or None, generic.dated(row, page)) for url, row in found.items()
    )
    return Listing(tuple(entries), generic.further_pages(tree, base))


def _one_of(titled: set[str | None], url: str | None) -> str | None:
    return url if url in titled else None


READER = Reader("wordpress", 1, listing, article, generic.is_address)
