"""Statements that may match, the newest first, from three looks at the index that are all bounded.

What is common stands among the newest few hundred statements: they are walked through by date. What
is less common is looked up in the inverted index, first among those days only that, by what was
walked past, hold enough of it: most of what there is need not be fetched then. What is rare is
found whole and sorted. Left to itself the planner takes one for the other as soon as words are not
independent of each other, and then reads the whole store; so each look is worded such that it can
only be done in its own way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta

from psycopg2.errors import QueryCanceled
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from communique.search.values import Place

NEWEST = 500  # statements that are walked through by date
MOST = 1_000  # statements that are looked up in all
SOON = 60  # statements that the days looked up first should hold

# The limit inside makes it a walk along the index on (day, statement_id). Of the rows that do not
# match, only two are sent: where the walk ends, and one near its beginning, since the very first
# may be of a day that has not come yet.
_WALK = text("""
    SELECT statement_id, day, found, number FROM (
        SELECT statement_id, day, :everything OR terms @@ CAST(:terms AS tsquery) AS found,
               row_number() OVER (ORDER BY day DESC, statement_id DESC) AS number
        FROM (
            SELECT statement_id, day, terms FROM communique.search_documents
            WHERE (day, statement_id) < (:day, :id) AND day >= :since
            ORDER BY day DESC, statement_id DESC LIMIT :most
        ) AS newest
    ) AS walked
    WHERE found OR number IN (:most, :early)
    ORDER BY number
""")
# `day + 0` is no indexed expression, so what is found cannot be walked to by date.
_LOOK_UP = text("""
    SELECT statement_id, day FROM communique.search_documents
    WHERE terms @@ CAST(:terms AS tsquery)
      AND (day, statement_id) < (:day, :id) AND day >= :since
    ORDER BY day + 0 DESC, statement_id DESC LIMIT :most
""")
# Days and terms are two bitmaps then, and only what is in both is fetched.
_BY_BITMAP = text("SELECT set_config('enable_indexscan', 'off', true)")
# A scan of the table looks cheap to the planner, who does not count that terms lie elsewhere.
# One message to the server and not two, as is its undoing: what is short waits for little else.
_BOUNDS = text("""
    SAVEPOINT communique_bounds;
    SELECT set_config('statement_timeout', :milliseconds, true),
           set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)
""")
_UNBOUND = text("""
    ROLLBACK TO SAVEPOINT communique_bounds; RELEASE SAVEPOINT communique_bounds
""")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. terms: a tsquery, "" for every statement. before: only what stands after
    this place, that is, earlier. since: only of this day and later."""

    terms: str
    before: Place
    since: date


@dataclass(frozen=True, slots=True)
class Looked:
    """Places that may match, and down to where all were found. end: the last place looked at; None:
    there are no more. in_time: whether the look was not broken off."""

    places: Sequence[Place]
    end: Place | None
    in_time: bool = True


def looks(connection: Connection, wanted: Wanted, deadline: float) -> Iterator[Looked]:
    """The looks, one after the other as they are asked for. deadline: of `time.monotonic`, after
    which a look is broken off."""
    walked, since = _walk(connection, wanted, NEWEST if wanted.terms else MOST, deadline)
    yield walked
    end, left = walked.end, MOST
    if wanted.terms and end is not None and since is not None and since > wanted.since:
        days = replace(wanted, before=end, since=since)
        soon = _look_up(connection, days, MOST, deadline, days=True)
        yield soon
        end, left = soon.end, MOST - len(soon.places)
    if wanted.terms and end is not None and left:
        yield _look_up(connection, replace(wanted, before=end), left, deadline)


def _walk(
    connection: Connection, wanted: Wanted, most: int, deadline: float
) -> tuple[Looked, date | None]:
    """The walk, and since which day there should be enough; None where that is not known."""
    early = most // 10
    values = _values(wanted, most) | {"everything": not wanted.terms, "early": early}
    try:
        with bounded(connection, deadline):
            rows = connection.execute(_WALK, values).all()
    except TooLong:
        return Looked((), wanted.before, in_time=False), None
    places = [Place(row.day, row.statement_id) for row in rows if row.found]
    last = rows[-1] if rows and rows[-1].number == most else None
    if last is None:
        return Looked(places, None), None
    walked = next(row.day for row in rows if row.number == early) - last.day
    # Four times as far at least: whoever looks further turned most of these down. And as if there
    # were two more, so that none is no reason to look everywhere.
    wanted_places = max(SOON, 4 * len(places))
    days = walked * most / (most - early) * wanted_places / (len(places) + 2)
    since = last.day - min(days + timedelta(days=1), last.day - date.min)
    return Looked(places, Place(last.day, last.statement_id)), since


def _look_up(
    connection: Connection, wanted: Wanted, most: int, deadline: float, *, days: bool = False
) -> Looked:
    """What there is before a place; days: there is more before the days that are wanted."""
    try:
        with bounded(connection, deadline):
            if days:
                connection.execute(_BY_BITMAP)
            rows = connection.execute(_LOOK_UP, _values(wanted, most)).all()
    except TooLong:
        return Looked((), wanted.before, in_time=False)
    places = [Place(row.day, row.statement_id) for row in rows]
    if len(places) == most:
        return Looked(places, places[-1])
    return Looked(places, Place(wanted.since, 0) if days else None)


def _values(wanted: Wanted, most: int) -> dict[str, object]:
    return {
        "terms": wanted.terms,
        "day": wanted.before.day,
        "id": wanted.before.statement_id,
        "since": wanted.since,
        "most": most,
    }


class TooLong(Exception):
    """The time for a search was up."""


@contextmanager
def bounded(connection: Connection, deadline: float) -> Iterator[None]:
    """Reading from the store until `deadline` (of `time.monotonic`); TooLong after it. The
    settings that this takes end with it, whatever the caller's transaction goes on to do."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TooLong
    connection.execute(_BOUNDS, {"milliseconds": str(max(1, int(left * 1000)))})
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, QueryCanceled):
            raise TooLong from error
        raise
    finally:
        if not connection.invalidated:  # lost: there is nothing left to undo
            connection.execute(_UNBOUND)
