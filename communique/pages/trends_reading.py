"""The statements that the index cannot decide, read and shown to the rules' matcher until time is
up."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from communique.pages.trends_selections import Selection
from communique.pages.trends_verdicts import Asked, Verdicts
from communique.search.candidates import TooLong, bounded
from communique.search.reading import matcher_of, read_matching
from communique.search.values import Place

BATCH = 50  # statements read at once
MOST = 4_000  # places that one look brings, beside those that are known: more than can be read


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A statement that has to be read. steady: it never had another wording."""

    place: Place
    source: str
    steady: bool


class Reader:
    """Tries a query on statements; remembers what it found in `verdicts`."""

    def __init__(self, connection: Connection, query: str, verdicts: Verdicts) -> None:
        self._connection, self._verdicts = connection, verdicts
        self._matcher = matcher_of(query)
        self._asked: Asked
        self._asked, self._known = verdicts.of(connection, query)
        self._new: dict[int, bool] = {}
        self.read = 0

    @property
    def most(self) -> int:
        """How many places it can use: those that it knows, and more than there is time for."""
        return MOST + len(self._known)

    def matching(self, doubtful: Sequence[Doubtful], deadline: float) -> tuple[list[Place], int]:
        """Which of these match, and how many of them were decided, from the first on. deadline: of
        `time.monotonic`."""
        found: list[Place] = []
        for at in range(0, len(doubtful), BATCH):
            batch = doubtful[at : at + BATCH]
            unknown = [one.place for one in batch if self._verdict(one) is None]
            try:
                held = self._read(unknown, deadline) if unknown else set[int]()
            except TooLong:
                return found, at
            for one in batch:
                number, verdict = one.place.statement_id, self._verdict(one)
                matches = number in held if verdict is None else verdict
                if matches:
                    found.append(one.place)
                if one.steady and verdict is None:
                    self._known[number] = self._new[number] = matches
        return found, len(doubtful)

    def _verdict(self, one: Doubtful) -> bool | None:
        return self._known.get(one.place.statement_id) if one.steady else None

    def keep(self) -> None:
        """What was found out is known to whoever asks next."""
        self._verdicts.keep(self._asked, self._new)

    def _read(self, places: Sequence[Place], deadline: float) -> set[int]:
        if time.monotonic() >= deadline:
            raise TooLong
        with bounded(self._connection, deadline):
            held = {found.id for found in read_matching(self._connection, places, self._matcher)}
        self.read += len(places)
        return held


def doubtful_in(
    connection: Connection,
    selections: Iterable[Selection],
    since: date,
    until: date,
    deadline: float,
    *,
    most: int,
    newest_first: bool = True,
) -> tuple[list[Doubtful], bool]:
    """The statements of these selections from one day up to another (not included), each once, in
    order; and whether these are all. Only the first `most` of each are looked at, and what one does
    not bring any more, none does. Raises TooLong at the deadline (of `time.monotonic`)."""
    found: dict[int, Doubtful] = {}
    sign = -1 if newest_first else 1

    def order(one: Doubtful) -> tuple[int, int]:
        return sign * one.place.day.toordinal(), sign * one.place.statement_id

    ends: list[Doubtful] = []
    for selection in selections:
        way, day = "DESC" if newest_first else "ASC", selection.day
        query = text(f"""
            {selection.before}
            SELECT d.statement_id, d.day, s.source_id FROM {selection.rows}
            WHERE {day} >= :since AND {day} < :until AND {selection.where}
            ORDER BY {day} {way}, d.statement_id {way} LIMIT :most
        """)  # noqa: S608 (constants of ours)
        values = {**selection.values, "since": since, "until": until, "most": most}
        with bounded(connection, deadline):
            rows = connection.execute(query, values).all()
        for row in rows:
            place = Place(row.day, row.statement_id)
            steady = not selection.reworded
            before = found.get(row.statement_id)
            steady = steady and (before is None or before.steady)
            found[row.statement_id] = Doubtful(place, row.source_id, steady)
        if len(rows) == most:
            ends.append(found[rows[-1].statement_id])
    if not ends:
        return sorted(found.values(), key=order), True
    end = min(map(order, ends))
    return sorted((one for one in found.values() if order(one) <= end), key=order), False
