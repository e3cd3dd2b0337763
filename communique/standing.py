"""How each source stands now: what its last turn saw, and whether its next one is overdue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, Engine, Row, TextClause, text

from communique.health import NOT_RUN, TROUBLED, TURN_WITHIN, WORST_FIRST
from scrapers.sources import Source

# Longer than any turn may take: one that has not ended by then was killed, or hangs.
LONGEST_TURN = timedelta(hours=4)

# A source stands as its collects leave it (a replay stands for them); a backfill
# or a revisit is no turn.
_LAST = text("""
    SELECT o.id AS watched, o.added_at, c.*
    FROM communique.sources o
    LEFT JOIN LATERAL (
        SELECT c.* FROM communique.coverage c JOIN communique.runs u ON u.id = c.run_id
        WHERE c.source_id = o.id AND u.kind NOT IN ('backfill', 'revisit')
        ORDER BY c.started_at DESC, c.id DESC LIMIT 1
    ) c ON true
    WHERE o.id = ANY(:ids)
""")
# Each month of captures is a table that must be looked through: those before the turns are not.
_ADDRESSES = text("""
    SELECT t.source, p.url
    FROM unnest(CAST(:sources AS text[]), CAST(:runs AS bigint[])) t (source, run)
    CROSS JOIN LATERAL (
        SELECT e.url FROM communique.captures e
        WHERE e.run_id = t.run AND e.source_id = t.source AND e.error IS NOT NULL
          AND (CAST(:since AS timestamptz) IS NULL OR e.fetched_at >= :since)
        ORDER BY e.listing IS NULL, e.id LIMIT 1
    ) p
""")
# All of these of a source one of whose turns should have ended long ago.
_UNFINISHED = text("""
    SELECT * FROM (
        SELECT o.id AS source, u.id AS run, u.started_at,
               min(u.started_at) OVER (PARTITION BY o.id) AS first
        FROM communique.runs u
        JOIN communique.sources o ON o.id = ANY(:ids) AND (u.desk IS NULL OR o.desk = u.desk)
        WHERE u.kind = 'collect' AND u.finished_at IS NULL AND u.started_at > :recent
          AND NOT EXISTS (SELECT FROM communique.coverage c
                          WHERE c.run_id = u.id AND c.source_id = o.id)
    ) begun WHERE first <= :hanging
""")
_BEGUN = text("""
    SELECT t.source, max(t.started_at) AS started_at
    FROM unnest(CAST(:sources AS text[]), CAST(:runs AS bigint[]), CAST(:at AS timestamptz[]))
        t (source, run, started_at)
    CROSS JOIN LATERAL (
        SELECT FROM communique.captures e
        WHERE e.run_id = t.run AND e.source_id = t.source LIMIT 1
    ) asked
    GROUP BY t.source
""")
_GAPS = text("""
    SELECT source_id, count(*) AS number FROM communique.gaps WHERE filled_at IS NULL GROUP BY 1
""")
_SUSPECT = text("""
    SELECT source_id, count(*) AS number FROM communique.addresses
    WHERE suspect IS NOT NULL GROUP BY 1
