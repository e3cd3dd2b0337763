"""From an element of a page to clean text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bs4 import Tag
from selectolax.lexbor import LexborHTMLParser, LexborNode

from scrapers import regions

# A title longer than this is not one; what follows is cut off.
LONGEST_TITLE = 500

_BREAK = "\x1f"
_BLOCK = "\x1e"
_BLOCKS = (
    "p,div,br,li,ul,ol,tr,table,h1,h2,h3,h4,h5,h6,blockquote,section,article,aside,header,footer,"
    "main,nav,form,dd,dt,dl,pre,hr,figure,figcaption,address,center"
)
_APART = ("td", "th", "img", "video", "svg")
_NEVER_SHOWN = (
    "script", "style", "noscript", "template", "iframe", "object", "select", "button", "textarea",
)  # fmt: skip
_MEANINGFUL = ",".join((_BLOCKS, *_APART, *_NEVER_SHOWN))

# Control characters, and marks that show nothing or turn the reading direction of what follows.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff\ufffe\uffff]"
)
# A line break between two Chinese or Japanese characters is none: they are written without blanks.
_CJK = "　-〿぀-ヿ㐀-䶿一-鿿！-｠"
_WRAPPED = re.compile(
    rf"(?<=[{_CJK}])[ \t]*[\r\n]\s*(?=[{_CJK}“‘])|(?<=[”’])[ \t]*[\r\n]\s*(?=[{_CJK}])"
)
_INDENTED = re.compile(rf"{_BREAK}(?=\s*(?:　|{_BREAK}))")


def one_line(text: str) -> str:
    """Text as it is seen on one line: white space folded, invisible characters taken out."""
    return " ".join(_visible(" ".join(text.split())).split())


def title_text(text: str) -> str:
    """A title: one line, at most 500 characters."""
    line = one_line(text)
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rstrip() + "…"


def paragraphs(node: LexborNode) -> str:
    """The text of an element: a blank line between paragraphs, one line break for a `<br>`.

    Two `<br>` in a row, or one before an indented line, make a paragraph: older pages know no
    other. The element is changed: scripts and the like are taken out of it.
    """
    hidden = []
    for found in node.css(_MEANINGFUL):
        tag = found.tag
        if tag in _NEVER_SHOWN:
            hidden.append(found)
        elif tag == "br":
            found.insert_before(_BREAK)
        elif tag in _APART:
            found.insert_after(" ")
        else:
            found.insert_before(_BLOCK)
            found.insert_after(_BLOCK)
    for found in reversed(hidden):  # an element inside another one goes first
        found.decompose()
    text = node.text()
    if _BREAK in text:
        text = _INDENTED.sub(_BLOCK, text)
    return _visible("\n\n".join(filter(None, map(_lines, text.split(_BLOCK)))))


def line(node: LexborNode) -> str:
    """What an element says, on one line."""
    remove(node, "script,style")
    for line_break in node.css("br"):
        line_break.insert_before("\n")
    return one_line(_WRAPPED.sub("", node.text()))


def remove(node: LexborNode | LexborHTMLParser, selector: str) -> None:
    """Takes matching elements out; one inside another goes before it, for both are freed."""
    for found in reversed(node.css(selector)):
        found.decompose()


def paragraphs_of(html: str) -> str:
    """`paragraphs` of a fragment of HTML."""
    body = regions.parse(html).body
    return paragraphs(body) if body is not None else ""


def joined(blocks: Iterable[str]) -> str:
    """Clean blocks of text as paragraphs, empty ones left out."""
    return "\n\n".join(filter(None, blocks))


def _lines(block: str) -> str:
    if "\n" in block or "\r" in block:
        block = _WRAPPED.sub("", block)
    if _BREAK not in block:
        return " ".join(block.split())
    return "\n".join(filter(None, (" ".join(line.split()) for line in block.split(_BREAK))))


def _visible(text: str) -> str:
    """Without invisible characters; the usual text, which has none, costs next to nothing."""
    return text if text.replace("\n", " ").isprintable() else _INVISIBLE.sub("", text)


def text_of(tag: Tag | None) -> str:
    """What an element says, on one line; "" for none."""
    if tag is None:
        return ""
    for line_break in tag.find_all("br"):
        line_break.replace_with("\n")
    return one_line(_WRAPPED.sub("", tag.get_text()))
