"""Pages of millions of characters: read in time and memory that grow with their length alone.

A tree of a page takes six times its length, what trafilatura makes of it up to a hundred times.
Statements of that length are annexes, lists of tariffs, whole books: their words matter, the menu
around them does not.
"""

from __future__ import annotations

import html as entities
import re

from scrapers import markup

# What a page can do without, and how each ends. Data for search engines may hold its date.
_IDLE = (
    (re.compile("<!--"), re.compile("-->")),
    (re.compile(r"<script(?![^<>]{0,200}ld\+json)\b", re.I), re.compile(r"</script\s{0,9}>", re.I)),
    (re.compile(r"<style\b", re.I), re.compile(r"</style\s{0,9}>", re.I)),
)
_BODY = re.compile(r"<body\b[^<>]*>", re.I)
_BLOCK, _BREAK = "\x1e", "\x1f"
_PARTING = re.compile(
    r"</?(?:p|div|li|ul|ol|tr|table|h[1-6]|blockquote|section|article|aside|header|footer|main|"
    r"nav|dd|dt|dl|pre|hr|figure|figcaption|address|center)\b[^<>]*>",
    re.I,
)
_LINE = re.compile(r"<br\b[^<>]*>", re.I)
_CELL = re.compile(r"</t[dh]\b[^<>]*>", re.I)
_TAG = re.compile(r"<[^<>]*>")


def lightened(html: str, limit: int) -> str:
    """A page of more than `limit` characters without comments, scripts and styles; a smaller one
    as it is."""
    if len(html) > limit:
        for begin, end in _IDLE:
            html = _without(html, begin, end)
    return html


def blocks_of(html: str) -> list[str]:
    """The text of a page without comments and scripts, as its blocks, each with its lines."""
    body = _BODY.search(html)
    text = _PARTING.sub(_BLOCK, html[body.end() :] if body else html)
    text = _TAG.sub("", _CELL.sub(" ", _LINE.sub(_BREAK, text)))
    blocks = (_lines(block) for block in text.split(_BLOCK))
    return [block for block in blocks if block]


def _lines(block: str) -> str:
    lines = (markup.one_line(entities.unescape(line)) for line in block.split(_BREAK))
    return "\n".join(line for line in lines if line)


def _without(html: str, begin: re.Pattern[str], end: re.Pattern[str]) -> str:
    """Without what stands from each begin to its end. One that never ends, ends the search."""
    kept, at = [], 0
    while (first := begin.search(html, at)) and (last := end.search(html, first.end())):
        kept.append(html[at : first.start()])
        at = last.end()
    return "".join([*kept, html[at:]]) if kept else html
