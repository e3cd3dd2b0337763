"""Passages: the longest runs of tokens that stand in two wordings alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from communique.echoes.marks import ECHO, GRAM, Counts, Hashes, Wording


class Passage(NamedTuple):
    """The tokens [start, end) of one wording, which are [other_start, other_end) of another."""

    start: int
    end: int
    other_start: int
    other_end: int

    def turned(self) -> Passage:
        """The same passage, seen from the other wording."""
        return Passage(self.other_start, self.other_end, self.start, self.end)


def shared_passages(one: Wording, other: Wording) -> list[Passage]:
    """The maximal passages long enough for an echo that two wordings share, in their order in
    `one`. What a wording says twice counts where it first stands. Linear in the lengths."""
    at, other_at = _common(one, other)
    found: set[Passage] = set()
    for start, end, other_start in _runs(one, other, at, other_at):
        if found and any(_within(start, other_start, one_found) for one_found in found):
            continue
        length = end - start
        back = _alike(one.codes[:start][::-1], other.codes[:other_start][::-1])
        on = _alike(one.codes[start + length :], other.codes[other_start + length :])
        start, other_start, length = start - back, other_start - back, back + length + on
        if one.weight(start, start + length) >= ECHO:
            found.add(Passage(start, start + length, other_start, other_start + length))
    return outermost(found)


def outermost(passages: Iterable[Passage]) -> list[Passage]:
    """Those that lie in no longer one, as seen from the first wording."""
    kept: list[Passage] = []
    reach = -1
    for passage in sorted(passages, key=lambda each: (each.start, -each.end, each.other_start)):
        if passage.end > reach:
            kept.append(passage)
            reach = passage.end
    return kept


def _common(one: Wording, other: Wording) -> tuple[Counts, Counts]:
    """Where each gram that both have stands first, in the one and in the other; by diagonal."""
    places = np.searchsorted(one.sorted_grams, other.sorted_grams)
    places[places == len(one.sorted_grams)] = 0
    if not len(one.sorted_grams):
        return places[:0], places[:0]
    alike = one.sorted_grams[places] == other.sorted_grams
    at, other_at = one.first_at[places[alike]], other.first_at[alike]
    order = np.lexsort((at, at - other_at))
    return at[order], other_at[order]


def _runs(one: Wording, other: Wording, at: Counts, other_at: Counts) -> list[tuple[int, int, int]]:
    """Tokens [start, end) of one, and where they start in the other, of grams that follow one
    another in both; the longest first. Not those that are too light and go no further: all but a
    few."""
    if not len(at):
        return []
    parted = np.flatnonzero((np.diff(at) != 1) | (np.diff(other_at) != 1)) + 1
    lows = np.concatenate(([0], parted))
    highs = np.concatenate((parted, [len(at)])) - 1
    starts, other_starts = at[lows], other_at[lows]
    ends = np.searchsorted(one.weights, one.weights[at[highs]] + GRAM)
    other_ends = other_starts + ends - starts
    heavy = one.weights[ends] - one.weights[starts] >= ECHO
    # Before the first token and after the last there is nothing alike.
    codes, other_codes = np.append(one.codes, 0), np.append(other.codes, 1)
    on = codes[ends] == other_codes[other_ends]
    back = codes[starts - 1] == other_codes[other_starts - 1]
    kept = np.flatnonzero(heavy | on | back)
    order = kept[np.argsort((starts - ends)[kept], kind="stable")]
    columns = (starts[order].tolist(), ends[order].tolist(), other_starts[order].tolist())
    return list(zip(*columns, strict=True))


def _within(start: int, other_start: int, found: Passage) -> bool:
    shift = found.start - found.other_start
    return found.start <= start < found.end and start - other_start == shift


def _alike(one: Hashes, other: Hashes) -> int:
    """How many tokens from the beginning on are the same."""
    length = min(len(one), len(other))
    step = 64
    for low in range(0, length, step):
        high = min(low + step, length)
        differs = np.flatnonzero(one[low:high] != other[low:high])
        if len(differs):
            return low + int(differs[0])
    return length
