"""What a run of a source saw, counted from its captures, so that a retry counts nothing twice, and
in which state that leaves the source: the rules of that are in communique/health.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from communique.health import (
    TROUBLED,
    Seen,
    learned_cadence,
    listing_trouble,
    plain,
    publishing,
    statement_trouble,
)
from communique.schema import OUTCOMES, Coverage, Run
from communique.turns import Found, listings_of, mark_collapsed, seen, visited
from scrapers.sources import Source

_FIRST_ERROR = text("""
    SELECT error, url FROM (
        SELECT DISTINCT ON (listing, url) error, url, listing, id FROM communique.captures
        WHERE run_id = :run AND source_id = :source ORDER BY listing, url, id DESC
    ) last WHERE error IS NOT NULL ORDER BY listing IS NULL, id LIMIT 1
""")
_SUSPECT = text("""
    SELECT count(*) FROM (
        SELECT DISTINCT ON (address_id) suspect FROM communique.captures
        WHERE run_id = :run AND source_id = :source AND address_id IS NOT NULL
        ORDER BY address_id, id DESC
    ) last WHERE suspect IS NOT NULL
""")
_NEWEST = text("SELECT max(published_on) FROM communique.statements WHERE source_id = :source")
# The days on which it published something: of an undated statement, that on which it was seen.
_DAYS = text("""
    SELECT DISTINCT coalesce(published_on, CAST(first_seen_at AT TIME ZONE :zone AS date))
    FROM communique.statements
    WHERE source_id = :source AND (published_on IS NOT NULL OR NOT backfilled)
""")
# A source stands as its collects leave it (a replay stands for them); a backfill
# or a revisit is no turn.
_BEFORE = text("""
    SELECT c.* FROM communique.coverage c JOIN communique.runs u ON u.id = c.run_id
    WHERE c.source_id = :source AND c.run_id <> :run AND u.kind NOT IN ('backfill', 'revisit')
    ORDER BY c.started_at DESC, c.id DESC LIMIT 1
""")
_NOT_TOLD = ("started_at", "finished_at", "blind")
_EVER_GOOD = text("""
    SELECT EXISTS (SELECT FROM communique.statements WHERE source_id = :source)
        OR EXISTS (SELECT FROM communique.coverage WHERE source_id = :source AND run_id <> :run
                   AND state IN ('ok', 'quiet', 'late'))
""")


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """One source's row of one run: what `analyst.coverage` shows of it.

    listed: addresses that the listings named; known: of these, stored before and not looked at
    again. counts: visits by outcome. state: as communique/health.py explains them; since: when
    that began (aware, UTC). suspect: statements whose reading is doubtful. cadence_days: days
    within which something new is expected; None: not known.
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
    cadence_days: int | None = None

    @property
    def failed(self) -> bool:
        """Whether the run failed here: a source that reads well but has nothing new has not."""
        return self.state in TROUBLED


def record_coverage(
    engine: Engine,
    run_id: int,
    source: Source,
    *,
    started_at: datetime,
    finished_at: datetime,
    listed: int,
    known: int,
    crash: str | None = None,
    cut: str | None = None,
    by_listing: bool = True,
) -> SourceCoverage:
    """Counts what this run of the source recorded, judges it, and stores it as its coverage row.

    crash: why the turn ended before its end, if it did; then the source is failing whatever it
    stored. cut: that it had no time for all, which is its error, and where it read nothing its
    failure. by_listing: False where only addresses were visited, so that no listing is missed.
    A second call for the same run replaces the row.
    """
    key = {"run": run_id, "source": source.id}
    with engine.begin() as connection:
        mark_collapsed(connection, key, source)
        pages = visited(connection, key)
        before = connection.execute(_BEFORE, key).one_or_none()
        saw = seen(connection, key, pages, before, by_listing=by_listing)
        cadence, fine = _publishing(connection, source, started_at)
        state = "failing" if crash or (cut and not saw.read) else listing_trouble(saw)
        blind = None if state else statement_trouble(saw)
        state = state or blind or fine
        if state == "failing" and not connection.execute(_EVER_GOOD, key).scalar_one():
            state = "never_worked"
        row = {
            "finished_at": finished_at,
            "listings_read": saw.listings.get("listed", 0),
            "listings_failed": saw.listings_failed,
            "listed": listed,
            "known": known,
            "suspect": connection.execute(_SUSPECT, key).scalar_one(),
            "newest": connection.execute(_NEWEST, key).scalar_one(),
            "state": state,
            "since": before.since if before and before.state == state else started_at,
            "error": plain(crash) if crash else _error(connection, key, state, saw, before, cut),
            "cadence_days": cadence,
            "blind": blind is not None,
        }
        counts = {name: sum(n for o, _, _, n in pages if o == name) for name in OUTCOMES}
        row |= {"started_at": started_at}  # of a rerun: its own
        same = {"run_id": run_id, "source_id": source.id}
        connection.execute(
            insert(Coverage)
            .values(same | row | counts)
            .on_conflict_do_update(index_elements=["run_id", "source_id"], set_=row | counts)
        )
    return SourceCoverage(
        source=source.id,
        counts=counts,
        **{name: value for name, value in row.items() if name not in _NOT_TOLD},
    )


