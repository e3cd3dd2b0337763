"""What the store knows of one source's past: its turns, its listings, what went wrong, what it
brought. Each query is bounded, by an index and a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, TextClause, text

from communique.schema import OUTCOMES

Rows = Sequence[Mapping[str, Any]]

# A listing that was not asked for in so long is not looked for month by month.
LISTED_WITHIN = timedelta(days=400)
# What a replay was answered is mostly younger than this.
REPLAYED = timedelta(days=40)
LONG_AGO = datetime(1, 1, 1, tzinfo=timezone.utc)

_TURNS = text("""
    SELECT c.*, u.kind AS run_kind, u.key AS run_key FROM communique.coverage c
    JOIN communique.runs u ON u.id = c.run_id
    WHERE c.source_id = :source AND (:visits OR u.kind NOT IN ('backfill', 'revisit'))
    ORDER BY c.started_at DESC, c.run_id DESC LIMIT :most
""")
_LISTINGS = text("""
    SELECT DISTINCT ON (url) url, outcome, entries, fetched_at, run_id FROM communique.captures
    WHERE source_id = :source AND listing = url AND fetched_at > :since
    ORDER BY url, fetched_at DESC, id DESC
""")
_LISTED_PAGES = text("""
    SELECT listing, count(DISTINCT url) AS pages, sum(entries) AS entries
    FROM communique.captures
    WHERE source_id = :source AND run_id = ANY(:runs) AND listing IS NOT NULL
      AND fetched_at > :since
    GROUP BY run_id, listing ORDER BY run_id
""")
_ERRORS = text("""
    SELECT id, url, error, status, fetched_at, warc, record_id FROM communique.captures
    WHERE source_id = :source AND run_id = :run AND error IS NOT NULL AND fetched_at >= :since
    ORDER BY listing IS NULL, id LIMIT :most
""")
_CAPTURES = text("""
    SELECT id, url, final_url, listing, fetched_at, status, outcome, entries, suspect, size
    FROM communique.captures
    WHERE source_id = :source AND run_id = ANY(:runs) AND fetched_at >= :since
    ORDER BY id DESC LIMIT :most
""")
_STATEMENTS = text("""
    SELECT id, title, language, published_on, date_precision, first_seen_at, withdrawn_at
    FROM communique.statements WHERE source_id = :source ORDER BY id DESC LIMIT :most
""")
_DOUBTS = text("""
    SELECT a.url, a.suspect, a.statement_id, s.title, s.language
    FROM communique.addresses a LEFT JOIN communique.statements s ON s.id = a.statement_id
    WHERE a.source_id = :source AND a.suspect IS NOT NULL ORDER BY a.id DESC LIMIT :most
""")
_HOSTS = text("SELECT * FROM communique.hosts WHERE name = ANY(:names) ORDER BY name")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one run of a source saw, as `analyst.coverage` has it. counts: visits by outcome, in
    the order of OUTCOMES; kind, key: of its run."""

    run_id: int
    kind: str
    key: str
    started_at: datetime
    finished_at: datetime | None
    state: str
    listings_read: int
    listings_failed: int
    listed: int
    counts: Mapping[str, int]
    newest: date | None
    error: str | None


def turns(
    connection: Connection, source_id: str, *, most: int, visits: bool = True
) -> tuple[Turn, ...]:
    """The last turns of a source, the newest first. visits: backfills and revisits too, which are
    no turns of its own."""
    asked = {"source": source_id, "most": most, "visits": visits}
    return tuple(
        Turn(
            run_id=row.run_id,
            kind=row.run_kind,
            key=row.run_key,
            started_at=row.started_at,
            finished_at=row.finished_at,
            state=row.state,
            listings_read=row.listings_read,
            listings_failed=row.listings_failed,
            listed=row.listed,
            counts={name: getattr(row, name) for name in OUTCOMES},
            newest=row.newest,
            error=row.error,
        )
        for row in connection.execute(_TURNS, asked)
    )


def listings_seen(connection: Connection, source_id: str, now: datetime) -> Rows:
    """Each listing as it was last visited within LISTED_WITHIN: outcome, entries of its first page,
    when; `pages` of it that this run visited, and how many entries they had in `all_entries`."""
    asked: dict[str, Any] = {"source": source_id, "since": now - LISTED_WITHIN}
    found = _bounded(connection, _LISTINGS, asked)
    runs = sorted({row["run_id"] for row in found})
    # However long ago the first pages were found, their further pages were fetched about then.
    oldest = min((row["fetched_at"] for row in found), default=now)
    asked |= {"runs": runs, "since": oldest - REPLAYED}
    pages = {row["listing"]: row for row in _rows(connection, _LISTED_PAGES, asked)}
    return [
        row
        | {
            "pages": pages[row["url"]]["pages"] if row["url"] in pages else 0,
            "all_entries": pages[row["url"]]["entries"] if row["url"] in pages else None,
        }
        for row in found
    ]


def first_errors(
    connection: Connection, source_id: str, run: int | None, since: datetime, most: int = 5
) -> Rows:
    """What went wrong first in a run that began at `since`, its listings before its statements."""
    asked = {"source": source_id, "run": run, "most": most, "since": since}
    return _bounded(connection, _ERRORS, asked)


def captures(
    connection: Connection, source_id: str, runs: Iterable[int], since: datetime, most: int
) -> Rows:
    """The last captures of these runs, the first of which began at `since`; the newest first."""
    asked = {"source": source_id, "runs": list(runs), "most": most, "since": since}
    return _bounded(connection, _CAPTURES, asked)


def newest_statements(connection: Connection, source_id: str, most: int) -> Rows:
    """What was last read for the first time, the newest first."""
    return _rows(connection, _STATEMENTS, {"source": source_id, "most": most})


def doubtful_readings(connection: Connection, source_id: str, most: int) -> Rows:
    """Addresses whose last reading is doubtful, and why."""
    return _rows(connection, _DOUBTS, {"source": source_id, "most": most})


def hosts(connection: Connection, names: Iterable[str]) -> Rows:
    """When these hosts were last asked, and how much they asked us to slow down or to wait."""
    return _rows(connection, _HOSTS, {"names": list(names)})


def _bounded(
    connection: Connection, query: TextClause, asked: dict[str, Any]
) -> list[dict[str, Any]]:
    """The rows fetched from a while before `since` on. Each month of captures is a table that must
    be looked through; only what a replay was answered is older than the run that asked."""
    found = _rows(connection, query, {**asked, "since": asked["since"] - REPLAYED})
    return found or _rows(connection, query, {**asked, "since": LONG_AGO})


def _rows(
    connection: Connection, query: TextClause, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query, values).mappings()]
