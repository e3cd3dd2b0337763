"""What a run brought, as the store has it: turns of sources, statements, failures, listings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from communique.schema import OUTCOMES
from communique.turns import FAILED

Rows = Sequence[Mapping[str, Any]]

MOST_TURNS = 500
MOST_FAILURES = 50
MOST_LISTINGS = 100
PAGE = 50

# A job that works desk by desk has a run for each, with the desk's name behind.
_RUNS = text("""
    SELECT id, kind, key, desk, started_at, finished_at FROM communique.runs
    WHERE key IN (SELECT :key UNION SELECT DISTINCT :key || ':' || desk FROM communique.sources)
    ORDER BY id
""")
# A backfill is named by its source and days, since another run may go on in it.
_BACKFILL = text("""
    SELECT id, kind, key, desk, started_at, finished_at FROM communique.runs
    WHERE kind = 'backfill' AND starts_with(key, 'backfill:' || :source || ':')
    ORDER BY id DESC LIMIT 1
""")
_TURNS = text("""
    SELECT c.*, o.publisher, o.desk FROM communique.coverage c
    JOIN communique.sources o ON o.id = c.source_id
    WHERE c.run_id = ANY(:runs) AND (CAST(:source AS text) IS NULL OR c.source_id = :source)
    ORDER BY array_position(ARRAY['failing', 'never_worked', 'blocked'], c.state), c.source_id
    LIMIT :most
""")
_CAPTURES = """
    SELECT id, source_id, address_id, outcome, url, error, entries, fetched_at, warc
    FROM communique.captures
    WHERE run_id = ANY(:runs) AND (CAST(:source AS text) IS NULL OR source_id = :source)
"""
_STORED = text(f"""
    WITH stored AS (
        {_CAPTURES} AND outcome IN ('new', 'revised', 'implausible')
        AND address_id IS NOT NULL AND id > :after ORDER BY id LIMIT :most
    )
    SELECT c.id AS capture_id, c.outcome, c.fetched_at, s.id, s.title, s.language, s.topics,
           s.published_on, s.withdrawn_at, s.source_id AS source, o.publisher,
           ARRAY(SELECT DISTINCT m.severity FROM analyst.matches m
                 WHERE m.statement_id = s.id AND m.stands) AS severities
    FROM stored c
    JOIN communique.addresses a ON a.id = c.address_id
    JOIN communique.statements s ON s.id = a.statement_id
    JOIN communique.sources o ON o.id = s.source_id
    ORDER BY c.id
""")  # noqa: S608 (constants of ours)
_FAILURES = text(f"""
    WITH last AS (
        SELECT DISTINCT ON (listing, url) * FROM (
            {_CAPTURES.replace("address_id,", "address_id, listing,")}
        ) visits ORDER BY listing, url, id DESC
    )
    SELECT * FROM last WHERE outcome = ANY(:failed) ORDER BY listing IS NULL, id LIMIT :most
""")  # noqa: S608 (constants of ours)
_LISTINGS = text(f"""
    SELECT DISTINCT ON (url) * FROM ({_CAPTURES} AND listing IS NOT NULL) visits
    ORDER BY url, id DESC LIMIT :most
""")  # noqa: S608 (constants of ours)


@dataclass(frozen=True, slots=True)
class Brought:
    """What a run brought, or a source in it.

    runs: as the store knows it, several where the job worked desk by desk. turns: a row for each
    source, the troubled ones first. counts: of each outcome over all turns, without those that did
    not occur. stored: its statements in the order in which they were read, from a page on; after:
    where the next page begins, None: there is none. failures, listings: bounded by MOST_FAILURES
    and MOST_LISTINGS; more_failures: whether there are more.
    """

    runs: Rows
    turns: Rows
    counts: Mapping[str, int]
    stored: Rows
    after: int | None
    failures: Rows
    more_failures: bool
    listings: Rows


def brought(
    connection: Connection, key: str, source: str | None, *, after: int = 0
) -> Brought | None:
    """What the run with this key brought; with a source, what that one did in it. after: the
    capture behind which the page of statements begins. Of a source's backfill, the latest one.
    None: the store knows no such run."""
    runs = _rows(connection, _RUNS, key=key)
    if not runs and source is not None and key.startswith("backfill:"):
        runs = _rows(connection, _BACKFILL, source=source)
    if not runs:
        return None
    asked: dict[str, Any] = {"runs": [run["id"] for run in runs], "source": source}
    turns = _rows(connection, _TURNS, **asked, most=MOST_TURNS)
    stored = _rows(connection, _STORED, **asked, after=after, most=PAGE + 1)
    failures = _rows(
        connection, _FAILURES, **asked, failed=[*FAILED, "disallowed"], most=MOST_FAILURES + 1
    )
    return Brought(
        runs=runs,
        turns=turns,
        counts=counts(turns),
        stored=stored[:PAGE],
        after=stored[PAGE - 1]["capture_id"] if len(stored) > PAGE else None,
        failures=failures[:MOST_FAILURES],
        more_failures=len(failures) > MOST_FAILURES,
        listings=_rows(connection, _LISTINGS, **asked, most=MOST_LISTINGS),
    )


def counts(turns: Rows) -> dict[str, int]:
    """How many addresses ended in each outcome, over all turns; what did not occur is left out."""
    summed = {name: sum(turn[name] for turn in turns) for name in OUTCOMES}
    return {name: number for name, number in summed.items() if number}


def _rows(connection: Connection, query: Any, **asked: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query, asked).mappings()]
