"""Two sequences aligned in bounded time, however often they repeat themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from itertools import accumulate

Opcode = tuple[str, int, int, int, int]
# Pairs of equal elements that difflib may look at: about a quarter of a second in all.
MOST_STEPS = 2_000_000


class TooLong(Exception):
    """Aligning would take too long. outline: opcodes that keep only the common head and tail."""

    def __init__(self, outline: list[Opcode]) -> None:
        self.outline = outline
        super().__init__(
            "the sequences are too long, or repeat themselves too often, to be aligned"
        )


@dataclass(slots=True)
class Work:
    """The steps that are left, for all the alignments of one mail together."""

    left: int = MOST_STEPS


class _Spent(Exception):
    """No step is left."""


def aligned(old: Sequence[str], new: Sequence[str], most: int, work: Work) -> list[Opcode]:
    """difflib's opcodes (Ratcliff and Obershelp) between what both begin and end with.

    Blanks (" ") are aligned with the words around them only. Raises TooLong where more than `most`
    elements of either remain between head and tail, or where `work` does not last: difflib is
    cubic on repetition, which its own heuristic only avoids by misaligning ordinary text.
    """
    head, tail = _common_ends(old, new)
    i, j = len(old) - tail, len(new) - tail
    opcodes: list[Opcode] = [("equal", 0, head, 0, head)] if head else []
    ending: list[Opcode] = [("equal", i, len(old), j, len(new))] if tail else []
    if head == i and head == j:
        return [*opcodes, *ending]
    plain = [*opcodes, ("replace", head, i, head, j), *ending]
    if head in (i, j):
        return plain
    if max(i, j) - head > most:
        raise TooLong(plain)
    try:
        middle = _Counting(old[head:i], new[head:j], work).get_opcodes()
    except _Spent as error:
        raise TooLong(plain) from error
    opcodes += [(tag, i1 + head, i2 + head, j1 + head, j2 + head) for tag, i1, i2, j1, j2 in middle]
    return [*opcodes, *ending]


def _common_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    return head, tail


class _Counting(SequenceMatcher[str]):
    """Counts what each search costs before it is made, and stops where too little is left."""

    def __init__(self, old: Sequence[str], new: Sequence[str], work: Work) -> None:
        super().__init__(lambda element: element == " ", old, new, autojunk=False)
        self._work = work
        times = Counter(element for element in new if element != " ")
        self._costs = [0, *accumulate(1 + times[element] for element in old)]

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        self._work.left -= self._costs[-1 if ahi is None else ahi] - self._costs[alo]
        if self._work.left < 0:
            raise _Spent
        return super().find_longest_match(alo, ahi, blo, bhi)
