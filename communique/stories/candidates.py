"""Which known wordings may be near-duplicates of new ones: one look-up for a whole batch.

Its cost is that of the hashes looked up, whatever the store holds: of the wordings under one hash
only the oldest few are read, and of a wording's candidates only the most promising are compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import nlargest
from typing import NamedTuple

from sqlalchemy import Connection

from communique.stories.prints import Store
from communique.stories.shingles import MOST_TERMS, Shape, shape_of
from communique.stories.signatures import ONE_IN, Prints
from communique.text import tokenize_columns

# A hash that more wordings share says little; the oldest of them lead their stories.
MOST_PER_HASH = 24
MOST_COMPARED, MOST_PER_STORY = 12, 3
# Of the marks that a text held whole would share, at least this part is shared.
LEAST_SHARED = 0.2
MOST_CHARACTERS = 10 * MOST_TERMS
SHAPES_KEPT = 50


class Standing(NamedTuple):
    """A known wording, how many shingles it has, and where its statement stands."""

    revision_id: int
    statement_id: int
    story_id: int
    shingles: int


@dataclass(slots=True)
class Known:
    """The wordings that share a hash with a batch: those of the store, and those of the batch as
    it goes. holders: of each hash, oldest first."""

    holders: dict[int, list[int]]
    standing: dict[int, Standing]
    texts: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    own: dict[int, Shape] = field(default_factory=dict)
    kept: dict[int, Shape] = field(default_factory=dict)

    def add(self, standing: Standing, shape: Shape, prints: Prints) -> None:
        """Makes a wording of the batch a candidate for those that follow."""
        self.standing[standing.revision_id] = standing
        self.own[standing.revision_id] = shape
        for hashed in prints.hashes:
            holders = self.holders.setdefault(hashed, [])
            if len(holders) < MOST_PER_HASH:
                holders.append(standing.revision_id)

    def candidates(self, of: Standing, prints: Prints) -> list[Standing]:
        """The wordings of other statements that share most with this one: a few of each story."""
        bands = Counter(one for hashed in prints.bands for one in self.holders.get(hashed, ()))
        marks = Counter(one for hashed in prints.marks for one in self.holders.get(hashed, ()))
        shared = bands + marks
        taken: Counter[int] = Counter()
        out: list[Standing] = []
        for revision in nlargest(len(shared), shared, key=lambda one: (shared[one], -one)):
            found = self.standing.get(revision)
            if found is None or found.statement_id == of.statement_id:
                continue
            held_whole = min(found.shingles, of.shingles) / ONE_IN
            if not bands[revision] and marks[revision] < LEAST_SHARED * held_whole:
                continue
            if taken[found.story_id] < MOST_PER_STORY:
                taken[found.story_id] += 1
                out.append(found)
            if len(out) == MOST_COMPARED:
                break
        return out

    def shape(self, revision: int) -> Shape | None:
        """The shape of a candidate whose text was read; None: it is gone. A few are kept, since
        the reposts of a day have the same candidates."""
        if (own := self.own.get(revision)) is not None:
            return own
        if revision not in self.kept and revision in self.texts:
            if len(self.kept) >= SHAPES_KEPT:
                self.kept.pop(next(iter(self.kept)))
            self.kept[revision] = shape_of_text(*self.texts[revision])
        return self.kept.get(revision)


def look_up(connection: Connection, store: Store, batch: Iterable[Prints]) -> Known:
    """What the store holds under the hashes of a batch: two queries."""
    hashes = {hashed for prints in batch for hashed in prints.hashes}
    holders = store.holders(connection, hashes, MOST_PER_HASH)
    known = {holder for each in holders.values() for holder in each}
    rows = store.standing(connection, known)
    return Known(holders, {row.revision_id: Standing(**row._mapping) for row in rows})


def read_texts(connection: Connection, store: Store, known: Known, wanted: Iterable[int]) -> None:
    """Reads the texts of these wordings, unless they are the batch's own: one query."""
    known.texts = store.texts(connection, set(wanted) - known.own.keys(), MOST_CHARACTERS)


def shape_of_text(title: str, text: str) -> Shape:
    """The shape of a text that nobody has tokenised yet."""
    return shape_of(tokenize_columns(title).terms, text, tokenize_columns(text))
