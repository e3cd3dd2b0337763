"""The newest statements, whatever they say."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from communique.search.candidates import Looked, TooLong, Wanted, bounded, looks
from communique.search.finding import END, LAST_ID, PATIENCE
from communique.search.reading import read_all
from communique.search.values import Found, Place, Results


def newest(
    connection: Connection,
    *,
    since: date | None = None,
    until: date | None = None,
    limit: int = 20,
    after: str | None = None,
    patience: float = PATIENCE,
) -> Results:
    """A page of all statements, the newest first, as `search` gives those that match; none of them
    has spans. Raises SearchError for a page that cannot be."""
    deadline = time.monotonic() + patience
    start = Place(until or END, LAST_ID)
    if after is not None:
        start = min(start, Place.parse(after), key=lambda place: (place.day, place.statement_id))
    wanted = Wanted("", start, since or date.min)
    looked = next(iter(looks(connection, wanted, deadline)))
    hits = _read(connection, looked, limit, deadline) if looked.in_time else None
    if hits is None:
        return Results((), str(start), partial=True, looked_until=None, examined=0)
    rest = len(looked.places) > limit
    following = str(looked.places[limit - 1]) if rest else None
    reached = hits[-1].day if rest and hits else None
    return Results(hits, following, partial=False, looked_until=reached, examined=len(hits))


def _read(
    connection: Connection, looked: Looked, limit: int, deadline: float
) -> Sequence[Found] | None:
    try:
        with bounded(connection, deadline):
            return tuple(read_all(connection, looked.places[:limit]))
    except TooLong:
        return None
