"""Fingerprints of a wording: what finds its near-duplicates among millions, in a few look-ups.

Bands: 32 of 4 rows of a MinHash signature (Broder 1997; banding after Leskovec, Rajaraman and
Ullman, "Mining of Massive Datasets", ch. 3). Two texts that share 70 % of their shingles share a
band in 999 of 1000 cases, those that share 40 % only in 56 of 100, and a remark shares none with
the long press conference that holds it. So there are marks beside them: hashes of runs of 8 words
or 12 characters, chosen by what stands at their beginning (a sixteenth of all places, in the manner
of FracMinHash, Irber et al. 2022), so that two texts with a passage in common choose the same
places in it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nsmallest

from rensa import RMinHash

from communique.stories.shingles import Shape, run_at

# Of everything below and of the shingles: raise it with any change, then `communique stories
# rebuild`. A test holds a signature of this version fast.
VERSION = 1

ROWS, BANDS = 4, 32
SEED = 20_200_805
MARK_WORDS, MARK_CHARACTERS = 8, 12
ONE_IN = 16
FEWEST_MARKS, MOST_MARKS = 8, 1_000

_BAND = struct.Struct(f"<HB{ROWS}I")
_SIGNATURE = struct.Struct(f"<{BANDS * ROWS}I")


@dataclass(frozen=True, slots=True)
class Prints:
    """signature: 128 numbers of 32 bits, little endian. bands, marks: signed 64 bits, distinct,
    of this VERSION; none for a text without shingles."""

    signature: bytes
    bands: tuple[int, ...]
    marks: tuple[int, ...]

    @property
    def hashes(self) -> tuple[int, ...]:
        """Under which the wording is found."""
        return self.bands + self.marks


def prints_of(shape: Shape) -> Prints:
    """The fingerprints of a text; equal on every machine."""
    sketch = RMinHash(num_perm=BANDS * ROWS, seed=SEED)
    if not shape.at:
        return Prints(_SIGNATURE.pack(*sketch.digest()), (), ())
    sketch.update(list(shape.at))
    digest = sketch.digest()
    bands = (
        _hash(_BAND.pack(VERSION, band, *digest[band * ROWS : (band + 1) * ROWS]))
        for band in range(BANDS)
    )
    return Prints(_SIGNATURE.pack(*digest), tuple(bands), _marks(shape))


def _marks(shape: Shape) -> tuple[int, ...]:
    (hashed,) = RMinHash.hash_token_sets([list(shape.at)])
    chosen = [place for place, value in enumerate(hashed) if value < 2**64 // ONE_IN]
    runs = _runs(shape, chosen)
    if len(runs) < FEWEST_MARKS:
        # Of a text so short nearly all places have to be looked at.
        by_hash = sorted(range(len(hashed)), key=hashed.__getitem__)
        runs = _runs(shape, by_hash[: 4 * FEWEST_MARKS])[:FEWEST_MARKS]
    elif len(runs) > MOST_MARKS:
        runs = _runs(shape, nsmallest(MOST_MARKS, chosen, key=hashed.__getitem__))
    return tuple({_mark(run): None for run in runs})


def _runs(shape: Shape, places: Sequence[int]) -> list[str]:
    runs = (run_at(shape.terms, place, MARK_WORDS, MARK_CHARACTERS) for place in places)
    return [run for run in runs if run]


def _mark(run: str) -> int:
    return _hash(struct.pack("<HB", VERSION, BANDS) + run.encode("utf-8", "surrogatepass"))


def _hash(packed: bytes) -> int:
    return int.from_bytes(blake2b(packed, digest_size=8).digest(), "little", signed=True)
