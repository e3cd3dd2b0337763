"""Two sequences aligned in bounded time and memory, however long and however often they repeat
themselves."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rapidfuzz.distance import LCSseq

# Pairs of elements that one exact alignment may look at: it keeps a bit for each, so 25 MB.
MOST_PAIRS = 200_000_000
# For all the exact alignments of two sequences together: half a second.
MOST_WORK = 2_000_000_000


class Opcode(NamedTuple):
    """old[i1:i2] became new[j1:j2]. coarse: they may have something in common, but to look for it
    would have taken too long."""

    tag: Literal["equal", "replace", "coarse"]
    i1: int
    i2: int
    j1: int
    j2: int


@dataclass(slots=True)
class _Work:
    left: int = MOST_WORK


def aligned(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """What both have in common, in order, and what stands between: neighbours differ in tag.

    A longest common subsequence (Hyyrö's bit-parallel algorithm, by rapidfuzz). What is too long
    for that is first parted at the elements that occur once in either and in the same order in
    both (Cohen's patience diff), which is n log n.
    """
    ids: dict[str, int] = {}
    a, b = ([ids.setdefault(each, len(ids)) for each in side] for side in (old, new))
    work, out = _Work(), list[Opcode]()
    for i1, i2, j1, j2, whole in _parted(a, b, (0, len(a), 0, len(b)), divide=True):
        if whole:
            _append(out, Opcode("equal", i1, i2, j1, j2))
            continue
        for opcode in _exact(a, b, i1, i2, j1, j2, work):
            _append(out, opcode)
    return out


def _append(out: list[Opcode], one: Opcode) -> None:
    if one.i1 == one.i2 and one.j1 == one.j2:
        return
    last = out[-1] if out else None
    if last is not None and (last.tag == one.tag == "equal" or "equal" not in (last.tag, one.tag)):
        tag = "coarse" if "coarse" in (last.tag, one.tag) else last.tag
        out[-1] = Opcode(tag, last.i1, one.i2, last.j1, one.j2)
    else:
        out.append(one)


_Box = tuple[int, int, int, int]


def _parted(
    a: Sequence[int], b: Sequence[int], box: _Box, *, divide: bool
) -> Iterator[tuple[int, int, int, int, bool]]:
    """The box in pieces, each with whether it is equal: the common head and tail, and in between
    what is small enough, or cannot be parted any more."""
    i1, i2, j1, j2 = box
    head, tail = _common_ends(a, b, box)
    yield i1, i1 + head, j1, j1 + head, True
    inner = i1 + head, i2 - tail, j1 + head, j2 - tail
    if divide and _pairs(inner) > MOST_PAIRS:
        at_i, at_j = inner[0], inner[2]
        for i, j in _anchors(a, b, inner):
            yield from _parted(a, b, (at_i, i, at_j, j), divide=False)
            yield i, i + 1, j, j + 1, True
            at_i, at_j = i + 1, j + 1
        yield from _parted(a, b, (at_i, inner[1], at_j, inner[3]), divide=False)
    else:
        yield (*inner, False)
    yield i2 - tail, i2, j2 - tail, j2, True


def _pairs(box: _Box) -> int:
    return (box[1] - box[0]) * (box[3] - box[2])


def _exact(
    a: Sequence[int], b: Sequence[int], i1: int, i2: int, j1: int, j2: int, work: _Work
) -> Iterator[Opcode]:
    pairs = (i2 - i1) * (j2 - j1)
    if not pairs:
        yield Opcode("replace", i1, i2, j1, j2)
        return
    work.left -= pairs
    if pairs > MOST_PAIRS or work.left < 0:
        yield Opcode("coarse", i1, i2, j1, j2)
        return
    for op in LCSseq.opcodes(a[i1:i2], b[j1:j2]):
        ends = i1 + op.src_start, i1 + op.src_end, j1 + op.dest_start, j1 + op.dest_end
        yield Opcode("equal" if op.tag == "equal" else "replace", *ends)


def _common_ends(a: Sequence[int], b: Sequence[int], box: _Box) -> tuple[int, int]:
    i1, i2, j1, j2 = box
    shorter = min(i2 - i1, j2 - j1)
    head = next((n for n in range(shorter) if a[i1 + n] != b[j1 + n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if a[i2 - 1 - n] != b[j2 - 1 - n]), rest)
    return head, tail


def _anchors(a: Sequence[int], b: Sequence[int], box: _Box) -> list[tuple[int, int]]:
    """Places of elements that occur once in either: the longest run of them that rises in both
    (patience sorting)."""
    i1, i2, j1, j2 = box
    once_a, once_b = Counter(a[i1:i2]), Counter(b[j1:j2])
    places = {b[j]: j for j in range(j1, j2) if once_b[b[j]] == 1}
    tops: list[int] = []
    ends: list[tuple[int, int, int]] = []  # place in a, place in b, number of the one before
    last: list[int] = []
    for i in range(i1, i2):
        if once_a[a[i]] != 1 or (j := places.get(a[i])) is None:
            continue
        pile = bisect_left(tops, j)
        tops[pile : pile + 1] = [j]
        last[pile : pile + 1] = [len(ends)]
        ends.append((i, j, last[pile - 1] if pile else -1))
    found: list[tuple[int, int]] = []
    at = last[-1] if last else -1
    while at >= 0:
        i, j, at = ends[at]
        found.append((i, j))
    return found[::-1]
