"""The `<time>` elements of a page whose layout is not known: which of them is the publication's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers import markup
from scrapers.readers import Page
from scrapers.readers._datelines import CHANGED, names_another_day, read
from scrapers.values import Precision, Published

_MARGINS = ("aside", "nav", "footer")
# Characters before a date in which a label stands; a page with more times than this is a list.
_LABEL, _MOST_TIMES = 30, 100

_PUBLICATION_CLASS = re.compile(r"publish|entry-date|\bpub-?(?:date|time)\b", re.IGNORECASE)


def time_element(
    page: Page, tree: LexborHTMLParser, title: str, beside: Published | None
) -> Published | None:
    """What the page's `<time>` says: one that is marked as publication, else the one by the title,
    else all that are there, if they agree. A list of other articles has times of its own, and so
    has an event: one that is not marked gives way to another day that stands beside the title."""
    times = _unchanged(tree.css("time,[itemprop=datePublished]"))
    marked = [node for node in times if _is_publication(node)]
    near = _unchanged(_times_near(_heading(tree, title)))
    both = [node for node in near if _is_publication(node)]
    for nodes in (marked, both, _own(near), _own(times)):
        found = [date for node in nodes if (date := _said(node, page))]
        if found and len({date.on for date in found}) == 1:
            firm = nodes is marked or nodes is both or not _names_another(found[0], beside)
            return found[0] if firm else None
    return None


def _unchanged(nodes: list[LexborNode]) -> list[LexborNode]:
    return [node for node in nodes[:_MOST_TIMES] if not _is_change(node)]


def _own(nodes: Sequence[LexborNode]) -> list[LexborNode]:
    """The elements outside the page's margins; an article's own margins are its."""
    return [node for node in nodes if not _in_margin(node)]


def _in_margin(node: LexborNode) -> bool:
    around = node.parent
    while around is not None and around.tag not in ("article", *_MARGINS):
        around = around.parent
    return around is not None and around.tag in _MARGINS


def _names_another(found: Published, beside: Published | None) -> bool:
    """Whether what stands beside the title names another day; one more or less is a time zone's."""
    if beside is None or beside.precision is Precision.INFERRED:
        return False
    return beside.on is not None and found.on is not None and abs((found.on - beside.on).days) > 1


def _said(node: LexborNode, page: Page) -> Published | None:
    """The date of a `<time>`: its stamp's, unless its own words name another day."""
    stamp, words = _stamp(node), markup.line(node)
    return read(words if names_another_day(words, stamp, page) else stamp, page)


def _heading(tree: LexborHTMLParser, title: str) -> LexborNode | None:
    """The h1 that holds the title, else the first: a site's logo is often one, too."""
    headings = tree.css("h1")
    holding = (node for node in headings if title in markup.title_text(markup.line(node)))
    return next(holding, headings[0] if headings else None)


def _times_near(heading: LexborNode | None) -> list[LexborNode]:
    """The `<time>` elements of the smallest region around the heading that has any."""
    region = heading.parent if heading is not None else None
    while region is not None and region.tag not in ("body", "html"):
        if times := region.css("time"):
            return times
        region = region.parent
    return []


def _stamp(node: LexborNode) -> str:
    attributes = node.attributes
    return attributes.get("datetime") or attributes.get("content") or markup.line(node)


def _is_publication(node: LexborNode) -> bool:
    attributes, around = node.attributes, node.parent
    words = f"{attributes.get('itemprop') or ''} {attributes.get('class') or ''}"
    beside = (around.attributes.get("class") or "").split() if around is not None else []
    named = _PUBLICATION_CLASS.search(words) or "publication" in beside
    return "pubdate" in attributes or bool(named)


def _is_change(node: LexborNode) -> bool:
    """Whether an element's names, or the words right before it ("Updated:"), say so."""
    attributes = node.attributes
    words = f"{attributes.get('itemprop') or ''} {attributes.get('class') or ''}"
    if CHANGED.search(words):
        return "published" not in words.split()
    own, around = markup.line(node), node.parent
    for _ in range(3):
        if not own or around is None or around.css_first("h1,h2,h3") is not None:
            break
        if before := markup.line(around).partition(own)[0]:
            return bool(CHANGED.search(before[-_LABEL:]))
        around = around.parent
    return False
