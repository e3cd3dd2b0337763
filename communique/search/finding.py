"""Searching: what the index proposes, the rules' matcher decides. So what is found here is what an
alert would tell of, and what a back-test counts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice

from sqlalchemy import Connection

from communique.rules import Matcher, Query, parse
from communique.search.asking import asks_of_sources, tsquery_of
from communique.search.candidates import MOST, Looked, TooLong, Wanted, bounded, looks
from communique.search.ranking import promising, score
from communique.search.reading import known_sources, matcher_of, read_matching
from communique.search.values import Found, Order, Place, Results, SearchError

PATIENCE = 0.7  # seconds
RANKED = 200  # statements that are read to find the best among them
BATCH = 40  # statements read at once
END = date.max - timedelta(days=1)
LAST_ID = 2**63 - 1


def search(
    connection: Connection,
    query: str,
    *,
    order: Order = "newest",
    since: date | None = None,
    until: date | None = None,
    limit: int = 20,
    after: str | None = None,
    patience: float = PATIENCE,
) -> Results:
    """Statements whose current wording matches a query of the rules' language, a page of them.

    connection: in a transaction, or about to begin one; nothing is written. order: `newest` first;
    or `best` first, among the newest thousand that may match. since, until: days of publication
    (where unknown, of first sight in UTC), both included. after: `next` of the answer before.
    patience: seconds after which the answer is what was found until then, and says so. Raises
    RuleError for a query that cannot be used, SearchError for a page that cannot be.
    """
    asked, deadline = parse(query), time.monotonic() + patience
    if limit < 1:
        raise SearchError("a page has at least one statement: write --limit 1 or more")
    matcher = matcher_of(query)
    sources = known_sources(connection) if asks_of_sources(asked.root) else ()
    terms = tsquery_of(asked.root, sources)
    if terms is None:
        return Results((), None, partial=False, looked_until=None, examined=0)
    start = Place(until or END, LAST_ID)
    if order == "best":
        wanted = Wanted(terms, start, since or date.min)
        return _best(connection, asked, matcher, wanted, limit, _rank(after), deadline)
    if after is not None:
        start = min(start, Place.parse(after), key=_newness)
    wanted = Wanted(terms, start, since or date.min)
    return _newest(connection, matcher, wanted, limit, deadline)


def _newest(
    connection: Connection, matcher: Matcher, wanted: Wanted, limit: int, deadline: float
) -> Results:
    hits: list[Found] = []
    examined, reached = 0, wanted.before
    for looked in looks(connection, wanted, deadline):
        for places in _batches(looked.places, limit + 1 - len(hits)):
            try:
                with bounded(connection, deadline):
                    hits += list(read_matching(connection, places, matcher))
            except TooLong:
                return _partial(hits[:limit], reached, examined)
            examined, reached = examined + len(places), places[-1]
            if len(hits) > limit:
                following = str(hits[limit - 1].place)
                return Results(hits[:limit], following, False, hits[limit - 1].day, examined)
        if looked.end is not None:
            reached = looked.end
        if not looked.in_time:
            return _partial(hits, reached, examined)
    if looked.end is not None:
        return _partial(hits, reached, examined)
    return Results(hits, None, partial=False, looked_until=None, examined=examined)


def _batches(places: Sequence[Place], first: int) -> Iterator[Sequence[Place]]:
    """The first as large as the page, should all of them match."""
    start, size = 0, min(first, BATCH)
    while start < len(places):
        yield places[start : start + size]
        start, size = start + size, BATCH


def _partial(hits: list[Found], reached: Place, examined: int) -> Results:
    day = None if reached.statement_id == LAST_ID else reached.day
    return Results(hits, str(reached), partial=True, looked_until=day, examined=examined)


def _best(
    connection: Connection,
    asked: Query,
    matcher: Matcher,
    wanted: Wanted,
    limit: int,
    rank: int,
    deadline: float,
) -> Results:
    places, end, in_time = _proposed(connection, wanted, deadline)
    hits: list[Found] = []
    examined = 0
    try:
        with bounded(connection, deadline):
            chosen = promising(connection, places, asked.root, RANKED)
        for number in range(0, len(chosen), BATCH):
            batch = chosen[number : number + BATCH]
            with bounded(connection, deadline):
                hits += list(read_matching(connection, batch, matcher))
            examined += len(batch)
    except TooLong:
        in_time = False
    ranked = sorted((replace(hit, score=score(hit)) for hit in hits), key=_goodness)
    page = tuple(islice(ranked, rank, rank + limit))
    following = str(rank + limit) if len(ranked) > rank + limit else None
    partial = not in_time or end is not None or examined < len(places)
    day = places[-1].day if partial and places else None
    return Results(page, following, partial, day, examined, ranked=len(places))


def _proposed(
    connection: Connection, wanted: Wanted, deadline: float
) -> tuple[list[Place], Place | None, bool]:
    """The newest thousand that may match; where the look ended, None at the end of all; and whether
    there was time."""
    places: list[Place] = []
    looked = Looked((), None)
    for looked in looks(connection, wanted, deadline):
        places += looked.places
        if not looked.in_time:
            break
    end = looked.end if len(places) <= MOST else places[MOST - 1]
    return places[:MOST], end, looked.in_time


def _rank(after: str | None) -> int:
    if after is None:
        return 0
    if not after.isdecimal() or len(after) > 9:
        raise SearchError(
            f"{after[:40]!r} is no rank to go on from: the best are counted, as in --after 20"
        )
    return int(after)


def _newness(place: Place) -> tuple[date, int]:
    return place.day, place.statement_id


def _goodness(found: Found) -> tuple[float, int, int]:
    return -(found.score or 0), -found.day.toordinal(), -found.id
