"""One source's turn in a run: crawl it, record what it yields, count what was seen."""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from communique.coverage import SourceCoverage, last_collected, record_coverage
from communique.gaps import Look, fill_numbers, note_walks, open_gaps
from communique.recording import MOST, Record
from communique.store import record_findings, record_listed, record_listing
from communique.visits import (
    known_addresses,
    listed_entry_of,
    pending_addresses,
    run_visited,
    stood_for,
    unread_pages,
    walked_listings,
)
from communique.wordings import Intake, Topics
from scrapers.about import about
from scrapers.addresses import canonical
from scrapers.crawl import Allowance, Plan, crawl
from scrapers.pace import Stopped
from scrapers.periods import day_in
from scrapers.sources import Source
from scrapers.values import Entry, Finding, Known, Listed, ListingSeen
from scrapers.visit import Fetch, visit

log = logging.getLogger(__name__)

STOPPED = "stopped before its end"

# So many pages of a listing are turned on the day of the week when a collect looks deeper.
DEEPER = 3

Clock = Callable[[], datetime]
Crawled = ListingSeen | Listed | Finding
Watch = Callable[[Crawled], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What all sources of one run share.

    kind: collect, backfill, replay or revisit; a backfill's statements never alert. since, until:
    how far back a backfill walks the listings, and what they date later it leaves alone. clock:
    now, aware, UTC. topics: tells a statement's topics. stopping: set when the run is to stop.
    later: who runs this hears the second opinions on what was read when all is fetched. longest:
    how long a turn may go on asking; None: as long as it takes. record: how findings are stored.
    """

    engine: Engine
    run_id: int
    kind: str
    clock: Clock
    topics: Topics
    since: date | None = None
    until: date | None = None
    stopping: threading.Event | None = None
    later: bool = False
    longest: timedelta | None = None
    record: Record = record_findings


def _looks_deeper(source: Source, now: datetime) -> bool:
    """Once a week, on a day of its own: whatever is put late among older things is found then."""
    return (now.toordinal() + zlib.crc32(source.id.encode())) % 7 == 0


def collect_source(
    job: Job,
    source: Source,
    fetch: Fetch,
    *,
    listings: frozenset[str] | None = None,
    watch: Watch | None = None,
    resume: Mapping[str, str] | None = None,
) -> SourceCoverage:
    """Gives one source its turn and returns what it saw. watch: told of each value
    once it is recorded (a progress bar). resume: by listing, the page that a killed backfill goes
    on from. What was recorded stays, whatever happens after it; an unexpected error becomes the
    coverage row's and is raised again.
    """
    started_at, collects = job.clock(), job.since is None
    missing = open_gaps(job.engine, source, recent=started_at) if collects else ()
    walked = walked_listings(job.engine, source.id)
    moved = stood_for(source, walked, started_at) if collects else {}
    back = [gap.since for gap in missing if gap.kind == "window"]
    back += [day_in(at, source.time_zone) for at in moved.values()]
    plan = Plan(
        now=started_at,
        since=job.since,
        until=job.until,
        walked={**walked, **moved},
        listings=listings,
        unread=unread_pages(job.engine, source.id) if collects else {},
        pending=pending_addresses(job.engine, source.id, started_at) if collects else (),
        back_to=min(back, default=None),
        resume=resume or {},
        later=job.later,
        deep=DEEPER if collects and job.later and _looks_deeper(source, started_at) else 1,
        allowance=Allowance(
            time.monotonic() + job.longest.total_seconds() if job.longest else None
        ),
    )

    def lookup(urls: Sequence[str]) -> Mapping[str, Known]:
        return known_addresses(job.engine, source.id, urls, started_at)

    def values() -> Iterator[Crawled]:
        yield from crawl(source, fetch, lookup, plan)
        if collects and source.series is not None and listings is None:
            look = Look(job.engine, job.run_id, source, fetch, lookup, plan)
            yield from fill_numbers(look, source.series)

    return _take(job, source, values(), watch, allowance=plan.allowance)


def visit_address(job: Job, source: Source, url: str, fetch: Fetch) -> SourceCoverage:
    """Visits one address of a source, known or not, due or not, and returns what was seen."""
    address = canonical(url, source)
    entry = replace(listed_entry_of(job.engine, source.id, address) or Entry(url), url=url)
    now = job.clock()
    known = known_addresses(job.engine, source.id, [address], now).get(address)
    if known is not None:  # what is known decides how to read it, not whether to look
        known = replace(known, etag=None, last_modified=None, due=True)
    finding = visit(source, address, entry, fetch, known, now)
    return take_findings(job, source, (finding,), None)


def take_findings(
    job: Job,
    source: Source,
    findings: Iterable[Finding],
    watch: Watch | None,
    allowance: Allowance | None = None,
) -> SourceCoverage:
    """Records what visits to a source's addresses found, value by value, and returns what was
    seen; no listing was walked. allowance: of the turn, where it has one."""
    return _take(job, source, findings, watch, by_listing=False, allowance=allowance)


def _take(
    job: Job,
    source: Source,
    values: Iterable[Crawled],
    watch: Watch | None,
    *,
    by_listing: bool = True,
    allowance: Allowance | None = None,
) -> SourceCoverage:
    """Records what a crawl yields, value by value, and the coverage row at the end, also where
    the end comes early."""
    intake = Intake(
        engine=job.engine,
        run_id=job.run_id,
        source_id=source.id,
        now=job.clock(),
        backfilled=job.kind == "backfill",
        topics=job.topics,
        collected_at=last_collected(job.engine, source.id, job.run_id),
        missed=_missed(job, source) if job.kind == "backfill" else (),
    )
    started_at, tally = intake.now, Counter[str]()
    earlier = run_visited(job.engine, job.run_id, source.id) if job.kind == "backfill" else set()
    crash: str | None = STOPPED
    try:
        for lot in _lots(values):
            if job.stopping is not None and job.stopping.is_set():
                raise Stopped(STOPPED)
            _record(job, replace(intake, now=job.clock()), lot, tally)
            for value in lot:
                if isinstance(value, Finding) and value.known and value.url in earlier:
                    tally["known"] -= 1
                if watch:
                    watch(value)
                del value
            lot.clear()  # nothing of it is kept while the next is fetched
        crash = None
    except Stopped:
        raise
    except Exception as error:
        crash = f"{type(error).__name__}: {error}"
        raise
    finally:
        coverage = record_coverage(
            job.engine,
            job.run_id,
            source,
            started_at=started_at,
            finished_at=job.clock(),
            listed=_listed(job, source, tally) if job.kind == "backfill" else tally["listed"],
            known=tally["known"],
            crash=crash,
            cut=_cut(job, allowance),
            by_listing=by_listing,
        )
        counts = ", ".join(f"{n} {name}" for name, n in coverage.counts.items() if n)
        log.info("%s: %s", coverage.state, counts or "nothing visited")
    return coverage


def _missed(job: Job, source: Source) -> tuple[tuple[date, date], ...]:
    """From which day to which its collects have missed something that is still missing."""
    return tuple(
        (gap.since, day_in(gap.found_at, source.time_zone))
        for gap in open_gaps(job.engine, source)
        if gap.kind == "window"
    )


def _cut(job: Job, allowance: Allowance | None) -> str | None:
    """That the turn had no time for all; None where it had."""
    if allowance is None or not allowance.left or job.longest is None:
        return None
    took = job.longest.total_seconds()
    after = f"{took / 60:.0f} minutes" if took >= 120 else f"{took:.0f} seconds"
    return f"stopped after {after} with {allowance.left} addresses left for the next turn"


def _listed(job: Job, source: Source, tally: Counter[str]) -> int:
    """How many addresses a backfill's listings named, whichever of its processes read them."""
    return len(run_visited(job.engine, job.run_id, source.id)) + tally["known"]


def _lots(values: Iterable[Crawled]) -> Iterator[list[Crawled]]:
    """What is recorded together: a value as soon as it is there, and with it the addresses before
    it that are known and for which nothing was fetched."""
    lot = list[Crawled]()
    for value in values:
        lot.append(value)
        more = isinstance(value, Finding) and value.known
        del value
        if not more or len(lot) >= MOST:
            yield lot
            lot = []
    if lot:
        yield lot


def _record(job: Job, intake: Intake, lot: Sequence[Crawled], tally: Counter[str]) -> None:
    findings = [value for value in lot if isinstance(value, Finding)]
    for finding in findings:
        tally["known"] += finding.known
        if finding.error is not None:
            with about(address=finding.url):
                log.warning("%s", finding.error)
    for ended in job.record(intake, findings) if findings else ():
        if ended.error is not None:
            raise ended.error
        if ended.finding.error is None and not ended.finding.known:
            with about(address=ended.finding.url):
                log.info("%s", ended.outcome)
    for value in lot:
        if isinstance(value, Listed):
            tally["listed"] += len(value.entries)
            note_walks(intake.engine, intake.run_id, value, intake.now)
            record_listed(intake, value)
        elif isinstance(value, ListingSeen):
            with about(address=value.url):
                if value.error is not None:
                    log.warning("%s", value.error)
                else:
                    log.info("a listing that names %d addresses", value.entries)
            record_listing(intake, value)
