"""Backfills: listings walked back to a day, page by page, in a run that survives its processes.

What is noted of a page is noted when all that it names has been visited, so a backfill that was
killed goes on from there, in the run that it began: its coverage counts what all its processes
did. A page that could not be read stays where the next one begins.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from sqlalchemy import ColumnElement, Engine, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from communique.collecting import Crawled
from communique.coverage import SourceCoverage
from communique.gaps import settle_backfilled
from communique.jobs import Line, Onlooker, finish_run, heard, run_source
from communique.parallel import MOST_THREADS, Done, Refusal, by_host
from communique.recording import Record, recording_together
from communique.schema import BackfillPage, Run
from scrapers.sources import Source
from scrapers.values import Listed, ListingSeen


@dataclass(frozen=True, slots=True)
class Backfill:
    """One source's backfill between two days (of the source). resume: by listing, the last page
    that was done; empty: it begins. started_at: aware, UTC; with the rest it names the run."""

    source: Source
    since: date
    until: date | None
    started_at: datetime
    resume: Mapping[str, str] = field(default_factory=dict)

    @property
    def run_key(self) -> str:
        """The name of its run, whichever process goes on in it."""
        days = f"{self.since}..{self.until or ''}"
        return f"backfill:{self.source.id}:{days}:{self.started_at.isoformat()}"


def backfill_all(
    line: Line,
    sources: Sequence[Source],
    *,
    since: date,
    until: date | None = None,
    restart: bool = False,
    onlooker: Onlooker | None = None,
    most: int = MOST_THREADS,
) -> list[Done]:
    """Walks the listings of many sources back to a day, hosts in parallel; a run for each source.

    since, until: days of the source; what a listing dates after `until` is left alone, what it
    does not date is visited. restart: begin anew where a killed one would go on. Returns how each
    ended, in the order of `sources`.
    """
    seen = onlooker or Onlooker()

    def work(source: Source, stopping: threading.Event) -> SourceCoverage:
        with line.turns.alone(f"backfill {source.id}") as mine:
            if not mine:
                raise Refusal(f"another backfill of {source.id} is under way: let it end first")
            this = begin(line.engine, source, since, until, line.settings.clock(), restart=restart)
            return _run(line, this, seen, stopping, record)

    over = partial(heard, line)
    with recording_together(line.engine) as record:
        return by_host(sources, work, most=most, over=over, done=seen.done, tick=seen.tick)


def begin(
    engine: Engine,
    source: Source,
    since: date,
    until: date | None,
    now: datetime,
    *,
    restart: bool = False,
) -> Backfill:
    """The backfill that goes on, or a new one, of which note is taken."""
    mine = (BackfillPage.source_id == source.id) & (BackfillPage.since == since)
    with engine.begin() as connection:
        rows = connection.execute(select(BackfillPage.__table__).where(mine)).all()
        left = [row for row in rows if row.finished_at is None]
        if left and not restart:
            pages = {row.listing: row.page for row in rows if row.page}
            this = Backfill(source, since, until, left[0].started_at, pages)
            same = select(Run.id).where(Run.key == this.run_key)
            if connection.execute(same).scalar_one_or_none() is not None:
                return this
        connection.execute(delete(BackfillPage).where(mine))
        begun = [
            {
                "source_id": source.id,
                "listing": facts.url,
                "since": since,
                "page": "",
                "pages": 0,
                "started_at": now,
            }
            for facts in source.listings
        ]
        if begun:
            connection.execute(insert(BackfillPage).on_conflict_do_nothing(), begun)
    return Backfill(source, since, until, now)


def _run(
    line: Line, this: Backfill, seen: Onlooker, stopping: threading.Event, record: Record
) -> SourceCoverage:
    book = _Book(line.engine, this, ahead=dict(this.resume))

    def watch(value: Crawled) -> None:
        if isinstance(value, ListingSeen):
            book.turn(value)
        elif isinstance(value, Listed):
            book.named.update(url for url, _ in value.entries)
        seen.value(this.source, value)

    coverage = run_source(
        line,
        this.source,
        kind="backfill",
        run_key=this.run_key,
        since=this.since,
        until=this.until,
        watch=watch,
        resume=this.resume,
        stopping=stopping,
        second_opinions=False,
        record=record,
    )
    now = line.settings.clock()
    if book.close(now):
        settle_backfilled(line.engine, this.source, this.since, this.until, book.named, now)
    finish_run(line, this.run_key)
    return coverage


@dataclass(slots=True)
class _Book:
    """Which page is being visited, and which listings had one that could not be read. ahead: by
    listing, the page done before this process, until it is met again: those before it are none
    to go on from. named: the addresses that the walks named."""

    engine: Engine
    backfill: Backfill
    page: ListingSeen | None = None
    broken: set[str] = field(default_factory=set)
    ahead: dict[str, str] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    def turn(self, page: ListingSeen) -> None:
        """The next page has come: all that the one before it names has been visited."""
        self._done()
        self.page = page
        if page.error is not None:
            self.broken.add(page.listing)

    def close(self, now: datetime) -> bool:
        """The walks are over. Whether all of them were read to their end."""
        self._done()
        self._note({"finished_at": now}, BackfillPage.listing.not_in(self.broken))
        return not self.broken

    def _done(self) -> None:
        page, self.page = self.page, None
        if page is None or page.listing in self.broken:
            return
        if self.ahead.get(page.listing) == page.url:
            del self.ahead[page.listing]
        if page.listing not in self.ahead:
            values = {"page": page.url, "pages": BackfillPage.pages + 1}
            self._note(values, BackfillPage.listing == page.listing)

    def _note(self, values: Mapping[str, object], which: ColumnElement[bool]) -> None:
        mine = (BackfillPage.source_id == self.backfill.source.id) & (
            BackfillPage.since == self.backfill.since
        )
        with self.engine.begin() as connection:
            connection.execute(update(BackfillPage).where(mine, which).values(values))
