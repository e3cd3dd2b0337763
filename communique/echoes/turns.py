"""Turns: in a transcript one speaks after the other, and no formulation reaches across."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from communique.echoes.marks import ECHO, Wording
from communique.echoes.passages import Passage

# "Q:", "问：", "MS PORTER:", "Foreign Ministry Spokesperson:" at the beginning of a line.
_LABEL = re.compile(r"^[^\S\n]*\w[^\n:：.,;?!。，；？！]{0,40}[:：](?!//)", re.MULTILINE)


def labels_of(original: str, wording: Wording) -> list[tuple[int, int]]:
    """The tokens [start, end) that say who speaks next, in their order."""
    return [
        (bisect_left(wording.starts, label.start()), bisect_left(wording.starts, label.end()))
        for label in _LABEL.finditer(original)
    ]


def within_turns(
    passages: Iterable[Passage], wording: Wording, labels: Sequence[tuple[int, int]]
) -> list[Passage]:
    """The passages cut where somebody else begins to speak, without the speaker's label; what is
    then too short for an echo is left out. "Any comment on that? Answer: We have noted" is how a
    ministry writes down its press conferences, and nobody's words."""
    return [
        piece
        for passage in passages
        for piece in _pieces(passage, labels)
        if wording.weight(piece.start, piece.end) >= ECHO
    ]


def _pieces(passage: Passage, labels: Sequence[tuple[int, int]]) -> list[Passage]:
    shift = passage.other_start - passage.start
    pieces, start = [], passage.start
    first = bisect_left(labels, passage.start, key=_end)
    for low, high in labels[first:]:
        if low >= passage.end:
            break
        pieces.append((start, max(start, low)))
        start = max(start, min(high, passage.end))
    pieces.append((start, passage.end))
    return [Passage(low, high, low + shift, high + shift) for low, high in pieces if low < high]


def _end(label: tuple[int, int]) -> int:
    return label[1]
