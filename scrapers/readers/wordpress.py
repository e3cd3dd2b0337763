"""WordPress: the State Department and its embassies, the White House and its archives, trade sites,
parliaments, newspapers.

The State Department, which closes its text with tags (archive 2017-2021 too):

    <h1 class="featured-content__headline">title</h1> <div class="entry-content">
      <div class="article-meta"><p class="doctype-meta">Press Statement</p><p class="article-meta
      __author-bureau">..</p><p class="article-meta__publish-date">October 23, 2020</p></div>
      <p>..</p> <div class="wp-block-tags-block related-tags">..</div></div>
    list: <li class="collection-result"><p class="collection-result__date">Press Statement</p>
      <a class="collection-result__link" href="..">title</a> <div class="collection-result-meta">
      <span>A. Speaker</span><span>October 23, 2020</span></div></li>

US embassies: <main><article><h1 class="entry-title">, "By U.S. Embassy X | 12 March, 2026 | Topics:
News, Press Releases" and .entry-content, or blocks of class "paragraph alignwide".

The White House: since 2025 .wp-block-whitehouse-topper__headline, .wp-block-post-date and
.entry-content.wp-block-post-content (with the topper in it); 2021-2025 h1.page-title,
time.posted-on and section.body-content; 2017-2021 (trumpwhitehouse.archives.gov)
h1.page-header__title, .meta__date and .page-content__content.editor.

Everybody else: the themes agree on little but the names of the text's element.

    <h1 class="entry-title">...</h1> <span class="byline">...</span> <time class="entry-date">...
    <div class="entry-content"> <figure>..<figcaption>China and NATO flags</figcaption></figure>
      <p>...</p> <p><a href="another article">its title</a></p> <div class="sharedaddy">...</div>
      <div class="author-box">...</div> </div>
    <div id="respond">Leave a Response ...</div>

Captions, paragraphs that are nothing but a link to another article, share buttons, author boxes
and comments stand in it or behind it; none of them is the article's text. A theme that has none of
these names is refused, and so left to the generic reader. Evidence: public scrapers of all those
named; the embassies' byline is known from their page text.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

from bs4 import BeautifulSoup, Tag
from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers import markup, regions
from scrapers.errors import MissingElement
from scrapers.readers import Page, Reader, _layout, _lists, _rows, generic
from scrapers.readers._headline import headline
from scrapers.readers._layout import Layout
from scrapers.values import Article, Entry, Listing

_BYLINE = (
    r"by (?:the )?(?:u\.?s\.? |american )?(?:embassy|consulate|mission|department)\b[^.|]{0,60}"
    r"(?:\|.{0,200})?"
    r"|topics?:.{0,300}|by .{2,80}\|.{0,40}\b\d{4}\b.{0,200}"
)
_WP_DROP = (
    f"{_layout.FURNITURE},.article-meta,.report-meta,.wp-block-tags-block,.tags-block,.related-tags,"
    ".share-this-page,.copy-to-clipboard,.featured-content,.wp-block-breadcrumbs,#breadcrumb__wrapper,"
    ".wp-block-default-hero-container,.wp-block-summary-article-index,.wp-block-buttons,"
    ".wp-caption-text,.mo-breadcrumbs,.entry-meta,.mo-meta,.post-tags"
)
_STATE = Layout(
    text=(
        "body:has(.article-meta__publish-date) .entry-content",
        "body:has(.featured-content__headline) .entry-content",
        ".report__content",
    ),
    title=(".featured-content__headline", ".wp-block-default-hero-container h1", "h1"),
    dated=(".article-meta__publish-date", ".report-meta__date"),
    drop=_WP_DROP,
)
_WHITE_HOUSE = Layout(
    text=("body:has([class*=wp-block-whitehouse]) .entry-content.wp-block-post-content",),
    title=(".wp-block-whitehouse-topper__headline", "h1"),
    dated=(".wp-block-post-date time", ".wp-block-post-date"),
    drop=f"{_WP_DROP},[class*=wp-block-whitehouse-topper],[class*=byline],.wp-block-post-date",
)
_WHITE_HOUSE_2021 = Layout(
    text=("section.body-content", ".body-content"),
    title=("h1.page-title", "h1"),
    dated=("time.posted-on", ".posted-on time", ".posted-on"),
    drop=f"{_WP_DROP},.page-title,.posted-on,.shortlink,.wp-block-whitehouse-next-prev",
)
_WHITE_HOUSE_2017 = Layout(
    text=(".page-content__content",),
    title=("h1.page-header__title",),
    dated=(".page-header .meta__date time", ".meta__date time", ".page-header time"),
    drop=f"{_WP_DROP},.editor__module,.page-header,.issue-flag",
)
_EMBASSY = Layout(
    text=("main .paragraph.alignwide", ".paragraph.alignwide"),
    title=("h1.entry-title", ".mo-breadcrumbs h1", "main h1", "h1"),
    drop=_WP_DROP,
    noise=_BYLINE,
)
_THEMES = (_STATE, _WHITE_HOUSE, _WHITE_HOUSE_2021, _WHITE_HOUSE_2017, _EMBASSY)
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
    ".wp-block-post-content",
    ".elementor-widget-theme-post-content",
    ".et_pb_post_content",
    ".post__content",
    ".article__content",
    ".article-body",
)
_ROWS = (
    _lists.Rows(
        "li.collection-result", link="a.collection-result__link[href],a[href]",
        dated=".collection-result-meta",
    ),
    _lists.Rows("article.news-item", link=".news-item__title,h2 a[href]", dated="time.posted-on"),
    _lists.Rows(
        "article.briefing-statement,article.presidential-action",
        link=".briefing-statement__title a[href],.presidential-action__title a[href],h2 a[href]",
        dated=".meta__date time,.meta__date",
    ),
    _lists.Rows(
        "li.wp-block-post,.wp-block-post", link=".wp-block-post-title a[href],h2 a[href]",
        dated=".wp-block-post-date",
    ),
)  # fmt: skip
_POSTS = "article,.hentry,.type-post,.post-item"
_TITLES = "h1 a[href],h2 a[href],h3 a[href],h4 a[href],.entry-title a[href]"
_FURNITURE = (
    "figcaption,.wp-caption-text,.gallery-caption,.wp-embedded-content,.sharedaddy,.jp-relatedposts,"
    ".addtoany_share_save_container,[class*=share],[class*=social],[class*=related],[class*=author],"
    "[class*=newsletter],[class*=subscribe],[class*=comment],.post-tags,.tags,.entry-meta,.byline,"
    ".post-navigation,.article-meta,.wp-block-tags-block,.mo-breadcrumbs,.breadcrumbs,"
    ".wp-block-breadcrumbs,.copy-to-clipboard,.__cf_email__,nav,aside,footer,form,iframe,script,style"
)
_BLOCKS = ["p", "h2", "h3", "h4", "h5", "h6", "li", "ul", "blockquote", "figure"]


def article(page: Page) -> Article:
    """An article, by its theme. Its date is that of the theme's own place, else that of JSON-LD,
    else of a meta element, else of `<time>`, else of the byline. A post out of wp-json reads as
    its page would."""
    page = _unpacked(page)
    try:
        return _layout.read(page, *_THEMES)
    except MissingElement:
        return _by_names(page)


def _unpacked(page: Page) -> Page:
    """The page that a post of WordPress's own API would make; any other page as it is."""
    if not page.html.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return page
    try:
        post = json.loads(page.html.lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError):
        return page
    if isinstance(post, list) and len(post) == 1:
        post = post[0]
    if not isinstance(post, dict) or "content" not in post:
        return page
    title, content = _rendered(post.get("title")), _rendered(post.get("content"))
    stamp = str(post.get("date_gmt") or "")
    made = (
        f"<html><head><title>{title}</title><meta property='article:published_time'"
        f" content='{html.escape(stamp)}Z'></head><body><article><h1>{title}</h1>"
        f"<div class='entry-content'>{content}</div></article></body></html>"
    )
    return replace(page, html=made)


