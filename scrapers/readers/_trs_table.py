"""A statement laid out in a table, as the oldest sites of Chinese missions have it.

    <table id="article"><tr><td>title</td></tr> <tr><td>(2019-12-05)</td></tr> <tr><td>...</td></tr>

Cells above the date hold the title, then perhaps where the text is from; a cell below it holds the
text, which may hold tables of its own. Some name title and date in one cell, on two lines; some
hold each part in a table of its own, side by side in one element.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborNode

from scrapers import markup
from scrapers.errors import MissingElement
from scrapers.readers import Page
from scrapers.readers._trs import Parts, published_in

TABLE = "#article"
# What stands in a dateline besides the date.
_LABELS = re.compile(
    r"[\s\d()（）\[\]【】:：/|,.-]|发布时间|时间|日期|来源|Date|Time|Updated|Posted", re.I
)
_BUTTONS = re.compile(r"(?:[\[【(（]?(?:推荐给朋友|打印|关闭|[^\[\]【】]{1,30})[\]】)）]\s*)+")


def from_table(table: LexborNode, page: Page) -> Parts:
    """Title, date and text by what the innermost cells hold: a cell with nothing but a date parts
    the title above from the text below. Raises MissingElement where there is no such order."""
    cells = [cell for cell in table.css("td,th") if len(cell.css("td,th")) <= 1]
    said = [(cell, words) for cell in cells if (words := _words(cell))]
    above, dateline, last = _head(said, page)
    if not above:
        raise MissingElement("expected a cell with the title", selector=TABLE)
    text = _text_below(table, [cell for cell, _ in said[: last + 1]])
    if not text:
        raise MissingElement("expected a cell with the text", selector=TABLE)
    return Parts(markup.title_text(above), time="", dateline=dateline, text=text, stamp="")


def _words(cell: LexborNode) -> str:
    """What a cell shows, line by line. The cell stays as it is."""
    return markup.paragraphs_of(cell.inner_html or "")


def _head(said: Sequence[tuple[LexborNode, str]], page: Page) -> tuple[str, str, int]:
    """Title, dateline ("" for none) and the place of the last cell that is neither's text."""
    if not said:
        return "", "", 0
    lines = [line for line in re.split(r"\n+", said[0][1]) if line]
    if len(lines) > 1 and len(said[0][1]) < 400 and is_dateline(lines[-1], page):
        return " ".join(lines[:-1]), lines[-1], 0
    for place, (_, words) in enumerate(said):
        if is_dateline(words, page):
            return (said[0][1] if place else ""), words, place
    return said[0][1], "", 0


def _text_below(table: LexborNode, above: Sequence[LexborNode]) -> str:
    """The longest text of a cell that holds none of the cells above."""
    used = {cell.mem_id for cell in above}
    best = ""
    for cell in table.css("td,th"):  # an outer cell comes first, and stays if as long
        if len(markup.one_line(cell.text())) <= len(best):
            continue
        if used.isdisjoint(inner.mem_id for inner in cell.css("td,th")):
            best = max(best, _words(cell), key=len)
    blocks = best.split("\n\n")
    while blocks and _BUTTONS.fullmatch(blocks[-1]):
        blocks.pop()
    return "\n\n".join(blocks)


def is_dateline(text: str, page: Page) -> bool:
    """True for a short line with a date and nothing else that says anything."""
    if len(text) > 80:
        return False
    found = published_in(text, page)
    if found is None or found.text is None:
        return False
    return not _LABELS.sub("", text.replace(found.text, "", 1))
