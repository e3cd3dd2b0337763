"""Seeds: whether a passage stands around a mark that two wordings share.

Most wordings that share a mark share five words and nothing more. Around a mark an echo has at
least its weight in alike tokens, so a few words of the other text tell; only a text that passes is
tokenised whole. Nothing is lost: an echo holds a mark of both, and where a mark stands more than
once, or the few words do not tell, the text passes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from communique.echoes.marks import ECHO, GRAM, OFTEN, Wording, code_of
from communique.text import tokenize_columns

# What is read of the other text is as long as the same words are in one's own, and so much longer
# on either side: blanks, hyphens and quotation marks differ.
SLACK = 24


class Seed(NamedTuple):
    """At which character a mark that two texts share begins in each."""

    start: int
    other_start: int


class Searched:
    """A wording of which seeds are looked at."""

    def __init__(self, wording: Wording) -> None:
        self._starts, self._ends = wording.starts, wording.ends
        self._codes: list[int] = wording.codes.view(np.uint64).tolist()
        self._weights: list[int] = wording.weights.tolist()

    def may_share(self, other: Searched | str, seeds: Iterable[Seed]) -> bool:
        """Whether a passage as heavy as an echo may stand around one of the seeds in another
        wording, or in another text that is not tokenised."""
        return any(self._may_share(other, seed) for seed in seeds)

    def _may_share(self, other: Searched | str, seed: Seed) -> bool:
        if OFTEN in (seed.start, seed.other_start):
            return True
        at = bisect_left(self._starts, seed.start)
        low, high = self._reach(at)
        window = self._window(other, seed, low, high)
        if seed.other_start not in window.starts:
            return True
        other_at = window.starts.index(seed.other_start)
        back = _alike(self._codes[low:at][::-1], window.codes[:other_at][::-1])
        on = _alike(self._codes[at:high], window.codes[other_at:])
        if self._weights[at + on] - self._weights[at] < GRAM:
            return True
        # What the window cuts through may be another word.
        if window.begins_cut and back < at - low and back >= other_at - 1:
            return True
        if window.ends_cut and on < high - at and other_at + on >= len(window.codes) - 1:
            return True
        return self._weights[at + on] - self._weights[at - back] >= ECHO

    def _reach(self, at: int) -> tuple[int, int]:
        """The tokens around the gram at a token that may be needed to make it an echo."""
        weights = self._weights
        end = bisect_left(weights, weights[at] + GRAM)
        low = max(0, bisect_right(weights, weights[at] - ECHO + GRAM) - 1)
        high = min(len(self._codes), bisect_left(weights, weights[end] + ECHO - GRAM))
        return low, high

    def _window(self, other: Searched | str, seed: Seed, low: int, high: int) -> _Window:
        """The other's tokens around a seed, where one's own are [low, high)."""
        if isinstance(other, Searched):
            at = bisect_left(other._starts, seed.other_start)
            place = slice(max(0, at - high + low), at + high - low)
            return _Window(other._starts[place], other._codes[place], False, False)
        before, after = seed.start - self._starts[low], self._ends[high - 1] - seed.start
        begin = max(0, seed.other_start - before - SLACK)
        end = seed.other_start + after + SLACK
        tokens = tokenize_columns(other[begin:end])
        starts = [begin + start for start in tokens.starts]
        return _Window(starts, list(map(code_of, tokens.terms)), begin > 0, end < len(other))


class _Window(NamedTuple):
    """Tokens: where each begins in its text, and its hash. begins_cut, ends_cut: whether the first
    and the last may be a part of a token only."""

    starts: Sequence[int]
    codes: Sequence[int]
    begins_cut: bool
    ends_cut: bool


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """How many of the first are the same."""
    for number, (mine, its) in enumerate(zip(one, other, strict=False)):
        if mine != its:
            return number
    return min(len(one), len(other))
