"""What a series skipped: listings whose window no longer reaches what was known, and numbers.

A feed of ten items after an outage of a week names nothing that is known: what stood between is
lost unless another listing names it. Such a gap is noted, looked for on all listings of the source
that page for three days, and then stays open, with the command that fills it, until a walk or a
backfill has bridged it. A skipped running number is looked for once, under the address it would
have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from scrapers.addresses import canonical
from scrapers.crawl import Plan, visit_unlisted
from scrapers.errors import Blocked, Broken
from scrapers.periods import day_in
from scrapers.plan import Lookup
from scrapers.series import Skip, guesses_between, skips
from scrapers.sources import Source
from scrapers.values import Finding, Listed, Walked
from scrapers.visit import Fetch

# For so long every collect looks for what is missing; after that it is a backfill's work.
LOOKED_FOR = timedelta(days=3)
# Numbers are compared with those of the newest addresses only.
NEWEST = 500

_OPEN = text("""
    SELECT g.id, g.kind, g.listing, g.after, g.before, g.found_at,
           s.published_on, a.first_listed_at
    FROM communique.gaps g
    LEFT JOIN communique.addresses a ON a.source_id = g.source_id AND a.url = g.after
    LEFT JOIN communique.statements s ON s.id = a.statement_id
    WHERE g.source_id = :source AND g.filled_at IS NULL
          AND (CAST(:recent AS timestamptz) IS NULL OR g.found_at >= :recent)
    ORDER BY g.found_at, g.id
""")
_FOUND = text("""
    INSERT INTO communique.gaps
        (source_id, run_id, kind, listing, after, before, found_at, filled_at)
    VALUES (:source, :run, :kind, :listing, :after, :before, :now, :filled)
    ON CONFLICT (source_id, kind, listing, after, before)
    DO UPDATE SET filled_at = coalesce(gaps.filled_at, excluded.filled_at)
""")
# Of several listings one may have been out for a week while the others were read every day.
_NEWEST_KNOWN = text("""
    SELECT url FROM communique.addresses
    WHERE source_id = :source AND NOT backfilled AND NOT url = ANY(:named)
          AND first_listed_at <= coalesce((
              SELECT walked_at FROM communique.listings
              WHERE source_id = :source AND url = :listing), 'infinity')
    ORDER BY first_listed_at DESC, id LIMIT 1
""")
_BRIDGED = text("""
    UPDATE communique.gaps g SET filled_at = :now
    WHERE g.source_id = :source AND g.kind = 'window' AND g.filled_at IS NULL
          AND g.before = ANY(:named)
          AND EXISTS (
              SELECT FROM communique.addresses a WHERE a.source_id = g.source_id
              AND a.url = ANY(:reached) AND a.first_listed_at < g.found_at)
""")
_BACKFILLED = text("""
    UPDATE communique.gaps g SET filled_at = :now
    WHERE g.id = :gap AND EXISTS (
        SELECT FROM communique.addresses a
        LEFT JOIN communique.statements s ON s.id = a.statement_id
        WHERE a.source_id = g.source_id AND a.url = ANY(:named)
              AND (a.url = g.after OR s.published_on <= :since))
""")
# As the listings spell them: what is guessed from them is to be fetched. New is also what an
# earlier run has named that died, or had no guesses left, before it looked.
_IN_SERIES = text("""
    SELECT fetch_url AS url, first_listed_at >= :recent AND NOT backfilled AS new
    FROM communique.addresses
    WHERE source_id = :source ORDER BY id DESC LIMIT :most
