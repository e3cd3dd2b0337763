"""The jobs that the command line and the DAGs share: both only choose what to run and show it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Engine

from communique.collecting import Crawled, Job, Watch, collect_source
from communique.coverage import SourceCoverage
from communique.opinions import hear
from communique.pace import HostTurns
from communique.parallel import MOST_THREADS, Done, by_host
from communique.recording import Record, recording_together
from communique.runs import close_run, open_run, register_sources
from communique.settings import Settings
from communique.settling import settle
from communique.store import record_findings
from communique.topics import topics_of
from communique.watchlists import Loaded, load_watchlists
from communique.wordings import Topics
from scrapers.about import about
from scrapers.archive import open_archive
from scrapers.facts import load_sources
from scrapers.fetch import Fetcher, FetchPolicy
from scrapers.replay import Replay
from scrapers.sources import Source
from scrapers.visit import Fetch

log = logging.getLogger(__name__)

# A source's turn in a collect. Hours would hold up its host's other sources, and the whole run;
# fifty addresses that each take their two minutes to time out would need them.
LONGEST_TURN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Line:
    """What every job stands on: settings, an open store, the facts and rules as they are now, how
    the fetcher behaves, and whose turn it is at which host."""

    settings: Settings
    engine: Engine
    sources: tuple[Source, ...]
    loaded: Loaded
    topics: Topics
    replay: Replay | None
    policy: FetchPolicy
    turns: HostTurns

    def desk(self, desk: str | None) -> tuple[Source, ...]:
        """The enabled sources of a desk; of all desks for None."""
        return tuple(
            source for source in self.sources if source.enabled and desk in (None, source.desk)
        )


def open_line(settings: Settings, engine: Engine, policy: FetchPolicy | None = None) -> Line:
    """Reads source facts and watchlists and opens the replay archive, where there is one.

    policy: limits and manners other than the settings' own, for whoever has no time to wait as
    long as the real web asks for. Raises SourceFactsError where the facts cannot be used. A
    broken watchlist is no reason to miss a statement: it is in `loaded.problems`, and alerting
    keeps its last good version.
    """
    sources = load_sources(settings.sources)
    register_sources(engine, sources, settings.clock())
    policy = policy or fetch_policy(settings)
    replay = Replay(settings.replay, settings.as_of, policy) if settings.replay else None
    loaded = load_watchlists(settings.watchlists)
    turns = HostTurns(engine)
    return Line(settings, engine, sources, loaded, topics_of(loaded), replay, policy, turns)


def fetch_policy(settings: Settings) -> FetchPolicy:
    """How the fetcher behaves, as far as the settings say."""
    return FetchPolicy(
        contact=settings.contact, max_body=settings.max_body, allow=settings.allow_addresses
    )


@contextmanager
def fetching(
    line: Line,
    source: Source,
    run_key: str,
    now: datetime,
    stopping: threading.Event | None = None,
) -> Iterator[Fetch]:
    """How a source's addresses are answered in this run: from the replayed archive, else from the
    network, politely, with every exchange written to a WARC file of this source and run.
    stopping: once it is set, whoever waits for a turn gets Stopped."""
    if line.replay is not None:
        yield line.replay.fetch
        return
    settings = line.settings
    name = f"{source.desk}/{now:%Y-%m-%d}/{source.id}-{_file_name(run_key)}.warc.gz"
    with (
        open_archive(settings.archive, name) as archive,
        Fetcher(
            line.policy,
            turn=line.turns.turns(stopping),
            archive=archive,
            clock=settings.clock,
        ) as fetcher,
    ):
        yield fetcher.fetch


def _file_name(run_key: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in run_key)


def run_source(
    line: Line,
    source: Source,
    *,
    kind: str,
    run_key: str,
    since: date | None = None,
    until: date | None = None,
    watch: Watch | None = None,
    resume: Mapping[str, str] | None = None,
    stopping: threading.Event | None = None,
    second_opinions: bool = True,
    longest: timedelta = LONGEST_TURN,
    record: Record = record_findings,
) -> SourceCoverage:
    """One source's turn in the run named run_key; opens the run where it is new.

    kind: collect or backfill. since, until: the days (of the source) between which a backfill
    walks. resume: by listing, the page that it goes on from. stopping: once it is set, the turn
    ends with Stopped. second_opinions: False where the caller hears them (`heard`). longest: how
    long a collect of the source may go on asking its host; what is left then stays pending, and
    its coverage says so (a backfill takes its time). record: how findings are stored. Returns
    what was seen; only what is wrong on our side raises (the store, the archive), never what a
    page does.
    """
    now = line.settings.clock()
    run_id = open_run(line.engine, kind, run_key, source.desk, now)
    job = Job(
        engine=line.engine,
        run_id=run_id,
        kind=kind,
        clock=line.settings.clock,
        topics=line.topics,
        since=since,
        until=until,
        stopping=stopping,
        later=line.replay is None,  # replayed archives are large: not to be read through again
        longest=longest if kind == "collect" and line.replay is None else None,
        record=record,
    )
    with about(run=run_key, run_number=run_id, source=source.id):
        with fetching(line, source, run_key, now, stopping) as fetch:
            coverage = collect_source(job, source, fetch, watch=watch, resume=resume)
        if second_opinions:
            doubtful = hear(line.engine, source, stopping)
            coverage = replace(coverage, suspect=coverage.suspect + doubtful)
    return coverage


def heard(line: Line, done: Done) -> Done:
    """A turn that is over, with the second opinions on what it read."""
    if done.coverage is None:
        return done
    with about(source=done.source.id):
        try:
            doubtful = hear(line.engine, done.source)
        except Exception:
            log.exception("%s: second opinions are left to its next turn", done.source.id)
            return done
    return replace(done, coverage=replace(done.coverage, suspect=done.coverage.suspect + doubtful))


class Onlooker:
    """What is told of a run of many sources as it goes; this one shows nothing."""

    def value(self, source: Source, value: Crawled) -> None:
        """A value was recorded. Called in the thread of the source's host."""

    def done(self, done: Done) -> None:
        """A source's turn is over. Called in the caller's own thread."""

    def tick(self) -> None:
        """Time passes. Called in the caller's own thread, about twice a second."""


