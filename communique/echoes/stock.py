"""Stock: words that statements share without anybody echoing anybody.

Furniture of a source's pages and phrases that stand everywhere are learned (see `learning`) and
known by their marks. Names and titles need no learning: "the Special Representative of the
Secretary-General of the United Nations" is long, the same everywhere, and nobody's formulation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, text

from communique.echoes.marks import ECHO, GRAM, Wording
from communique.echoes.passages import Passage
from communique.echoes.users import as_array

# So many words in small letters, so long, make a passage more than a name.
PLAIN_WORDS = 2
PLAIN_LETTERS = 4

EVERYWHERE = ""


@dataclass(frozen=True, slots=True, order=True)
class StockMark:
    """A mark that is stock: of one source's pages, or EVERYWHERE. users: how many statements had
    it when it was learned."""

    hash: int
    source_id: str
    users: int


class Stock:
    """The marks that are stock, and whose."""

    def __init__(self, marks: Iterable[StockMark] = ()) -> None:
        self._marks: dict[str, set[int]] = {}
        self.add(marks)

    def add(self, marks: Iterable[StockMark]) -> None:
        """Takes in what was learned."""
        for mark in marks:
            self._marks.setdefault(mark.source_id, set()).add(mark.hash)

    def of(self, *sources: str) -> set[int]:
        """The marks that say nothing where they stand on these sources' pages."""
        return set[int]().union(*(self._marks.get(one, ()) for one in (EVERYWHERE, *sources)))

    def leaves(self, wording: Wording, passage: Passage, sources: Collection[str]) -> bool:
        """Whether enough of a passage for an echo is no stock of these sources."""
        marks = self.of(*sources)
        if not marks:
            return True
        grams = wording.grams[passage.start : passage.end]
        begins = np.flatnonzero(np.isin(grams, np.fromiter(marks, np.int64, len(marks))))
        left, reached = 0, passage.start
        for begin in (begins + passage.start).tolist():
            left += wording.weight(reached, max(reached, begin))
            target = wording.weights[begin] + GRAM
            reached = max(reached, int(np.searchsorted(wording.weights, target)))
        left += wording.weight(min(reached, passage.end), passage.end)
        return left >= ECHO


def stock_among(connection: Connection, marks: Collection[int]) -> Stock:
    """Which of these marks are stock, of any source."""
    found = connection.execute(_AMONG, {"hashes": as_array(marks)})
    return Stock(StockMark(row.hash, row.source_id, row.users) for row in found)


def store_stock(connection: Connection, marks: Collection[StockMark], now: datetime) -> None:
    """Remembers what was learned."""
    if marks:
        values = [
            {"hash": m.hash, "source_id": m.source_id, "users": m.users, "now": now} for m in marks
        ]
        connection.execute(_LEARNED, values)


def is_names(original: str, wording: Wording, passage: Passage) -> bool:
    """Whether a passage consists of names, titles, dates and small words between them.

    Told by capital letters; a passage all in capitals, or in a script without them, is no name.
    """
    piece = original[wording.starts[passage.start] : wording.ends[passage.end - 1]]
    if piece.isupper() or not any(map(str.isupper, piece)):
        return False
    plain = 0
    for start, end in zip(
        wording.starts[passage.start : passage.end],
        wording.ends[passage.start : passage.end],
        strict=True,
    ):
        word = original[start:end]
        if not (word[0].islower() or word[0].isupper() or word[0].isdigit()):
            return False
        plain += word[0].islower() and len(word) >= PLAIN_LETTERS
        if plain >= PLAIN_WORDS:
            return False
    return True


_AMONG = text("""
    SELECT hash, source_id, users FROM communique.stock_phrases
    WHERE hash IN (SELECT unnest(CAST(:hashes AS bigint[])))
""")
_LEARNED = text("""
    INSERT INTO communique.stock_phrases (hash, source_id, users, learned_at)
    VALUES (:hash, :source_id, :users, :now) ON CONFLICT DO NOTHING
""")
