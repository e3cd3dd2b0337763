"""Cutting out of a page the regions that a reader declares.

selectolax parses the whole page twenty times faster than BeautifulSoup would; only the regions cut
out here become a soup.
"""

from __future__ import annotations

import re
from urllib.parse import urldefrag, urljoin, urlsplit

from bs4 import BeautifulSoup
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from scrapers.errors import MissingElement, Unreadable

_ARCHIVED = re.compile(
    r"^https?://web\.archive\.org(?::\d+)?/web/(?:\d+(?:[a-z]{2}_)?/)?(https?:)/+(.+)$"
)
# No page has elements nested so deep; below so many tags it is not worth the look.
_DEEPEST, _MANY_TAGS = 2000, 20_000
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_NEVER_NESTED = frozenset(
    ("area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta",
     "option", "p", "param", "source", "td", "th", "tr", "track", "wbr")
)  # fmt: skip
_BLANKS = re.compile(r"[\t\r\n]+")


def parse(html: str) -> LexborHTMLParser:
    """The tree of a page. Raises Unreadable for elements nested more than 2,000 deep, on which
    every search of the tree would take minutes; any other page has a tree."""
    if html.count("<") > _MANY_TAGS and _depth(html) > _DEEPEST:
        raise Unreadable(f"its elements are nested more than {_DEEPEST:,} deep")
    return LexborHTMLParser(html)


def _depth(html: str) -> int:
    """How deep elements are nested, without those that end where the next one begins."""
    depth = deepest = 0
    for match in _TAG.finditer(html):
        if match[2].lower() not in _NEVER_NESTED:
            depth = depth - 1 if match[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def soup(*nodes: LexborNode) -> BeautifulSoup:
    """The elements, and only they, as a soup."""
    return BeautifulSoup("".join(node.html or "" for node in nodes), "lxml")


def only(tree: LexborHTMLParser, *selectors: str) -> LexborNode:
    """The one element with text that the first fitting selector matches.

    An element inside another that matches too is part of it. Raises MissingElement, naming
    selector and count, where no selector fits or one matches several elements.
    """
    if len(found := outermost(tree, ",".join(selectors))) == 1:
        return found[0]
    for selector in selectors:
        found = outermost(tree, selector)
        if len(found) == 1:
            return found[0]
        if found:
            raise MissingElement(f"expected one element, found {len(found)}", selector=selector)
    raise MissingElement("expected one element, found 0", selector=" or ".join(selectors))


def outermost(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    """The elements with text that match, without those inside another that matches. Raises
    MissingElement for what is no CSS selector."""
    try:
        matches = [node for node in tree.css(selector) if node.text().strip()]
    except SelectolaxError as error:
        raise MissingElement("this is no CSS selector", selector=selector) from error
    if len(matches) < 2:
        return matches
    inside: set[int] = set()
    found: list[LexborNode] = []
    for node in matches:
        if node.mem_id not in inside:
            found.append(node)
            inside.update(inner.mem_id for inner in node.css(selector))
    return found


def meta(tree: LexborHTMLParser, *names: str) -> str | None:
    """The first non-empty content of a meta element with one of these names or properties."""
    wanted = {name.lower(): place for place, name in enumerate(names)}
    best: tuple[int, str] | None = None
    for node in (tree.head or tree).css("meta[content]"):
        for key in ("name", "property", "itemprop"):
            place = wanted.get((node.attributes.get(key) or "").strip().lower())
            content = (node.attributes.get("content") or "").strip()
            if place is not None and content and (best is None or place < best[0]):
                best = (place, content)
    return best[1] if best else None


def base_address(tree: LexborHTMLParser, url: str) -> str:
    """What the page's relative links are relative to."""
    for node in tree.css("base[href]"):
        try:
            return urljoin(url, _BLANKS.sub("", node.attributes.get("href") or "").strip())
        except ValueError:
            return url
    return url


def address(base: str, href: str | None) -> str | None:
    """A link as an absolute http(s) address without fragment; None for anything else."""
    try:
        joined = urldefrag(urljoin(base, _BLANKS.sub("", href or "").strip())).url
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in ("http", "https") and parts.hostname else None


def unarchived(url: str) -> str:
    """The address of the page that an address of the Wayback Machine shows; others unchanged."""
    match = _ARCHIVED.match(url)
    return f"{match[1]}//{match[2]}" if match else url