""")


@dataclass(frozen=True, slots=True)
class Standing:
    """One source as it stands at a moment.

    state: as communique/health.py explains them, or `not_run` where no turn has begun; since: when
    that began (aware). run_id, last_run, listed, new, newest, cadence_days: of its last turn. said:
    why it is in that state, in plain words; empty where there is nothing to say. address: where
    the first thing failed. suspects: statements whose reading is doubtful; gaps: those open.
    """

    source: str
    publisher: str
    desk: str
    state: str
    since: datetime
    run_id: int | None
    last_run: datetime | None
    listed: int | None
    new: int | None
    newest: date | None
    cadence_days: int | None
    said: str
    address: str | None
    suspects: int
    gaps: int


def standings(engine: Engine, sources: Iterable[Source], now: datetime) -> tuple[Standing, ...]:
    """The enabled ones of these sources as they stand at `now` (aware), the worst first."""
    with engine.connect() as connection:
        return standings_in(connection, sources, now)


def standings_in(
    connection: Connection, sources: Iterable[Source], now: datetime
) -> tuple[Standing, ...]:
    """As `standings`, over a connection that is open."""
    watched = {source.id: source for source in sources if source.enabled}
    begun = _begun(connection, list(watched), now)
    gaps, doubts = _by_source(connection, _GAPS), _by_source(connection, _SUSPECT)
    rows = connection.execute(_LAST, {"ids": list(watched)}).all()
    addresses = _addresses(connection, [row for row in rows if row.state in TROUBLED])
    found = [
        _standing(
            *(watched[row.watched], row, now, begun.get(row.watched)),
            address=addresses.get(row.watched),
            suspects=doubts.get(row.watched, 0),
            gaps=gaps.get(row.watched, 0),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda s: (WORST_FIRST.index(s.state), s.desk, s.source)))


def _addresses(connection: Connection, troubled: Sequence[Row[*tuple[Any, ...]]]) -> dict[str, str]:
    """Where the first thing failed in these turns, by source. What a replay was answered is older
    than its turns, so that is looked for where nothing else is found."""
    found: dict[str, str] = {}
    first = min((row.started_at for row in troubled), default=None)
    for since in (first, None):
        rest = [row for row in troubled if row.watched not in found]
        if rest:
            turns = {"sources": [row.watched for row in rest], "runs": [row.run_id for row in rest]}
            rows = connection.execute(_ADDRESSES, {**turns, "since": since})
            found |= {row.source: row.url for row in rows}
    return found


def _begun(connection: Connection, ids: Sequence[str], now: datetime) -> dict[str, datetime]:
    """When the last turn began of each source of which one has not ended for too long."""
    asked = {"ids": list(ids), "recent": now - timedelta(days=30), "hanging": now - LONGEST_TURN}
    rows = connection.execute(_UNFINISHED, asked).all()
    if not rows:
        return {}
    turns = {
        "sources": [row.source for row in rows],
        "runs": [row.run for row in rows],
        "at": [row.started_at for row in rows],
    }
    return {row.source: row.started_at for row in connection.execute(_BEGUN, turns)}


def _by_source(connection: Connection, query: TextClause) -> dict[str, int]:
    return {row.source_id: row.number for row in connection.execute(query)}


def _standing(
    source: Source,
    row: Row[*tuple[Any, ...]],
    now: datetime,
    begun: datetime | None,
    *,
    address: str | None,
    suspects: int,
    gaps: int,
) -> Standing:
    state, since, said = _state(source, row, now, begun)
    return Standing(
        source=source.id,
        publisher=source.publisher,
        desk=source.desk,
        state=state,
        since=since,
        run_id=row.run_id,
        last_run=row.started_at,
        listed=row.listed,
        new=row.new,
        newest=row.newest,
        cadence_days=row.cadence_days,
        said=said,
        address=address if state in TROUBLED else None,
        suspects=suspects,
        gaps=gaps,
    )


def _state(
    source: Source, row: Row[*tuple[Any, ...]], now: datetime, begun: datetime | None
) -> tuple[str, datetime, str]:
    """State, since when, and why in words."""
    waits_since = row.started_at or row.added_at
    overdue = now - waits_since > TURN_WITHIN
    died = _died(begun, row.started_at, now)
    if row.state in TROUBLED:
        return row.state, row.since, "; ".join(filter(None, [row.error, died]))
    if overdue:
        return "late", waits_since + TURN_WITHIN, died or _no_turn(source, row.started_at)
    if died and begun:
        return "late", begun + LONGEST_TURN, died
    if row.state is None:
        return NOT_RUN, row.added_at, "no turn yet"
    return row.state, row.since, _silence(row) if row.state != "ok" else row.error or ""


def _no_turn(source: Source, last: datetime | None) -> str:
    since = f"since {_moment(last)}" if last else "at all"
    return f"it had no turn {since}, though one is due every day: is collect_{source.desk} paused?"


def _died(begun: datetime | None, last: datetime | None, now: datetime) -> str:
    if begun is None or (last is not None and begun <= last) or now - begun < LONGEST_TURN:
        return ""
    return f"the turn that began {_moment(begun)} never ended: it was killed, or hangs"


def _silence(row: Row[*tuple[Any, ...]]) -> str:
    since = f"since {row.newest}" if row.newest else "that has a date"
    if row.cadence_days is None:
        return f"it reads well, but nothing new {since}; how often it publishes is not known yet"
    days = "day" if row.cadence_days == 1 else "days"
    return f"it reads well, but nothing new {since}, expected within {row.cadence_days} {days}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
