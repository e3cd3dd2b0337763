"""Many sources at once: one thread for each host, the sources of one host one after another."""

from __future__ import annotations

import contextvars
import logging
import queue
import resource
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from communique.coverage import SourceCoverage
from scrapers.about import about
from scrapers.addresses import host_of
from scrapers.errors import ScrapeError
from scrapers.large import for_many_threads, trim
from scrapers.pace import Stopped
from scrapers.sources import Source
from scrapers.storage import StorageError

log = logging.getLogger(__name__)

# Threads wait most of the time; each has a connection to its host and an archive file open.
MOST_THREADS = 300
FILES_EACH = 6
# What is left to do after a turn waits until no more turns than this are under way: in a run of
# hundreds of hosts it would take the processor that keeps them at their pace.
FEW = 20
# How long a run that is stopped waits for requests under way, in seconds.
GRACE = 10.0
TICK = 0.5
# How often memory that pages have left behind goes back to the system, in seconds.
TRIM_EVERY = 2.0


class Refusal(Exception):
    """A source's turn that is not to be, for a reason that its user can read as it stands."""


@dataclass(frozen=True, slots=True)
class Done:
    """One source's turn is over. coverage: what it saw; None where our own trouble ended it
    before it could be counted. crash: that trouble, in a line."""

    source: Source
    coverage: SourceCoverage | None = None
    crash: str | None = None

    @property
    def failed(self) -> bool:
        """Whether somebody must look."""
        return self.coverage is None or self.crash is not None or self.coverage.failed


Work = Callable[[Source, threading.Event], SourceCoverage]


def by_host(
    sources: Sequence[Source],
    work: Work,
    *,
    most: int = MOST_THREADS,
    over: Callable[[Done], Done] | None = None,
    done: Callable[[Done], None] | None = None,
    tick: Callable[[], None] | None = None,
) -> list[Done]:
    """Gives every source its turn, hosts in parallel, at most so many at once; what one source
    does stops no other. Returns how each ended, in the order of `sources`.

    work: a source's turn; it is given an event that is set when the run is to stop. over: what is
    left to do when a turn has ended, once few others are under way. done: told of each turn when
    it has ended, before that. over, done, tick: called in the caller's own thread, tick about
    twice a second. An interrupt (Ctrl-C) lets requests under way end for ten seconds and is then
    raised again.
    """
    groups: queue.SimpleQueue[list[Source]] = queue.SimpleQueue()
    ended: queue.SimpleQueue[Done] = queue.SimpleQueue()
    stopping = threading.Event()
    lots = _by_host(sources)
    for_many_threads()
    for group in lots:
        groups.put(group)
    threads = [
        threading.Thread(
            target=contextvars.copy_context().run,  # what the run's log lines say that they are of
            args=(_worker, groups, work, ended, stopping),
            daemon=True,
        )
        for _ in range(min(len(lots), most, _affordable()))
    ]
    results: dict[str, Done] = {}
    waiting = deque[Done]()
    trimmed = time.monotonic()
    try:
        for thread in threads:
            thread.start()
        while len(results) < len(sources) or waiting:
            due = bool(waiting) and len(sources) - len(results) <= FEW
            if (one := _next(ended, 0 if due else TICK)) is not None:
                results[one.source.id] = one
                waiting.append(one)
                if done is not None:
                    done(one)
            if due:
                one = waiting.popleft()
                results[one.source.id] = over(one) if over is not None else one
            if tick is not None:
                tick()
            if time.monotonic() - trimmed > TRIM_EVERY:
                trimmed = time.monotonic()
                trim()
    except BaseException:
        stopping.set()
        deadline = time.monotonic() + GRACE
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        raise
    return [results[source.id] for source in sources]


def _next(ended: queue.SimpleQueue[Done], patience: float) -> Done | None:
    try:
        return ended.get(timeout=patience) if patience else ended.get_nowait()
    except queue.Empty:
        return None


def _worker(
    groups: queue.SimpleQueue[list[Source]],
    work: Work,
    ended: queue.SimpleQueue[Done],
    stopping: threading.Event,
) -> None:
    while not stopping.is_set():
        try:
            group = groups.get_nowait()
        except queue.Empty:
            return
        for source in group:
            ended.put(_turn(source, work, stopping))


def _turn(source: Source, work: Work, stopping: threading.Event) -> Done:
    try:
        return Done(source, work(source, stopping))
    except Stopped:
        return Done(source, crash="stopped before its end")
    except (Refusal, StorageError) as reason:
        return Done(source, crash=str(reason))
    except Exception as error:
        if not stopping.is_set():
            with about(source=source.id):
                log.exception("%s: its turn ended by our own trouble", source.id)
        return Done(source, crash=f"{type(error).__name__}: {error}")


def _by_host(sources: Sequence[Source]) -> list[list[Source]]:
    """The sources of each host in their order; hosts with the most of them first, since they take
    longest."""
    groups: defaultdict[str, list[Source]] = defaultdict(list)
    for source in sources:
        groups[_host(source)].append(source)
    return sorted(groups.values(), key=lambda group: -len(group))


def _host(source: Source) -> str:
    """The host of its first listing. The pace of the others is kept request by request."""
    try:
        return host_of(source.listings[0].url)
    except (IndexError, ScrapeError):
        return source.id


def _affordable() -> int:
    """How many threads the limit on open files allows, after raising it as far as we may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_THREADS * FILES_EACH
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_THREADS if soft == resource.RLIM_INFINITY else max(1, soft // FILES_EACH)
