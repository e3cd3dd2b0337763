"""Statements that are read again: edited since, taken down, or put back.

The daily collect looks again at whatever is due, after its listings. This does the same without
listings, for runs in between: of what is watched, or of a source that is behind. Both go by the
same schedule (`communique.due`) and each look settles it, so nothing is asked twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial

from communique.collecting import Job, take_findings
from communique.coverage import SourceCoverage
from communique.due import due_statements
from communique.jobs import LONGEST_TURN, Line, Onlooker, fetching, finish_run, heard
from communique.parallel import MOST_THREADS, Done, by_host
from communique.recording import Record, recording_together
from communique.runs import open_run
from communique.visits import known_addresses
from scrapers.about import about
from scrapers.crawl import Allowance, Plan, crawl
from scrapers.sources import Source
from scrapers.values import Entry, Finding, Known, Listed
from scrapers.visit import Fetch

Due = tuple[tuple[str, Entry], ...]


def what_is_due(line: Line, sources: Sequence[Source], days: int) -> Mapping[str, Due]:
    """By source, the addresses of statements first seen within so many days that are due."""
    ids = [source.id for source in sources]
    return due_statements(line.engine, ids, line.settings.clock(), days)


def revisit_all(
    line: Line,
    sources: Sequence[Source],
    due: Mapping[str, Due],
    *,
    run_key: str,
    onlooker: Onlooker | None = None,
    most: int = MOST_THREADS,
    longest: timedelta = LONGEST_TURN,
) -> list[Done]:
    """Reads again what is due, hosts in parallel: a run for each desk, named run_key with the
    desk's name behind it.

    due: as `what_is_due` has it. longest: how long a source's turn may go on asking; what is left
    stays due. Returns how each source ended that had something due, in the order of `sources`.
    What one source does, or what goes wrong with it, stops no other.
    """
    seen = onlooker or Onlooker()

    def work(source: Source, stopping: threading.Event) -> SourceCoverage:
        return _revisit(
            line,
            source,
            due[source.id],
            run_key=f"{run_key}:{source.desk}",
            longest=longest,
            stopping=stopping,
            onlooker=seen,
            record=record,
        )

    chosen = [source for source in sources if source.id in due]
    over = partial(heard, line)
    with about(run=run_key), recording_together(line.engine) as record:
        done = by_host(chosen, work, most=most, over=over, done=seen.done, tick=seen.tick)
    for desk in sorted({source.desk for source in chosen}):
        finish_run(line, f"{run_key}:{desk}")
    return done


def _revisit(
    line: Line,
    source: Source,
    due: Due,
    *,
    run_key: str,
    longest: timedelta,
    stopping: threading.Event,
    onlooker: Onlooker,
    record: Record,
) -> SourceCoverage:
    now = line.settings.clock()
    job = Job(
        engine=line.engine,
        run_id=open_run(line.engine, "revisit", run_key, source.desk, now),
        kind="revisit",
        clock=line.settings.clock,
        topics=line.topics,
        stopping=stopping,
        later=line.replay is None,
        longest=longest,
        record=record,
    )
    onlooker.value(source, Listed(source.id, due))
    allowance = Allowance(time.monotonic() + longest.total_seconds())
    told = about(run=run_key, run_number=job.run_id, source=source.id)
    with told, fetching(line, source, run_key, now, stopping) as fetch:
        findings = _findings(job, source, due, fetch, allowance)
        return take_findings(job, source, findings, partial(onlooker.value, source), allowance)


def _findings(
    job: Job, source: Source, due: Due, fetch: Fetch, allowance: Allowance
) -> Iterator[Finding]:
    """A look at each address that is still due when its turn comes: another run, or a redirect to
    it, may have settled it since."""

    def lookup(urls: Sequence[str]) -> Mapping[str, Known]:
        return known_addresses(job.engine, source.id, urls, job.clock())

    for url, entry in due:
        known = lookup([url]).get(url)
        if known is None or not known.due:
            continue
        plan = Plan(
            now=job.clock(),
            listings=frozenset(),
            pending=((url, entry),),
            later=job.later,
            allowance=allowance,
        )
        for value in crawl(source, fetch, lookup, plan):
            if isinstance(value, Finding):
                yield value
