"""A text with marks that overlap, as pieces that do not: what a page can show one after the other.

A piece is a run of characters under the same marks. HTML elements must nest, marks need not: a
matched word may begin inside a repeated passage and end behind it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeAlias

# So many marks of one text are shown, in their order; more would make a page that no browser bears.
MOST_MARKS = 4_000

_PARTED = re.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Characters [start, end) of a text. name: what it is called by; several marks may share one,
    as the words that one rule matched do."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters [start, end) of a text, under the marks of these names, sorted. ends: the names
    that no later piece is under."""

    start: int
    end: int
    text: str
    names: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


Paragraph: TypeAlias = tuple[Piece, ...]


def pieces(text: str, marks: Iterable[Mark]) -> tuple[Piece, ...]:
    """The text from its first to its last character, cut where the marks change; what a mark says
    beyond the text is dropped. A sweep over the marks' ends: n log n in them, times how many lie
    over each other."""
    steps = sorted(
        (place, opens, mark.name)
        for mark in marks
        if max(0, mark.start) < min(mark.end, len(text))
        for place, opens in ((max(0, mark.start), True), (min(mark.end, len(text)), False))
    )
    found: list[Piece] = []
    over: Counter[str] = Counter()
    at = 0
    for place, changes in groupby(steps, key=lambda step: step[0]):
        if at < place:
            _add(found, Piece(at, place, text[at:place], tuple(sorted(over))))
            at = place
        for _, opens, name in changes:
            over[name] += 1 if opens else -1
            if not over[name]:
                del over[name]
    if at < len(text):
        _add(found, Piece(at, len(text), text[at:]))
    return _with_ends(found)


def paragraphs(text: str, found: Sequence[Piece]) -> tuple[Paragraph, ...]:
    """The paragraphs of a text, which blank lines part, each with its pieces; a piece that reaches
    over several is cut. Blank lines are in none."""
    cut: list[list[Piece]] = []
    number = 0
    for start, end in _spans(text):
        kept: list[Piece] = []
        while number < len(found) and found[number].start < end:
            piece = found[number]
            left, right = max(piece.start, start), min(piece.end, end)
            if left < right:
                kept.append(Piece(left, right, text[left:right], piece.names))
            if piece.end > end:
                break
            number += 1
        cut.append(kept)
    ended = iter(_with_ends([piece for kept in cut for piece in kept]))
    return tuple(tuple(next(ended) for _ in kept) for kept in cut)


def bounded(marks: Iterable[Mark], most: int = MOST_MARKS) -> tuple[tuple[Mark, ...], int]:
    """The first marks of a text in reading order, and how many more there are."""
    ordered = sorted(marks)
    return tuple(ordered[:most]), max(0, len(ordered) - most)


def beginning(text: str, limit: int) -> str:
    """The beginning of a text, of at most `limit` characters: to the end of a paragraph, else of a
    line, else of a word, where there is one in its second half."""
    if len(text) <= limit:
        return text
    for sign in ("\n\n", "\n", " "):
        cut = text.rfind(sign, limit // 2, limit)
        if cut > 0:
            return text[:cut]
    return text[:limit]


def _add(found: list[Piece], piece: Piece) -> None:
    """Adds a piece; two under the same marks are one."""
    if found and found[-1].names == piece.names:
        last = found.pop()
        piece = Piece(last.start, piece.end, last.text + piece.text, piece.names)
    found.append(piece)


def _with_ends(found: Sequence[Piece]) -> tuple[Piece, ...]:
    seen: set[str] = set()
    out: list[Piece] = []
    for piece in reversed(found):
        ends = tuple(name for name in piece.names if name not in seen)
        seen.update(ends)
        out.append(replace(piece, ends=ends))
    return tuple(reversed(out))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = len(text) - len(text.lstrip())
    for blank in _PARTED.finditer(text, start):
        if start < blank.start():
            yield start, blank.start()
        start = blank.end()
    end = len(text.rstrip())
    if start < end:
        yield start, end