def _rendered(field: object) -> str:
    return str(field.get("rendered") or "") if isinstance(field, dict) else ""


def _by_names(page: Page) -> Article:
    tree = regions.parse(page.html)
    title = headline(page, tree)
    soup = regions.soup(_text_of(tree))
    if not title:
        raise MissingElement("expected one title, found 0", selector="h1")
    _clear(soup)
    blocks = markup.paragraphs_of(str(soup)).split("\n\n")
    own = [block for block in blocks if not re.fullmatch(_BYLINE, block, re.IGNORECASE)]
    return generic.made(page, tree, title, own)


def _text_of(tree: LexborHTMLParser) -> LexborNode:
    """The one element of the text; of several (a page may show the beginnings of other posts too)
    the one that holds most of what they say. Raises MissingElement, naming all selectors."""
    try:
        return regions.only(tree, *_TEXTS)
    except MissingElement as error:
        for selector in _TEXTS:
            found = regions.outermost(tree, selector)
            sizes = [len(node.text()) for node in found]
            if found and max(sizes) * 2 > sum(sizes):
                return found[sizes.index(max(sizes))]
        raise MissingElement(error.reason, selector=" or ".join(_TEXTS)) from error


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
    """The posts of a section's page, by the rows of a known theme, else by their titles' links; a
    page without posts, and one of a source that says what its addresses are, read as any site's
    do."""
    tree = regions.parse(page.html)
    posts = regions.soup(*tree.css(_POSTS))
    if any(tree.css_first(rows.row) is not None for rows in _ROWS):
        return _lists.listing(page, *_ROWS)
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


READER = Reader("wordpress", 3, listing, article, generic.is_address)
