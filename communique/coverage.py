"""What a run of a source saw, counted from its captures, so that a retry counts nothing twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.dialects.postgresql import insert

from communique.schema import OUTCOMES, Coverage, Run

READABLE = ("new", "revised", "unchanged", "implausible")
FAILED = ("blocked", "soft_404", "broken", "unreadable", "not_in_archive")

# The last visit to an address in this run is the one that counts, but what a visit stored stays
# stored: new and revised are never undone by a second look in the same run.
_OUTCOMES = text("""
    SELECT outcome, count(*) FROM (
        SELECT DISTINCT ON (address_id) outcome
        FROM communique.captures
        WHERE run_id = :run AND source_id = :source AND address_id IS NOT NULL
        ORDER BY address_id, outcome NOT IN ('new', 'revised', 'implausible'), id DESC
    ) last GROUP BY outcome
""")
_LISTINGS = text("""
    SELECT count(*) FILTER (WHERE outcome = 'listed'), count(*) FILTER (WHERE outcome <> 'listed')
    FROM (
        SELECT DISTINCT ON (url) outcome FROM communique.captures
        WHERE run_id = :run AND source_id = :source AND listing IS NOT NULL
        ORDER BY url, id DESC
    ) last
""")
_FIRST_ERROR = text("""
    SELECT error FROM communique.captures
    WHERE run_id = :run AND source_id = :source AND error IS NOT NULL
    ORDER BY listing IS NULL, id LIMIT 1
""")
_SUSPECT = text("""
    SELECT count(*) FROM (
        SELECT DISTINCT ON (address_id) suspect FROM communique.captures
        WHERE run_id = :run AND source_id = :source AND address_id IS NOT NULL
        ORDER BY address_id, id DESC
    ) last WHERE suspect IS NOT NULL
""")
_NEWEST = text("SELECT max(published_on) FROM communique.statements WHERE source_id = :source")
_BEFORE = text("""
    SELECT state, since FROM communique.coverage
    WHERE source_id = :source AND run_id <> :run ORDER BY started_at DESC, id DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """One source's row of one run: what `analyst.coverage` shows of it.

    listed: addresses that the listings named; known: of these, stored before and not looked at
    again. counts: visits by outcome. state: `ok`, or `failing` where a page of a listing could not
    be read, or of the statements visited not one could. since: when that began (aware, UTC).
    suspect: statements whose reading is doubtful.
    """

    source: str
    listings_read: int
    listings_failed: int
    listed: int
    known: int
    counts: Mapping[str, int]
    newest: date | None
    state: str
    since: datetime
    error: str | None
    suspect: int = 0

    @property
    def failed(self) -> bool:
        """Whether this source needs a maintainer's look."""
        return self.state != "ok"


def record_coverage(
    engine: Engine,
    run_id: int,
    source_id: str,
    *,
    started_at: datetime,
    finished_at: datetime,
    listed: int,
    known: int,
    crash: str | None = None,
    by_listing: bool = True,
) -> SourceCoverage:
    """Counts what this run of the source recorded and stores it as its coverage row.

    crash: why the turn ended before its end, if it did; then the source is failing whatever it
    stored. by_listing: False where only addresses were visited, so that no listing is missed.
    A second call for the same run replaces the row.
    """
    key = {"run": run_id, "source": source_id}
    with engine.begin() as connection:
        listings_read, listings_failed = connection.execute(_LISTINGS, key).one()
        counted: dict[str, int] = dict(connection.execute(_OUTCOMES, key).all())
        counts = {name: counted.get(name, 0) for name in OUTCOMES}
        walked = listings_failed == 0 and (listings_read > 0 or not by_listing)
        state = "ok" if walked and _readable(counts) and not crash else "failing"
        error = crash or connection.execute(_FIRST_ERROR, key).scalar_one_or_none()
        if state == "failing" and not error:
            error = "no listing was visited"
        row = {
            "finished_at": finished_at,
            "listings_read": listings_read,
            "listings_failed": listings_failed,
            "listed": listed,
            "known": known,
            "suspect": connection.execute(_SUSPECT, key).scalar_one(),
            "newest": connection.execute(_NEWEST, {"source": source_id}).scalar_one(),
            "state": state,
            "since": _since(connection, key, state, started_at),
            "error": error,
        }
        same = {"run_id": run_id, "source_id": source_id, "started_at": started_at}
        connection.execute(
            insert(Coverage)
            .values(same | row | counts)
            .on_conflict_do_update(
                index_elements=["run_id", "source_id"],
                set_=row | counts,
            )
        )
    return SourceCoverage(
        source=source_id,
        counts=counts,
        **{name: value for name, value in row.items() if name != "finished_at"},
    )


def last_collected(engine: Engine, source_id: str, run_id: int) -> datetime | None:
    """When the source last had its turn in a collect before this run; None: never."""
    query = (
        select(func.max(Coverage.started_at))
        .join(Run, Run.id == Coverage.run_id)
        .where(Coverage.source_id == source_id, Coverage.run_id != run_id, Run.kind != "backfill")
    )
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def _readable(counts: Mapping[str, int]) -> bool:
    """Whether at least one of the statements visited could be read, if any was visited."""
    return any(counts[name] for name in READABLE) or not any(counts[name] for name in FAILED)


def _since(
    connection: Connection, key: Mapping[str, object], state: str, started_at: datetime
) -> datetime:
    before = connection.execute(_BEFORE, key).one_or_none()
    same: datetime = before.since if before and before.state == state else started_at
    return same