def collect_all(
    line: Line,
    sources: Sequence[Source],
    *,
    run_key: str,
    onlooker: Onlooker | None = None,
    most: int = MOST_THREADS,
    longest: timedelta = LONGEST_TURN,
) -> list[Done]:
    """A collect of many sources, hosts in parallel (at most so many at once): a run for each desk,
    named run_key with the desk's name behind it. longest: as in run_source. Returns how each
    ended, in the order of `sources`. What one source does, or what goes wrong with it, stops no
    other.
    """
    seen = onlooker or Onlooker()

    def work(source: Source, stopping: threading.Event) -> SourceCoverage:
        return run_source(
            line,
            source,
            kind="collect",
            run_key=f"{run_key}:{source.desk}",
            watch=partial(seen.value, source),
            stopping=stopping,
            second_opinions=False,
            longest=longest,
            record=record,
        )

    over = partial(heard, line)
    with about(run=run_key), recording_together(line.engine) as record:
        done = by_host(sources, work, most=most, over=over, done=seen.done, tick=seen.tick)
    for desk in sorted({source.desk for source in sources}):
        finish_run(line, f"{run_key}:{desk}")
    return done


def finish_run(line: Line, run_key: str) -> None:
    """Notes that the run of this name is over: every source has had its turn. What it brought is
    settled, so that it can be queried whether or not somebody is told of it."""
    with about(run=run_key):
        close_run(line.engine, run_key, line.settings.clock())
        settle_all(line)


def settle_all(line: Line) -> None:
    """Settles every wording that waits."""
    for problem in settle(line.engine, line.settings.clock()).problems:
        log.error("%s", problem)
