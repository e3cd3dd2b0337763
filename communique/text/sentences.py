"""Sentences, roughly: what an alert shows around a match, and what counts as its passage."""

from __future__ import annotations

import re

from communique.text.walk import ABBREVIATIONS

PASSAGE_LIMIT = 600  # characters on either side of a span; a page without full stops has no more

_CLOSING = "\"'”’»›」』）)\\]】》"
_END = re.compile(
    rf"(?P<mark>[.!?…‥]+)[{_CLOSING}]*(?=\s|$)|[。！？｡．؟۔।॥։።]+[{_CLOSING}]*|\n[^\S\n]*(?=\n)"
)
_LAST_WORD = re.compile(r"(\w+)\Z")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The sentences of a text as [start, end) without the blanks around them, in their order.

    A sentence ends at . ! ? … and what closes after it, at their CJK, Arabic and Indian forms, and
    at an empty line. The dot of an initial, of "Mr." or of a day ("14. August") ends none.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if match["mark"] == "." and _is_abbreviation(text, match.start(), match.end()):
            continue
        _append(spans, text, start, match.end())
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def passage(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence, or sentences, that text[start:end] lies in, as [start, end): at most
    PASSAGE_LIMIT characters on either side, cut at a blank."""
    low = _inner_blank(text, start - PASSAGE_LIMIT, start) if start > PASSAGE_LIMIT else 0
    high = _outer_blank(text, end, end + PASSAGE_LIMIT)
    inside = [
        (low + first, low + last)
        for first, last in sentence_spans(text[low:high])
        if low + first < end and low + last > start
    ]
    if not inside:
        return start, end
    return min(start, inside[0][0]), max(end, inside[-1][1])


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    bare = piece.strip()
    if bare:
        first = start + len(piece) - len(piece.lstrip())
        spans.append((first, first + len(bare)))


def _is_abbreviation(text: str, dot: int, end: int) -> bool:
    if text[end : end + 1] in ("", "\n", "\r"):
        return False
    word = _LAST_WORD.search(text, max(0, dot - 12), dot)
    if word is None:
        return False
    name = word[1].casefold()
    return len(name) == 1 or name in ABBREVIATIONS or (len(name) <= 2 and name.isdecimal())


def _inner_blank(text: str, low: int, start: int) -> int:
    blank = re.compile(r"\s").search(text, low, min(start, low + 60))
    return blank.end() if blank else low


def _outer_blank(text: str, end: int, high: int) -> int:
    if high >= len(text):
        return len(text)
    cut = max(text.rfind(mark, max(end, high - 60), high) for mark in " \n\t")
    return cut if cut > 0 else high
