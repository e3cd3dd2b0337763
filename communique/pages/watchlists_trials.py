"""Back-tests that take longer than a page may: in threads of the application, two at once, as long
as somebody waits for them."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, Engine, text

from communique.backtest import BackTest, RuleResult, backtest, looking_only
from communique.backtest_shown import Shown, shown
from communique.backtest_trial import Trial
from communique.backtest_weeks import Estimate, Week
from communique.rules import Rule

log = logging.getLogger(__name__)

AT_ONCE = 2
WAITING = 6  # that may wait for their turn
KEPT = 20  # answers
KEPT_FOR = 30 * 60  # seconds
LEFT = 90  # seconds: nobody has asked for so long, so nobody waits any more
LONGEST = 10 * 60  # seconds of one back-test
LONGEST_QUERY = 120_000  # milliseconds
SHOWN = 25  # statements of each list


class BusyError(Exception):
    """Too many back-tests wait already."""


class _LeftError(Exception):
    """Nobody waits for it any more, or it takes too long; the message says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a back-test found, as it is shown. The numbers are of all, the lists of the first
    SHOWN. borderline: each with its reasons."""

    rules: tuple[RuleResult, ...]
    added: Sequence[Shown]
    added_in_all: int
    dropped: Sequence[Shown]
    dropped_in_all: int
    both: int
    weeks: tuple[Week, ...]
    estimate: Estimate
    borderline: Sequence[tuple[Shown, tuple[str, ...]]]
    statements: int
    read: int
    unread: int
    waiting: int
    narrowed: bool
    problems: tuple[str, ...]


@dataclass(slots=True)
class Job:
    """A back-test under way. owner: who waits for it. state: `waiting`, `running`, `done`, `failed`
    (said: why). done, total: statements read, and to be read. rule: its watchlist and its id. seal:
    what lets it be saved once it is done; empty where it could be before."""

    id: str
    owner: str
    rule: tuple[str, str]
    seal: str
    state: str = "waiting"
    said: str = ""
    done: int = 0
    total: int = 0
    answer: Answer | None = None
    asked_at: float = field(default_factory=time.monotonic)
    ended_at: float = 0.0
    cancelled: bool = False


def answer_of(connection: Connection, found: BackTest) -> Answer:
    """What is shown of a back-test. connection: the back-test's own."""
    trial = Trial(found.sides)
    near = shown(connection, trial, [one.listed for one in found.borderline])
    return Answer(
        rules=found.rules,
        added=list(shown(connection, trial, found.added[:SHOWN])),
        added_in_all=len(found.added),
        dropped=list(shown(connection, trial, found.dropped[:SHOWN], drafted=False)),
        dropped_in_all=len(found.dropped),
        both=found.both,
        weeks=found.weeks,
        estimate=found.estimate,
        borderline=[
            (one, hit.doubt.reasons) for one, hit in zip(near, found.borderline, strict=True)
        ],
        statements=found.statements,
        read=found.read,
        unread=found.unread,
        waiting=found.waiting,
        narrowed=found.narrowed,
        problems=found.problems,
    )


class Trials:
    """The back-tests of one application."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def start(
        self,
        engine: Engine,
        draft: Sequence[Rule],
        rule: Rule,
        today: date,
        owner: str,
        seal: str = "",
    ) -> str:
        """Begins a back-test of one rule of a draft, in place of any other of this owner. Returns
        the number by which it is asked for. seal: kept until it is done. Raises BusyError."""
        number = f"{time.time():.0f}-{secrets.token_urlsafe(16)}"
        job = Job(number, owner, (rule.watchlist, rule.id), seal)
        with self._lock:
            self._forget_old()
            for other in self._jobs.values():
                other.cancelled |= other.owner == owner
            open_ = [one for one in self._jobs.values() if _is_open(one) and not one.cancelled]
            if len(open_) >= AT_ONCE + WAITING:
                raise BusyError(f"{len(open_)} back-tests are under way. Try again in a minute.")
            self._jobs[job.id] = job
        work = (engine, tuple(draft), rule, today, job)
        threading.Thread(target=self._run, args=work, name="back-test", daemon=True).start()
        return job.id

    def look(self, number: str, owner: str) -> Job | None:
        """How a back-test of this owner stands; asking keeps it going. None: there is none such,
        or not in this process, or its answer was kept long enough."""
        with self._lock:
            job = self._jobs.get(number)
            if job is None or job.owner != owner:
                return None
            job.asked_at = time.monotonic()
            return job

    def elsewhere(self, number: str) -> bool:
        """Whether a back-test that this process does not know may be under way in another one of
        the same house: its number tells when it began."""
        began, _, _ = number.partition("-")
        with self._lock:
            if number in self._jobs or not (began.isdecimal() and len(began) < 12):
                return False
        return abs(time.time() - int(began)) < LONGEST

    def close(self) -> None:
        """Ends what is under way."""
        with self._lock:
            for job in self._jobs.values():
                job.cancelled = True

    def _forget_old(self) -> None:
        now = time.monotonic()
        old = [key for key, job in self._jobs.items()
               if not _is_open(job) and now - job.ended_at > KEPT_FOR]  # fmt: skip
        ended = [key for key, job in self._jobs.items() if not _is_open(job)]
        for key in {*old, *ended[: max(0, len(ended) - KEPT)]}:
            del self._jobs[key]

    def _run(
        self, engine: Engine, draft: Sequence[Rule], rule: Rule, today: date, job: Job
    ) -> None:
        try:
            self._wait(job)
            try:
                job.state = "running"
                job.answer = _tried(engine, draft, rule, today, job)
                job.state = "done"
            finally:
                self._free.release()
        except _LeftError as left:
            job.said, job.state = str(left), "failed"
        except Exception:  # of a thread that nobody joins: said on the page, and in the log
            log.exception("a back-test of %s/%s failed", rule.watchlist, rule.id)
            job.said = "It failed by a fault of ours; the API server's log says which."
            job.state = "failed"
        finally:
            job.ended_at = time.monotonic()

    def _wait(self, job: Job) -> None:
        while not self._free.acquire(timeout=0.2):
            _require_asked_for(job)


def _is_open(job: Job) -> bool:
    return job.state in ("waiting", "running")


def _tried(engine: Engine, draft: Sequence[Rule], rule: Rule, today: date, job: Job) -> Answer:
    until = time.monotonic() + LONGEST

    def told(done: int, total: int) -> None:
        job.done, job.total = done, total
        _require_asked_for(job)
        if time.monotonic() > until:
            raise _LeftError(
                f"It was stopped after {LONGEST // 60} minutes, at {done:,} of {total:,} "
                "statements. `communique watchlists backtest` takes the time that it needs."
            )

    with looking_only(engine) as connection:
        connection.execute(text(f"SET LOCAL statement_timeout = {LONGEST_QUERY}"))
        # One process: what is forked from a server of many threads may never end.
        found = backtest(
            connection, draft, rule.watchlist, today, rule=rule.id, progress=told, processes=1
        )
        return answer_of(connection, found)


def _require_asked_for(job: Job) -> None:
    if job.cancelled:
        raise _LeftError("It was given up for a newer one.")
    if time.monotonic() - job.asked_at > LEFT:
        raise _LeftError("It was given up: nobody waited for it any more.")
