"""A statement's page on the sites of the Chinese Foreign Ministry and its missions: what their
publishing system makes of it, in all the templates known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers import markup, regions
from scrapers.dates import read_date
from scrapers.errors import MissingElement
from scrapers.readers import Page
from scrapers.values import Published

_STATEMENT = re.compile(r"/(?:\d{6}/)?t(?:\d{8}_)?\d+\.s?html?$")

# A statement's parts in the templates since about 2008, in the order in which they are tried.
_BODIES = (
    "#News_Body_Txt_A",
    ".content_text",
    ".content_mod .content",
    ".news_content",
    ".trs_editor_view",
    ".TRS_UEDITOR",
    ".TRS_Editor",
    "#printBody",
    ".News_Body_Txt_A",
    "td.content1",
    "td.content",
)
_TITLES = (
    "#News_Body_Title",
    ".news_header_title",
    ".bigtitle",
    ".news-title h1",
    ".news-title",
    "h2.title",
    "div.title",
    "h1",
)
_TIME = "#News_Body_Time"
_DATES = (".xltime", ".view-date", ".date", ".time", ".news-date", ".article-date", "td.t2")
_ANY_TITLE = ",".join(_TITLES)
_ANY_DATE = ",".join(_DATES)
_ANY_SUBTITLE = "#News_Body_subitle,.futitle"

# What may stand between a title and the date that begins or ends it.
_CONFERENCE = re.compile(r"press conference|briefing|记者会|記者會", re.IGNORECASE)
_AROUND = " \t()（）[]【】,，.。:：-–—"


@dataclass(frozen=True, slots=True)
class Parts:
    """A statement's page taken apart.

    time: what stands in #News_Body_Time, the place for the date on older pages; dateline: what
    stands where newer ones have it; stamp: the date in the page's head; "" for nothing.
    """

    title: str
    time: str
    dateline: str
    text: str
    stamp: str


def is_address(url: str) -> bool:
    """Whether an address is that of a statement, by its shape."""
    return _STATEMENT.search(urlsplit(url).path) is not None


def take_apart(page: Page) -> Parts:
    """The parts of a statement's page, by the first of the templates whose body is there.

    Raises MissingElement where none is, or where it has no single body or title. These few
    elements are read where they are found: a soup of them alone would double the time.
    """
    tree = regions.parse(page.html)
    body = regions.only(tree, *_BODIES)
    scope = around = body.parent
    text = markup.paragraphs(body)
    body.decompose()
    while scope is not None and scope.css_first(_ANY_TITLE) is None:
        scope = scope.parent
    named = scope is not None
    scope = scope or _dated_around(around)
    if scope is None:
        raise MissingElement("expected one title, found 0", selector=_ANY_TITLE)
    time = _taken(scope, _TIME)
    nearest = _dated_around(around) if named else scope
    dateline = " ".join(_said(nearest, _ANY_DATE)) if _is_within(nearest, scope) else ""
    _taken(scope, _ANY_DATE)
    subtitles = _taken(scope, _ANY_SUBTITLE)
    title = _title(scope, tree) if named else _title_in_head(tree)
    lines = [*subtitles, *text.split("\n\n")]
    return Parts(
        title=title,
        time=" ".join(time),
        dateline=dateline,
        text="\n\n".join(line for line in lines if line != title),
        stamp=regions.meta(tree, "PubDate") or "",
    )


def _dated_around(node: LexborNode | None) -> LexborNode | None:
    """The smallest region around a text that holds a date, else the text's parent: the lists beside
    a statement have dates of their own."""
    scope = node
    while scope is not None and scope.css_first(_ANY_DATE) is None:
        scope = scope.parent
    return scope or node


def _is_within(node: LexborNode | None, scope: LexborNode) -> bool:
    while node is not None and node.mem_id != scope.mem_id:
        node = node.parent
    return node is not None


def _said(node: LexborNode | None, selector: str) -> list[str]:
    lines = [markup.line(found) for found in node.css(selector)] if node is not None else []
    return [line for line in lines if line]


def _title_in_head(tree: LexborHTMLParser) -> str:
    """The title as the head alone names it: in a meta element, or before an underscore and the name
    of the site."""
    head = tree.css_first("title")
    named, joint, _ = markup.one_line(head.text() if head is not None else "").partition("_")
    title = regions.meta(tree, "ArticleTitle") or (named.strip() if joint else "")
    if not title:
        raise MissingElement("expected one title, found 0", selector=_ANY_TITLE)
    return markup.title_text(title)


def _taken(scope: LexborNode, selector: str) -> list[str]:
    """What the matching elements say. They are taken out: some templates put the date inside the
    title's element."""
    nodes = scope.css(selector)
    lines = [markup.line(node) for node in nodes]
    for node in reversed(nodes):  # an element inside another one goes first
        node.decompose()
    return [line for line in lines if line]


def _title(scope: LexborNode, tree: LexborHTMLParser) -> str:
    """The title; where a template has several headings of one kind, the one that the head names,
    else what the head itself gives for one."""
    for selector in _TITLES:
        texts = dict.fromkeys(line for node in scope.css(selector) if (line := markup.line(node)))
        if len(texts) > 1:
            head = tree.css_first("title")
            named = markup.one_line(head.text()) if head is not None else ""
            found = [text for text in texts if text in named]
            return markup.title_text(max(found, key=len)) if found else _title_in_head(tree)
        if texts:
            return markup.title_text(next(iter(texts)))
    return _title_in_head(tree)


def published_in_title(title: str, page: Page) -> Published | None:
    """The date of a title that begins or ends with one, or that is of a press conference: it is
    what the statement is of. A date elsewhere in a title is that of an act or an agreement."""
    found = _read(title, page)
    if found is None or found.text is None:
        return None
    before, _, after = title.partition(found.text)
    if _CONFERENCE.search(title):
        return found
    return found if not before.strip(_AROUND) or not after.strip(_AROUND) else None


def published_in(text: str, page: Page) -> Published | None:
    """The first date of a dateline."""
    return _read(text, page) if text else None


def _read(text: str, page: Page) -> Published | None:
    return read_date(text, zone=page.source.time_zone, languages=page.source.languages)