def recount_suspects(connection: Connection, run_id: int, source_id: str) -> None:
    """Counts a run's doubtful readings anew, after second opinions on some of them."""
    key = {"run": run_id, "source": source_id}
    doubtful = connection.execute(_SUSPECT, key).scalar_one()
    connection.execute(
        update(Coverage)
        .where(Coverage.run_id == run_id, Coverage.source_id == source_id)
        .values(suspect=doubtful)
    )


def last_collected(engine: Engine, source_id: str, run_id: int) -> datetime | None:
    """When the source last had its turn in a collect before this run in which a listing of it could
    be read: where none was, nobody has looked. None: never."""
    query = (
        select(func.max(Coverage.started_at))
        .join(Run, Run.id == Coverage.run_id)
        .where(
            Coverage.source_id == source_id,
            Coverage.run_id != run_id,
            Coverage.listings_read > 0,
            Run.kind.not_in(("backfill", "revisit")),
        )
    )
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def _publishing(connection: Connection, source: Source, now: datetime) -> tuple[int | None, str]:
    """The source's cadence, declared or learned, and its state as far as it reads well."""
    rows = connection.execute(_DAYS, {"source": source.id, "zone": source.time_zone})
    today = now.astimezone(ZoneInfo(source.time_zone)).date()
    days = [day for day in rows.scalars() if day <= today]
    cadence = source.cadence or learned_cadence(days)
    return cadence, publishing(max(days, default=None), today, cadence)


def _error(
    connection: Connection,
    key: Mapping[str, Any],
    state: str,
    saw: Seen,
    before: Found | None,
    cut: str | None,
) -> str | None:
    """The run's first error in plain words; where it is the source's trouble, how far that goes."""
    first = connection.execute(_FIRST_ERROR, key).one_or_none()
    said = f"{plain(first.error)} ({first.url[:300]})" if first else None
    if cut:
        return f"{cut}; {said}" if said else cut
    if state not in TROUBLED:
        return said
    if saw.listings_failed:
        listings = listings_of(connection, key)
        every = {page.listing for page in listings}
        bad = {page.listing for page in listings if page.outcome != "listed"}
        return f"{len(bad)} of {len(every)} listings: {said}" if len(every) > 1 else said
    if saw.by_listing and not saw.named:
        return "its listings name nothing" if saw.listings else "no listing was visited"
    return _unread(saw, said) or (before.error if before is not None else None)


def _unread(saw: Seen, said: str | None) -> str | None:
    """How many statements could not be read, and why the first could not; None: none was tried."""
    missing = sum(saw.unread.values())
    if not missing:
        return None
    if not saw.read:
        return (
            said if missing == 1 else f"none of {missing} statements visited could be read: {said}"
        )
    if saw.unread_new > 1 and not saw.read_new:
        return f"none of {saw.unread_new} new statements visited could be read: {said}"
    return f"{missing} of {missing + saw.read} statements visited could not be read: {said}"
