"""Searches that somebody keeps: what he asks again, and how much of it is new to him."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from communique.mail.clean import shown
from communique.pages.statements_asked import Asked, AskedError, kept
from communique.rules import RuleError, parse
from communique.search.asking import asks_of_sources, tsquery_of
from communique.search.candidates import TooLong, bounded
from communique.search.reading import known_sources, matcher_of, read_matching
from communique.search.values import Place

MOST_KEPT = 50  # searches of one person
MOST_NEW = 20  # counted; then it is "20+"
LOOKED_AT = 2_000  # statements, the last that were first seen
NAME_LIMIT = 100  # characters
PATIENCE = 0.6  # seconds for all of somebody's searches

_KEPT = text("""
    SELECT id, name, query, filters, created_at, seen_at FROM communique.saved_searches
    WHERE owner = :owner ORDER BY lower(name), id LIMIT :most
""")
_COUNT = text("SELECT count(*) FROM communique.saved_searches WHERE owner = :owner")
_KEEP = text("""
    INSERT INTO communique.saved_searches (owner, name, query, filters, created_at, seen_at)
    VALUES (:owner, :name, :query, CAST(:filters AS jsonb), :now, :now)
""")
_LOOK = text("""
    UPDATE communique.saved_searches s SET seen_at = :now
    FROM (SELECT id, seen_at FROM communique.saved_searches
          WHERE id = :id AND owner = :owner FOR UPDATE) AS before
    WHERE s.id = before.id RETURNING s.query, s.filters, before.seen_at
""")
_FORGET = text("DELETE FROM communique.saved_searches WHERE id = :id AND owner = :owner")
# The limits inside make both of these a look at each statement by its number: bounded, however
# common what is sought may be.
_FRESH = text("""
    SELECT s.id, s.first_seen_at, d.day
    FROM (
        SELECT id, first_seen_at FROM communique.statements
        WHERE first_seen_at > :since ORDER BY first_seen_at DESC LIMIT :most
    ) AS s CROSS JOIN LATERAL (
        SELECT day FROM communique.search_documents WHERE statement_id = s.id LIMIT 1
    ) AS d
    ORDER BY s.first_seen_at DESC
""")
_PROPOSED = text("""
    SELECT those.id FROM unnest(CAST(:ids AS bigint[])) AS those (id) CROSS JOIN LATERAL (
        SELECT terms FROM communique.search_documents WHERE statement_id = those.id LIMIT 1
    ) AS d
    WHERE d.terms @@ CAST(:terms AS tsquery)
""")


class KeepError(Exception):
    """A search that cannot be kept; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A search that somebody keeps. seen_at: when he looked last (aware)."""

    id: int
    name: str
    asked: Asked
    created_at: datetime
    seen_at: datetime | None

    def query(self) -> str | None:
        """All of it as one query; None: it is none any more, or asks for every statement."""
        try:
            return self.asked.query() or None
        except (RuleError, AskedError):
            return None


@dataclass(frozen=True, slots=True)
class Fresh:
    """Statements that were first seen since somebody looked last: at most MOST_NEW of them are
    counted. whole: nothing is left to count."""

    count: int
    whole: bool = True


def searches_of(connection: Connection, owner: str) -> Sequence[Kept]:
    """What somebody keeps, by name; nobody else's."""
    rows = connection.execute(_KEPT, {"owner": owner, "most": MOST_KEPT})
    return tuple(
        Kept(row.id, row.name, kept(row.query, row.filters), row.created_at, row.seen_at)
        for row in rows
    )


def keep(connection: Connection, owner: str, name: str, asked: Asked, now: datetime) -> None:
    """Keeps a search under a name. now: aware, UTC; what comes later is new. Raises KeepError, and
    RuleError or AskedError for a search that cannot be made."""
    asked.query(), asked.period()
    called = shown(name, NAME_LIMIT)
    if not called:
        raise KeepError("Give the search a name, so that you know it again.")
    if connection.execute(_COUNT, {"owner": owner}).scalar_one() >= MOST_KEPT:
        raise KeepError(f"You keep {MOST_KEPT} searches already: delete one first.")
    row = {
        "owner": owner,
        "name": called,
        "query": asked.q,
        "filters": json.dumps(asked.narrow(), ensure_ascii=False),
        "now": now,
    }
    try:
        with connection.begin_nested():
            connection.execute(_KEEP, row)
    except IntegrityError as error:
        raise KeepError(
            f"You keep a search of the name {called!r} already: choose another, or delete that one."
        ) from error


def look(connection: Connection, owner: str, number: int, now: datetime) -> Asked | None:
    """Notes that somebody looks at a search of his now. Returns it, with `seen` as it was before;
    None: he has none of that number."""
    row = connection.execute(_LOOK, {"id": number, "owner": owner, "now": now}).one_or_none()
    if row is None:
        return None
    seen = row.seen_at.isoformat(timespec="seconds") if row.seen_at else ""
    return kept(row.query, row.filters | {"seen": seen})


def forget(connection: Connection, owner: str, number: int) -> bool:
    """Deletes a search of somebody's; False: he has none of that number."""
    return connection.execute(_FORGET, {"id": number, "owner": owner}).rowcount > 0


def fresh_of(connection: Connection, searches: Sequence[Kept]) -> Mapping[int, Fresh | None]:
    """How much is new in each of these searches, by number. None: not counted in the time that
    there is for all of them, or not a search any more."""
    counted: dict[int, Fresh | None] = {}
    deadline = time.monotonic() + PATIENCE
    since = min((one.seen_at or one.created_at for one in searches), default=None)
    if since is None:
        return counted
    try:
        with bounded(connection, deadline):
            rows = connection.execute(_FRESH, {"since": since, "most": LOOKED_AT}).all()
        for one in searches:
            seen = one.seen_at or one.created_at
            places = [Place(row.day, row.id) for row in rows if row.first_seen_at > seen]
            more = len(places) == LOOKED_AT
            counted[one.id] = _fresh(connection, one, places, deadline, more=more)
    except TooLong:
        return counted
    return counted


def _fresh(
    connection: Connection, one: Kept, places: Sequence[Place], deadline: float, *, more: bool
) -> Fresh | None:
    """places: of what was first seen since, the last of it first. more: there is more of it."""
    try:
        query, (since, until) = one.asked.query(), one.asked.period()
    except (RuleError, AskedError):
        return None
    places = [each for each in places if (since or date.min) <= each.day <= (until or date.max)]
    if query:
        matching = _matching(connection, query, places, deadline)
    else:
        matching = min(len(places), MOST_NEW + 1)
    return Fresh(min(matching, MOST_NEW), matching <= MOST_NEW and not more)


def _matching(connection: Connection, query: str, places: Sequence[Place], deadline: float) -> int:
    """How many of them match; what is more than MOST_NEW counts as one more."""
    root, matcher = parse(query).root, matcher_of(query)
    with bounded(connection, deadline):
        terms = tsquery_of(root, known_sources(connection) if asks_of_sources(root) else ())
        if terms is None:
            return 0
        proposed = places
        if terms and places:
            values = {"ids": [place.statement_id for place in places], "terms": terms}
            ids = set(connection.execute(_PROPOSED, values).scalars())
            proposed = [place for place in places if place.statement_id in ids]
        found = 0
        for at in range(0, len(proposed), MOST_NEW):
            found += len(list(read_matching(connection, proposed[at : at + MOST_NEW], matcher)))
            if found > MOST_NEW:
                break
    return found
