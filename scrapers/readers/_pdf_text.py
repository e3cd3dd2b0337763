"""From the lines of type on sheets of paper to paragraphs of running text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from scrapers import markup
from scrapers.pdf_lines import Document, Line, Sheet

# Running headers and footers stand in this part of a sheet, at its top and at its bottom.
_MARGIN = 0.13
# The same line on two sheets may be set a little higher or lower.
_SHIFT = 6.0
_NUMBER = re.compile(
    r"[\W_]*(?:page|seite|p\.|s\.|pág(?:ina|\.)?|pagina|strona|第)?\s*(?:\d{1,4}|[ivxl]{1,6})"
    r"\s*(?:(?:/|of|von|de|di|sur|z|共|,)\s*第?\s*\d{1,4})?\s*(?:页|頁|쪽)?[\W_]*",
    re.IGNORECASE,
)
_LIGATURES = {
    0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st",
    0xFB06: "st",
}  # fmt: skip
_SOFT_HYPHEN = "\xad"
_END = re.compile(r"[.!?:;。！？：；…][”’\"'»)）\]】」』]*$")
_LONGEST_NUMBER = 80  # of characters: "Page 1 of 2", however widely set
_LONGEST_WORD = 200
_BULLET = re.compile(
    r"(?:[•●▪■◦‣–—*-]|\(?[0-9a-z]{1,3}[.)]|[一二三四五六七八九十]+、|（.{1,2}）)\s*\S"
)
_CJK = re.compile(r"[　-〿぀-ヿ㐀-䶿一-鿿！-｠]")
# A line that leaves this part of the column empty is the last of its paragraph.
_SHORT = 0.85
# Type is another size when it is so much larger or smaller.
_ANOTHER = 1.12


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or heading: its words on one line, the size of its type in points, its sheet."""

    words: str
    size: float
    sheet: int


def blocks(document: Document) -> list[Block]:
    """The paragraphs of a document in its order, without running headers and footers and page
    numbers, hyphens at line ends undone."""
    sheets = [_cleaned(sheet) for sheet in document.sheets]
    sheets = [replace(sheet, lines=lines) for sheet, lines in _without_furniture(sheets)]
    hyphenated = _hyphenated(sheets)
    found: list[Block] = []
    going_on = False
    paragraph: list[Line] = []
    for number, sheet in enumerate(sheets):
        for paragraph in _paragraphs(sheet):
            size = median(line.size for line in paragraph)
            words = markup.one_line(_joined([line.words for line in paragraph], hyphenated))
            if not words:
                continue
            same = found and found[-1].size / _ANOTHER < size < found[-1].size * _ANOTHER
            if going_on and same and not _BULLET.match(words):
                both = _joined([found[-1].words, words], hyphenated)
                found[-1] = replace(found[-1], words=both)
            else:
                found.append(Block(words, size, number))
            going_on = False
        going_on = bool(found and sheet.lines) and _goes_on(paragraph, sheet)
    return found


def body_size(document: Document) -> float:
    """The size of type that most characters of a document have, in points; 0 for one without."""
    sizes: Counter[float] = Counter()
    for sheet in document.sheets:
        for line in sheet.lines:
            sizes[round(line.size, 1)] += len(line.words)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _cleaned(sheet: Sheet) -> Sheet:
    lines = (replace(line, words=line.words.translate(_LIGATURES).strip()) for line in sheet.lines)
    return replace(sheet, lines=tuple(line for line in lines if line.words))


def _without_furniture(sheets: Sequence[Sheet]) -> Iterator[tuple[Sheet, tuple[Line, ...]]]:
    """Each sheet's lines without what stands at its edge on other sheets too, numbers aside."""
    places: dict[str, list[tuple[int, Line]]] = {}
    for number, sheet in enumerate(sheets):
        for line in _at_edge(sheet):
            places.setdefault(_folded(line.words), []).append((number, line))
    for number, sheet in enumerate(sheets):
        edge = {id(line) for line in _at_edge(sheet)}
        yield (
            sheet,
            tuple(
                line
                for line in sheet.lines
                if id(line) not in edge
                or not (
                    (len(line.words) <= _LONGEST_NUMBER and _NUMBER.fullmatch(line.words))
                    or _elsewhere(number, line, places[_folded(line.words)])
                )
            ),
        )


def _at_edge(sheet: Sheet) -> list[Line]:
    top, bottom = sheet.height * _MARGIN, sheet.height * (1 - _MARGIN)
    return [line for line in sheet.lines if line.bottom < top or line.top > bottom]


