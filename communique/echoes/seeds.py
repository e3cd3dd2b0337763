"""Seeds: whether a passage stands around a mark that two wordings share.

Most wordings that share a mark share five words and nothing more. Around a mark an echo has at
least its weight in alike tokens, so a few words of the other text tell; only a text that passes is
tokenised whole. Nothing is lost: an echo holds a mark of both, and where a mark stands more than
once, or the few words do not tell, the text passes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from communique.echoes.marks import ECHO, GRAM, OFTEN, Wording, code_of
from communique.text import tokenize_columns

# What is read of the other text is as long as the same words are in one's own, and so much longer
# on either side: blanks, hyphens and quotation marks differ.
SLACK = 24


@dataclass(frozen=True, slots=True)
class Seed:
    """At which character a mark that two texts share begins in each."""

    start: int
    other_start: int


class Searched:
    """A wording of which seeds are looked at."""

    def __init__(self, wording: Wording) -> None:
        self._starts, self._ends = wording.starts, wording.ends
        self._codes: list[int] = wording.codes.view(np.uint64).tolist()
        self._weights: list[int] = wording.weights.tolist()

    def may_share(self, other: str, seeds: Iterable[Seed]) -> bool:
        """Whether another text may share a passage as heavy as an echo around one of the seeds."""
        return any(self._may_share(other, seed) for seed in seeds)

    def _may_share(self, other: str, seed: Seed) -> bool:
        if OFTEN in (seed.start, seed.other_start):
            return True
        at = bisect_left(self._starts, seed.start)
        low, high = self._reach(at)
        before = seed.start - self._starts[low]
        begin = max(0, seed.other_start - before - SLACK)
        end = seed.other_start + self._ends[high - 1] - seed.start + SLACK
        window = tokenize_columns(other[begin:end])
        if seed.other_start - begin not in window.starts:
            return True
        other_at = window.starts.index(seed.other_start - begin)
        codes = list(map(code_of, window.terms))
        back = _alike(self._codes[low:at][::-1], codes[:other_at][::-1])
        on = _alike(self._codes[at:high], codes[other_at:])
        if self._weights[at + on] - self._weights[at] < GRAM:
            return True
        # What the window cuts through may be another word.
        if begin and back < at - low and back >= other_at - 1:
            return True
        if end < len(other) and on < high - at and other_at + on >= len(codes) - 1:
            return True
        return self._weights[at + on] - self._weights[at - back] >= ECHO

    def _reach(self, at: int) -> tuple[int, int]:
        """The tokens around the gram at a token that may be needed to make it an echo."""
        weights = self._weights
        end = bisect_left(weights, weights[at] + GRAM)
        low = max(0, bisect_right(weights, weights[at] - ECHO + GRAM) - 1)
        high = min(len(self._codes), bisect_left(weights, weights[end] + ECHO - GRAM))
        return low, high


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """How many of the first are the same."""
    for number, (mine, its) in enumerate(zip(one, other, strict=False)):
        if mine != its:
            return number
    return min(len(one), len(other))
