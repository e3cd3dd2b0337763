"""Any site without a reader of its own: what trafilatura takes for the article.

Its statements are marked by this reader's name. Title, date and language are found as the modules
beside this one describe; the text is trafilatura's, without what is the page's and not the text's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from scrapers import markup, regions
from scrapers.errors import MissingElement, NeedsScript, NothingListed, Unreadable
from scrapers.language import language_of
from scrapers.readers import Page, Reader, _datelines, _furniture, _publication, _rows
from scrapers.readers._headline import headline
from scrapers.readers._huge import blocks_of, lightened
from scrapers.values import Article, Entry, Listing, Published

# Of more HTML than this, scripts and comments apart, trafilatura would make a gigabyte of trees:
# its text is found in a simpler way. A listing is no longer than that.
_LARGE = 2_000_000
_LONGEST_LISTING = 3_000_000
# Of a text with fewer characters trafilatura makes one block with the whole page's words, title and
# date among them. Its own measure is 250, which is a long statement in Chinese.
_LEAST = "80"
# trafilatura's elements that part a text; markers for where they stand, and for line breaks.
_PARTING = ("p", "head", "item", "quote", "row", "table", "list", "code")
_BLOCK, _BREAK = "\ue000", "\ue001"

# A page with less text than this and an empty element for a script to fill has none of its own.
_SHELL = 400
_SHELL_ROOTS = "#root,#app,#__next,#__nuxt,app-root,[data-reactroot],[ng-app],[ng-version]"

_SCRIPTED = re.compile(
    r"\b(?:enable|requires?|turn on|activate) (?:javascript|js)\b", re.IGNORECASE
)
_LIKE_A_STATEMENT = re.compile(
    r"/(?:19|20)\d\d[/_-]?\d\d|\d{5,}|[^/]+-[^/]+-[^/]+-[^/]+|/(?:news|press|statements?|article|"
    r"release|speech|story|node)[^/]*/[^/]+|[?&](?:id|seq|dtl|PRID|s)=\d+|\.(?:s?html?|pdf)$"
)
_SECTION = re.compile(r"/(?:tags?|category|categories|taxonomy|authors?|topics?|page|search)/")
_FRAME = "#wm-ipp-base,#wm-ipp,#wm-ipp-print,#donato"
_NOT_LISTED = f"nav,footer,aside,form,[role=navigation],[role=contentinfo],{_FRAME}"
_NEXT = "link[rel~=next],a[rel~=next],a.next,.next > a,.pager__item--next a,.nav-previous a"


def article(page: Page) -> Article:
    """A statement's page. Raises NeedsScript for a page that a script would fill, MissingElement
    for one without title or text, and for one that is a menu."""
    page = replace(page, html=lightened(_unframed(page.html), _LARGE))
    tree = regions.parse(page.html)
    title = headline(page, tree)
    blocks = text_blocks(page.html)
    if not title or not blocks:
        raise _nothing(tree, title)
    if _furniture.is_link_list(blocks, tree):
        raise MissingElement("the page is a list of links, not a statement", selector="body")
    return made(page, tree, title, blocks)


def _unframed(html: str) -> str:
    """A page out of the Wayback Machine without the frame that it puts on top."""
    if "wm-ipp" not in html:
        return html
    tree = regions.parse(html)
    markup.remove(tree, _FRAME)
    return tree.html or html


def made(page: Page, tree: LexborHTMLParser, title: str, blocks: Sequence[str]) -> Article:
    """The article of these blocks of text: without furniture and dateline, dated by whatever the
    page says, in the language that it is in."""
    blocks = _furniture.without_furniture(blocks, title)
    large = len(page.html) > _LARGE
    seen = blocks if large else markup.paragraphs_of(page.html).split("\n\n")
    lines = _datelines.Lines(page=seen, text=blocks)
    published, blocks = _publication.published(page, tree, title, lines)
    text = markup.joined(blocks)
    if not text:
        raise _nothing(tree, title)
    root = tree.css_first("html[lang]")
    declared = root.attributes.get("lang") if root is not None else None
    language = language_of(text, expected=page.source.languages, declared=declared)
    return Article(title, text, published, language)


def text_blocks(html: str) -> list[str]:
    """The paragraphs of a page's article, as trafilatura finds them in the page without its
    furniture. Empty for a page that has none."""
    from trafilatura import bare_extraction
    from trafilatura.settings import use_config

    html = lightened(html, _LARGE)
    if len(html) > _LARGE:
        return blocks_of(html)
    config = use_config()
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", _LEAST)
    tree = regions.parse(html)
    _furniture.prune(tree)
    found = bare_extraction(tree.html or "", include_comments=False, config=config)
    return [] if found is None or isinstance(found, dict) else _blocks(found.body)


def _blocks(body: Any) -> list[str]:
    for element in body.iter(*_PARTING):
        element.text = _BLOCK + (element.text or "")
        element.tail = _BLOCK + (element.tail or "")
    for element in body.iter("lb"):
        element.tail = _BREAK + (element.tail or "")
    for element in body.iter("cell"):
        element.tail = " " + (element.tail or "")
    texts = "".join(body.itertext()).split(_BLOCK)
    return [block for text in texts if (block := _lines(text))]


def _lines(text: str) -> str:
    lines = (markup.one_line(line) for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)


def _nothing(tree: LexborHTMLParser, title: str | None) -> MissingElement | NeedsScript:
    said = tree.body.text() if tree.body is not None else ""
    shell = tree.css_first(_SHELL_ROOTS) is not None or _SCRIPTED.search(said)
    if len(said.strip()) < _SHELL and shell and tree.css_first("script") is not None:
        return NeedsScript("the page has no text of its own: a script would fetch it")
    missing = "text" if title else "title"
    return MissingElement(f"found no {missing} on the page", selector="body" if title else "h1")


def listing(page: Page) -> Listing:
    """The links of a page that match the source's `articles`, or, where it has no such pattern,
    look like statements: on the same host, with words enough for a title. Each with its words and
    the date that stands in the same row. Raises NothingListed where there is none, Unreadable for
    a page of more than three million characters."""
    html = lightened(page.html, _LARGE)
    if len(html) > _LONGEST_LISTING:
        raise Unreadable(f"a listing of {len(html):,} characters: take another one")
    tree = regions.parse(html)
    base = regions.base_address(tree, page.url)
    markup.remove(tree, _NOT_LISTED)
    body = tree.body
    found = _rows.rows(regions.soup(body), _chooser(page, base)) if body is not None else {}
    entries = [
        Entry(url, row.title or None, dated(row, page))
        for url, row in found.items()
        if page.source.articles is not None or _is_title(row.title)
    ]
    if not entries:
        what = page.source.articles or "like a statement's"
        raise NothingListed(f"no link on this page has an address {what}", selector="a[href]")
    return Listing(tuple(entries), further_pages(tree, base))


def further_pages(tree: LexborHTMLParser, base: str) -> tuple[str, ...]:
    """What a page links to as its next one."""
    following = (regions.address(base, node.attributes.get("href")) for node in tree.css(_NEXT))
    return tuple(dict.fromkeys(url for url in following if url))


def _chooser(page: Page, base: str) -> Callable[[str], str | None]:
    host = (urlsplit(page.url).hostname or "").removeprefix("www.")

    def choose(href: str) -> str | None:
        url = regions.address(base, href)
        if url is None or url == page.url:
            return None
        if page.source.articles is not None:
            return url if re.search(page.source.articles, url) else None
        parts = urlsplit(url)
        same = (parts.hostname or "").removeprefix("www.") == host
        return url if same and is_address(url) else None

    return choose


def dated(row: _rows.Row, page: Page) -> Published | None:
    """The date that stands in a row of a listing, in a lead only as its first or last words."""
    if row.stamp:
        return _datelines.read(row.stamp, page)
    return _datelines.beside_link(row.beside, page)


def _is_title(words: str) -> bool:
    """Long enough for a title: fifteen letters, or eight Chinese characters."""
    return len(words) >= 15 or len(re.findall(r"[㐀-鿿가-힣ぁ-ヿ]", words)) >= 8


def is_address(url: str) -> bool:
    """Whether an address looks like a statement's and not like a section's: a date, a number, a
    title in its words, or a document's ending."""
    parts = urlsplit(regions.unarchived(url))
    if _SECTION.search(parts.path):
        return False
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return len(parts.path) > 1 and _LIKE_A_STATEMENT.search(path) is not None


READER = Reader("generic", 3, listing, article, is_address)
