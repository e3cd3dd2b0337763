"""Families whose pages differ only in where title, date and text stand: a layout in a few lines.

A reader of such a family names its layouts, the newest first, and calls `read`. An older layout
stays in the list, with the last day on which the sites still used it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers import markup, regions
from scrapers.errors import MissingElement
from scrapers.language import language_of
from scrapers.readers import Page, _datelines, _furniture, _publication
from scrapers.readers._headline import headline
from scrapers.values import Article, Precision, Published

_MARGINS = ("footer", "aside", "nav")
_BLOCK = re.compile(r"(?:^|\s)(?:block-block-content|sidebar|footer|region-footer|region-sidebar)")
_NO_TIME = re.compile(r"T(?:12:00(?::00)?Z|00:00(?::00)?(?:Z|[+-]\d\d:?\d\d))$")
# What stands inside a text on many sites and is no part of it; for a layout's `drop`.
FURNITURE = (
    "nav,aside,footer,form,figcaption,[hidden],.sr-only,.visually-hidden,.screen-reader-text,"
    ".share,.social,.social-share,.share-buttons,.sharedaddy,.addtoany_share_save_container,"
    ".breadcrumb,.breadcrumbs,.related,.related-content,.tags,.pagination"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a statement's parts stand, each as CSS selectors tried in their order.

    text: the element or elements (the outermost, in their order) that hold the statement. title:
    none: as the head and the h1 say. dated: an element whose words, `datetime` or `content` hold
    the day of publication, before any other that is not marked as a change; none, or nothing
    readable there: as any page states it. labelled, after: elements, such as the items of a list
    of days, and the words before the one that counts; they go before `dated`. drop: what stands
    inside `text` and is not the statement's. noise, ends: a line of the text that is not the
    statement's, and one with which the statement has ended. valid_until: the last day on which a
    capture may still show this layout.

    after, noise and ends are regular expressions without regard to case; noise and ends match
    whole lines.
    """

    text: tuple[str, ...]
    title: tuple[str, ...] = ()
    dated: tuple[str, ...] = ()
    labelled: tuple[str, ...] = ()
    after: str = ""
    drop: str = ""
    noise: str = ""
    ends: str = ""
    valid_until: date | None = None

    def __post_init__(self) -> None:
        """Tells a reader's author of what would match nothing, when the reader is loaded."""
        for name in ("text", "title", "dated", "labelled"):
            if isinstance(said := getattr(self, name), str):
                raise TypeError(f"Layout({name}={said!r}): expected a tuple, ({said!r},)")
        for name in ("after", "noise", "ends"):
            try:
                re.compile(said := getattr(self, name))
            except re.error as error:
                raise ValueError(f"Layout({name}={said!r}) is no pattern: {error}") from error


def read(page: Page, *layouts: Layout) -> Article:
    """The statement on a page, by the first of these layouts whose text is there.

    Raises MissingElement, naming all selectors that were tried, where none fits; then a caller
    further up lets the generic reader try and marks what it makes of the page.
    """
    tree = regions.parse(page.html)
    in_use = [layout for layout in layouts if _in_use(layout, page)]
    for layout in in_use:
        if nodes := _first(tree, layout.text):
            inside = [node for node in nodes if not is_beside(node)]
            return _article(page, tree, layout, inside or nodes)
    tried = " or ".join(selector for layout in in_use for selector in layout.text)
    raise MissingElement("expected one element, found 0", selector=tried)


def _in_use(layout: Layout, page: Page) -> bool:
    return layout.valid_until is None or page.fetched_at.date() <= layout.valid_until


def _first(tree: LexborHTMLParser, selectors: tuple[str, ...]) -> list[LexborNode]:
    for selector in selectors:
        if nodes := regions.outermost(tree, selector):
            return nodes
    return []


def is_beside(node: LexborNode) -> bool:
    """Whether an element stands in a margin of the page: a site's own blocks there are built of the
    same elements as its statements."""
    around = node.parent
    while around is not None:
        if around.tag in _MARGINS or _BLOCK.search(around.attributes.get("class") or ""):
            return True
        around = around.parent
    return False