def _elsewhere(number: int, line: Line, places: Sequence[tuple[int, Line]]) -> bool:
    """Whether the line stands at about the same height on another sheet."""
    return any(other != number and abs(found.top - line.top) < _SHIFT for other, found in places)


def _folded(words: str) -> str:
    return re.sub(r"\d+", "#", " ".join(words.casefold().split()))


def _paragraphs(sheet: Sheet) -> Iterator[list[Line]]:
    lead = _lead(sheet.lines)
    right = max((line.right for line in sheet.lines), default=0.0)
    paragraph: list[Line] = []
    for line in sheet.lines:
        if paragraph and _begins(paragraph, line, lead, right):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield paragraph


def _lead(lines: Sequence[Line]) -> float:
    """The distance from line to line within a paragraph, in points: a short one among those that
    occur, for there may be as many steps from one paragraph to the next."""
    steps = sorted(b.top - a.top for a, b in pairwise(lines) if b.top - a.top > a.size * 0.8)
    return steps[len(steps) // 8] if steps else 0.0


def _begins(paragraph: Sequence[Line], line: Line, lead: float, right: float) -> bool:
    """Whether a line begins a new paragraph after these."""
    last = paragraph[-1]
    if not last.size / _ANOTHER < line.size < last.size * _ANOTHER:
        return True
    if last.words.endswith(_SOFT_HYPHEN):
        return False
    step = line.top - last.top
    if step < -last.size:  # the next column
        return bool(_END.search(last.words))
    if step < last.size / 2:  # the same line, parted by a wide blank
        return False
    # Large type is set wider than the text that gives the usual distance.
    if step > 1.35 * max(lead, 1.15 * last.size):
        return True
    indented = line.left > paragraph[0].left + line.size and len(paragraph) > 1
    if _BULLET.match(line.words) or (indented and _END.search(last.words)):
        return True
    first_indented = line.left > last.left + line.size and bool(_END.search(last.words))
    return first_indented or (_is_short(last, right) and bool(_END.search(last.words)))


def _is_short(line: Line, right: float) -> bool:
    return line.right < line.left + (right - line.left) * _SHORT


def _goes_on(paragraph: Sequence[Line], sheet: Sheet) -> bool:
    """Whether the last paragraph of a sheet seems to go on overleaf: no heading, no signature."""
    last = paragraph[-1]
    right = max(line.right for line in sheet.lines)
    long = len(paragraph) > 1 or not _is_short(last, right)
    return last.words.endswith(_SOFT_HYPHEN) or (long and not _END.search(last.words))


def _hyphenated(sheets: Sequence[Sheet]) -> frozenset[str]:
    """The words that stand with a hyphen in the middle of a line: theirs are not undone."""
    return frozenset(
        word.casefold()
        for sheet in sheets
        for line in sheet.lines
        for word in re.findall(r"\w+-\w+", line.words)
    )


def _joined(lines: Sequence[str], hyphenated: frozenset[str]) -> str:
    """Lines as one, a word that was parted put together. Takes time as the lines are long: a file
    may hold a paragraph of a million characters."""
    parts: list[str] = []
    end = ""  # the last characters of these
    for line in lines:
        if not end:
            added = line
        elif _is_parted(end, line):
            parts[-1], end = parts[-1][:-1], end[:-1]
            added = f"-{line}" if _keeps_hyphen(end, line, hyphenated) else line
        elif _CJK.match(end[-1]) and _CJK.match(line[0]):
            added = line
        else:
            added = f" {line}"
        parts.append(added)
        end = (end + added[-_LONGEST_WORD:])[-_LONGEST_WORD:]
    text = "".join(parts)
    return text.removesuffix(_SOFT_HYPHEN) + ("-" if text.endswith(_SOFT_HYPHEN) else "")


def _is_parted(end: str, line: str) -> bool:
    return bool(re.fullmatch(r"\w[\xad-]", end[-2:]) and re.match(r"\w", line))


def _keeps_hyphen(end: str, line: str, hyphenated: frozenset[str]) -> bool:
    after = re.match(r"\w+", line)
    word = f"{_last_word(end)}-{after[0] if after else ''}".casefold()
    return word in hyphenated or not line[0].islower() or not end[-1].isalpha()


def _last_word(end: str) -> str:
    backwards = re.match(r"\w*", end[::-1])  # forwards, each letter would be a place to begin
    return backwards[0][::-1] if backwards else ""
