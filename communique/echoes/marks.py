"""Marks: the few hashes of a wording by which any passage it shares with another is found.

Winnowing (S. Schleimer, D. Wilkerson, A. Aiken: Winnowing: Local Algorithms for Document
Fingerprinting, SIGMOD 2003): of every WINDOW grams in a row the smallest hash is kept. Two wordings
that share a passage share its grams, so they keep the same ones of them, wherever it stands.

A word weighs 3 and a character of a script without blanks 2; a gram is the shortest run from a
token on that weighs 15 (5 words, 8 characters), an echo weighs 24 (8 words, 12 characters, or a
mixture). Without its last gram, at most 17, an echo still has 7, which is 3 tokens: so it holds at
least WINDOW grams, and at least one mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from communique.text import Tokens
from communique.text.classes import is_by_character

WORD, CHARACTER = 3, 2
GRAM = 15
ECHO = 24
WINDOW = 4
OFTEN = -1  # where a mark stands that stands more than once

Hashes: TypeAlias = NDArray[np.int64]
Counts: TypeAlias = NDArray[np.int64]

# Any odd number: odd ones have an inverse modulo 2 ** 64.
_BASE = 0x9E37_79B9_7F4A_7C15
_INVERSE = pow(_BASE, -1, 2**64)


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """A text as echoes see it. codes: a hash of each token. weights: of all tokens before the n-th,
    one longer than codes. grams: a hash of the gram that begins at each token, as far as one fits.
    sorted_grams, first_at: the distinct grams, sorted, and the token at which each stands first.
    starts, ends: the tokens' offsets in the text."""

    codes: Hashes
    weights: Counts
    grams: Hashes
    sorted_grams: Hashes
    first_at: Counts
    starts: list[int]
    ends: list[int]

    def weight(self, start: int, end: int) -> int:
        """What the tokens [start, end) weigh."""
        return int(self.weights[end] - self.weights[start])


def wording_of(tokens: Tokens) -> Wording:
    """A text's hashes. The same on any machine, in any process: blake2b of the terms."""
    codes = np.fromiter(map(code_of, tokens.terms), np.uint64, len(tokens))
    weights = np.zeros(len(codes) + 1, np.int64)
    np.cumsum(WORD - (codes & np.uint64(1)).astype(np.int64), out=weights[1:])
    grams = _grams(codes, weights)
    distinct, first_at = np.unique(grams, return_index=True)
    return Wording(
        codes.view(np.int64), weights, grams, distinct, first_at, tokens.starts, tokens.ends
    )


def marks_of(wording: Wording) -> Hashes:
    """The marks of a wording, each once, in ascending order; none where no echo fits."""
    grams = wording.grams
    windows = len(grams) - WINDOW + 1
    if windows < 1:
        return grams[:0]
    least = grams[:windows]
    for shift in range(1, WINDOW):
        least = np.minimum(least, grams[shift : shift + windows])
    return np.unique(least)


def marked(wording: Wording) -> dict[int, int]:
    """The marks of a wording, in ascending order, each with the character where it begins; OFTEN
    where it stands more than once."""
    marks = marks_of(wording)
    if not len(marks):
        return {}
    at = np.searchsorted(wording.sorted_grams, marks)
    starts = np.array(wording.starts, np.int64)[wording.first_at[at]]
    lone = np.bincount(np.searchsorted(wording.sorted_grams, wording.grams))[at] == 1
    return dict(zip(marks.tolist(), np.where(lone, starts, OFTEN).tolist(), strict=True))


def _grams(codes: NDArray[np.uint64], weights: Counts) -> Hashes:
    """Of each gram the polynomial of its tokens (Karp and Rabin), mixed, so that the smallest is
    as good as drawn by lot."""
    last = int(np.searchsorted(weights, weights[-1] - GRAM, side="right"))
    ends = np.searchsorted(weights, weights[:last] + GRAM, side="left")
    powers, inverses = _powers(max(1, len(codes)).bit_length())
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * powers[: len(codes)], out=sums[1:])
    mixed = (sums[ends] - sums[:last]) * inverses[:last]
    # The finalizer of splitmix64 (Steele, Lea, Flood 2014).
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58_476D_1CE4_E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D0_49BB_1331_11EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed.view(np.int64)


@lru_cache(maxsize=4)
def _powers(bits: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The first 2 ** bits powers of the base and of its inverse, modulo 2 ** 64."""
    made = []
    for base in (_BASE, _INVERSE):
        factors = np.full(2**bits, base, np.uint64)
        factors[0] = 1
        made.append(np.cumprod(factors, dtype=np.uint64))
    return made[0], made[1]


@lru_cache(maxsize=200_000)
def code_of(term: str) -> int:
    """64 bits of a term's hash; the lowest says whether it is a single character."""
    code = int.from_bytes(blake2b(term.encode("utf-8", "replace"), digest_size=8).digest(), "big")
    return code & ~1 | is_by_character(term[0])