def _article(
    page: Page, tree: LexborHTMLParser, layout: Layout, nodes: list[LexborNode]
) -> Article:
    title = _title(page, tree, layout)
    stated = _stated(page, tree, layout)  # before anything is cut out of the tree
    blocks: list[str] = []
    for node in nodes:
        if layout.drop:
            _drop(node, layout.drop)
        blocks += markup.paragraphs(node).split("\n\n")
    blocks = [block for block in _statements_own(blocks, layout) if block]
    blocks = _furniture.without_furniture(blocks, title)
    if stated is None:
        lines = _datelines.Lines(page=_head_lines(tree), text=blocks)
        stated, found = _publication.published(page, tree, title, lines)
    else:
        _, found = _datelines.leading_dateline(blocks, page)
    text = markup.joined(found)
    if not text:
        raise MissingElement("the statement's element has no text", selector=layout.text[0])
    root = tree.css_first("html[lang]")
    declared = root.attributes.get("lang") if root is not None else None
    language = language_of(text, expected=page.source.languages, declared=declared)
    return Article(title, text, stated, language)


def _title(page: Page, tree: LexborHTMLParser, layout: Layout) -> str:
    found = _first(tree, layout.title)
    title = markup.title_text(markup.line(found[0])) if found else headline(page, tree)
    if not title:
        raise MissingElement("expected one title, found 0", selector=" or ".join(layout.title))
    return title


def _stated(page: Page, tree: LexborHTMLParser, layout: Layout) -> Published | None:
    """What the layout's own place for the date says; None where it says nothing readable."""
    parts = (
        re.split(layout.after, said, maxsplit=1, flags=re.I)
        for said in _said(page, tree, layout.labelled)
    )
    labelled = (words[-1] for words in parts if len(words) > 1)
    for words in chain(labelled, _said(page, tree, layout.dated)):
        found = _datelines.publication(words, page)
        if found and found.precision is not Precision.UNKNOWN:
            return found
    return None


def _said(page: Page, tree: LexborHTMLParser, selectors: tuple[str, ...]) -> Iterator[str]:
    for selector in selectors:
        for node in tree.css(selector):
            attributes, words = node.attributes, markup.line(node)
            given = (attributes.get("datetime"), attributes.get("content"))
            stamps = [stamp for stamp in given if stamp]
            if any(_datelines.names_another_day(words, stamp, page) for stamp in stamps):
                yield words
            yield from in_their_order(stamps, words, page)


def in_their_order(stamps: Iterable[str], words: str, page: Page) -> Iterator[str]:
    """What an element says of a day, the most exact first. A field that knows no time of day writes
    midnight, or noon in UTC, which is another day in Auckland: then its words go first, unless
    day and month are read in them the other way round."""
    given = list(stamps)
    vague = [
        stamp
        for stamp in given
        if _NO_TIME.search(stamp) and not _datelines.reads_reversed(words, stamp, page)
    ]
    yield from (*(stamp for stamp in given if stamp not in vague), words, *vague)


def _statements_own(blocks: list[str], layout: Layout) -> Iterator[str]:
    """The blocks without the layout's noise, up to the line with which the statement ends."""
    begun = False
    for block in blocks:
        kept: list[str] = []
        for line in block.split("\n"):
            if layout.ends and begun and re.fullmatch(layout.ends, line, re.I):
                yield "\n".join(kept)
                return
            if not (layout.noise and re.fullmatch(layout.noise, line, re.I)):
                kept.append(line)
                begun = begun or bool(line)
        yield "\n".join(kept)


def _drop(node: LexborNode, selector: str) -> None:
    for found in reversed(node.css(selector)):
        if found.mem_id != node.mem_id:
            found.decompose()


def _head_lines(tree: LexborHTMLParser) -> list[str]:
    body = tree.body
    return markup.paragraphs(body).split("\n\n") if body is not None else []