""")
_SETTLED = text("""
    SELECT after, before, filled_at IS NULL AND found_at >= :recent AS again
    FROM communique.gaps WHERE source_id = :source AND kind = 'number'
    ORDER BY id DESC LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was skipped and is still missing.

    kind: `window` (a listing no longer reached what was known) or `number` (a running number).
    after, before: the addresses around it; after may be empty. since: the day from which on
    something may be missing, in the source's zone.
    """

    id: int
    source: str
    kind: str
    listing: str
    after: str
    before: str
    found_at: datetime
    since: date

    @property
    def command(self) -> str:
        """What fills it."""
        return f"communique backfill --source {self.source} --since {self.since}"


@dataclass(frozen=True, slots=True)
class Look:
    """What it takes to look for skipped numbers."""

    engine: Engine
    run_id: int
    source: Source
    fetch: Fetch
    lookup: Lookup
    plan: Plan


def open_gaps(engine: Engine, source: Source, *, recent: datetime | None = None) -> tuple[Gap, ...]:
    """What is missing of a source, oldest first; with `recent` (now, aware) only what a collect
    still looks for by itself."""
    with engine.connect() as connection:
        return gaps_of(connection, source, recent=recent)


def gaps_of(
    connection: Connection, source: Source, *, recent: datetime | None = None
) -> tuple[Gap, ...]:
    """As `open_gaps`, over a connection that is open."""
    asked = {"source": source.id, "recent": recent and recent - LOOKED_FOR}
    rows = connection.execute(_OPEN, asked).all()
    return tuple(
        Gap(
            id=row.id,
            source=source.id,
            kind=row.kind,
            listing=row.listing,
            after=row.after,
            before=row.before,
            found_at=row.found_at,
            since=row.published_on
            or day_in(row.first_listed_at or row.found_at, source.time_zone) - timedelta(days=1),
        )
        for row in rows
    )


def note_walks(engine: Engine, run_id: int, listed: Listed, now: datetime) -> None:
    """Notes the gaps that these walks show and settles those they bridge. To be called before the
    addresses they name are noted, so that what was known can be told from what is new."""
    told = [walk for walk in listed.walks if walk.met is not None]
    if not told:
        return
    with engine.begin() as connection:
        for walk in told:
            if not walk.met and not _covered(walk, told):
                _note_window(connection, run_id, listed.source, walk, now)
            _settle(connection, listed.source, walk, now)


def _covered(walk: Walked, others: Iterable[Walked]) -> bool:
    """Whether another listing leads on from where this one ends to what was known."""
    return any(other.met and walk.named[-1] in other.named for other in others)


def _note_window(
    connection: Connection, run_id: int, source: str, walk: Walked, now: datetime
) -> None:
    key: dict[str, Any] = {"source": source, "run": run_id, "kind": "window", "now": now}
    asked = {"source": source, "listing": walk.listing, "named": list(walk.named)}
    after = connection.execute(_NEWEST_KNOWN, asked)
    around = {"after": after.scalar_one_or_none() or "", "before": walk.named[-1]}
    connection.execute(_FOUND, key | around | {"listing": walk.listing, "filled": None})


def _settle(connection: Connection, source: str, walk: Walked, now: datetime) -> None:
    """A walk that names what stood before a gap and reaches what was known when it was found has
    bridged it. What may be pinned on top is not reached."""
    reached = walk.named[2:] if len(walk.named) > 2 else ()
    values = {"named": list(walk.named), "reached": list(reached), "now": now, "source": source}
    connection.execute(_BRIDGED, values)


def settle_backfilled(
    engine: Engine,
    source: Source,
    since: date,
    until: date | None,
    named: Collection[str],
    now: datetime,
) -> None:
    """Settles the gaps of a source that a backfill between two days has filled: those within them
    to whose other side it came. named: the canonical addresses that its walks named."""
    filled = [
        {"gap": gap.id, "since": gap.since, "named": list(named), "now": now}
        for gap in open_gaps(engine, source)
        if since <= gap.since and (until is None or day_in(gap.found_at, source.time_zone) <= until)
    ]
    with engine.begin() as connection:
        for values in filled:
            connection.execute(_BACKFILLED, values)


def fill_numbers(look: Look, series: str) -> Iterator[Finding]:
    """Looks for the numbers that the addresses new in the last days skip. What is found is a
    finding like any other; a number that is not there is settled and never asked for again; one
    that could not be asked for is looked for again by the collects of the next days."""
    for skip in _skipped(look, series):
        answered = True
        for guess in skip.guesses:
            if look.lookup([canonical(guess, look.source)]):
                continue  # a listing has named it since
            if look.plan.allowance.spent():
                answered = False
                break
            finding = visit_unlisted(look.source, guess, look.fetch, look.lookup, look.plan)
            if finding.statement is not None:
                yield finding
            elif isinstance(finding.error, Blocked | Broken):
                answered = False
        now = look.plan.now
        values = {"source": look.source.id, "run": look.run_id, "kind": "number", "now": now}
        around = {"listing": series, "after": skip.after, "before": skip.before}
        with look.engine.begin() as connection:
            connection.execute(_FOUND, values | around | {"filled": now if answered else None})


def _skipped(look: Look, series: str) -> list[Skip]:
    recent = look.plan.now - LOOKED_FOR
    asked: Mapping[str, Any] = {"source": look.source.id, "recent": recent, "most": NEWEST}
    with look.engine.connect() as connection:
        known = connection.execute(_IN_SERIES, asked).all()
        tried = connection.execute(_SETTLED, asked).all()
    again = [
        Skip(row.after, row.before, guesses_between(series, row.after, row.before))
        for row in tried
        if row.again
    ]
    urls, new = [row.url for row in known], {row.url for row in known if row.new}
    settled = [(row.after, row.before) for row in tried]
    return [*again, *skips(series, urls, new, settled)]
