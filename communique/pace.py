"""One request at a time per host, at its pace, on whichever worker: PostgreSQL is the clock hand.

A process holds a few connections for this, apart from the pool, each for hosts of its own, and on
it, for as long as a request lasts, the host's advisory lock; table `hosts` keeps when the host was
last asked, and how much it asked us to slow down or to leave it alone. Threads of one process queue
for a host among themselves first. Whoever has to wait waits without any lock and comes back. A
process that dies loses its connections and with them its locks; one that loses a connection makes a
new one, and only then may two requests overlap.

The locks are the session's: a connection pooler between us and PostgreSQL must not share sessions
(pgbouncer: `pool_mode = session`).
"""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from sqlalchemy import Engine, event

from communique.pace_sql import CORRECT, LEFT, LOCK, TAKE, UNLOCK
from scrapers.pace import LONGEST, Asked, Stopped, Turn, slowed

log = logging.getLogger(__name__)

# A request that went out later than noted, by more than this part of the delay, is noted anew.
LATE = 0.01
# How often a host is asked for that another process is asking just now, in seconds.
POLL = 0.05
TRIES = 5
# Connections of a process, each made when one of its hosts is asked for.
SESSIONS = 4

Values = Mapping[str, Any]
Row = tuple[Any, ...]


@dataclass(slots=True)
class _Host:
    """What this process knows of a host. due: no request before (time.monotonic)."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    due: float = 0.0


class HostTurns:
    """Turns at hosts, for all threads of a process, over a few connections, each for hosts of its
    own: over a single one the threads of hundreds of hosts wait for each other's answers."""

    def __init__(self, engine: Engine) -> None:
        self._sessions = tuple(_Session(engine) for _ in range(SESSIONS))

    def close(self) -> None:
        """Gives up the connections and every lock on them."""
        for session in self._sessions:
            session.close()

    def turns(self, stopping: threading.Event | None = None) -> Turn:
        """Turns for a fetcher: `with turn(host, delay) as asked: request`. stopping: once it is
        set, whoever waits gets Stopped."""
        every = [session.turns(stopping) for session in self._sessions]

        def turn(host: str, delay: float, *, pause: float = 0.0) -> AbstractContextManager[Asked]:
            return every[_place(host)](host, delay, pause=pause)

        return turn

    def alone(self, name: str) -> AbstractContextManager[bool]:
        """Whether this process alone does what `name` says, as long as the context lasts; False:
        another one, or another thread of this one, is at it."""
        return self._sessions[_place(name)].alone(name)


def _place(name: str) -> int:
    return zlib.crc32(name.encode("utf-8", "replace")) % SESSIONS


class _Session:
    """One connection, and the turns that are kept on it. It is made with the first turn and closed
    with the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = threading.Lock()
        self._hosts: dict[str, _Host] = {}
        self._connection: Any = None
        self._session = 0
        event.listen(engine, "engine_disposed", lambda _: self.close())

    def close(self) -> None:
        """Gives up the connection and every lock on it."""
        with self._guard:
            self._drop()

    def turns(self, stopping: threading.Event | None = None) -> Turn:
        """As HostTurns says."""
        wait = _waiter(stopping)

        @contextmanager
        def turn(host: str, delay: float, *, pause: float = 0.0) -> Iterator[Asked]:
            wait(pause)
            with self._guard:
                state = self._hosts.setdefault(host, _Host())
            with state.lock:
                asked, session, noted = self._take(host, delay, state, wait)
                before = asked.slowdown
                try:
                    yield asked
                finally:  # a request that failed was a request
                    state.due = max(
                        asked.started + slowed(delay, asked.slowdown), time.monotonic() + asked.rest
                    )
                    late = asked.started - noted
                    if asked.slowdown != before or asked.rest or late > LATE * delay:
                        values = {"host": host, "slowdown": asked.slowdown, "late": late}
                        values["rest"] = asked.rest
                        self._ask(CORRECT, values, rows=False)
                    self._unlock(f"host {host}", session)

        return turn

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """As HostTurns says."""
        with self._guard:
            state = self._hosts.setdefault(f"alone {name}", _Host())
        mine = state.lock.acquire(blocking=False)
        try:
            row, session = self._ask(LOCK, {"name": name}) if mine else ((False,), 0)
            try:
                yield bool(row[0])
            finally:
                if row[0]:
                    self._unlock(name, session)
        finally:
            if mine:
                state.lock.release()

    def _take(
        self,
        host: str,
        delay: float,
        state: _Host,
        wait: Callable[[float], None],
    ) -> tuple[Asked, int, float]:
        """Waits until the host is free and due, and notes the start. Returns the request, the
        session that holds its lock, and the moment (time.monotonic) from which on it is noted."""
        values = {"host": host, "name": f"host {host}", "delay": delay, "waited_out": None}
        while True:
            wait(state.due - time.monotonic())
            noted = time.monotonic()
            (got, slowdown), session = self._ask(TAKE, values)
            if slowdown is not None:
                return Asked(slowdown), session, noted
            if got:
                self._unlock(f"host {host}", session)
            (left, last, slowdown, rest), _ = self._ask(LEFT, values, none=(0.0, None, 1.0, 0.0))
            longest = slowed(delay, slowdown)
            if left > longest:  # the clock was set back: that must not stop a host for days
                values["waited_out"] = last
            # Nor must another clock's idea of when a rest ends.
            pause = max(min(max(left, 0.0), longest), min(rest, LONGEST)) or (0.0 if got else POLL)
            state.due = time.monotonic() + pause

    def _unlock(self, name: str, session: int) -> None:
        """Gives a lock back. One of a connection that was lost is gone with it."""
        with self._guard:
            if session == self._session and self._connection is not None:
                with suppress(psycopg2.OperationalError, psycopg2.InterfaceError):
                    self._execute(UNLOCK, {"name": name})

    def _ask(
        self, query: str, values: Values, *, none: Row = (), rows: bool = True
    ) -> tuple[Row, int]:
        """The first row of an answer, and the session that gave it. A lost connection is made
        anew; raises psycopg2.OperationalError where that does not help."""
        attempt = 0
        while True:
            attempt += 1
            try:
                with self._guard:
                    return self._execute(query, values, rows=rows) or none, self._session
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                if attempt == TRIES:
                    raise
                log.warning("the connection that keeps the hosts' pace was lost: %s", error)
                time.sleep(attempt - 1)

    def _execute(self, query: str, values: Values, *, rows: bool = True) -> Row | None:
        if self._connection is None:
            self._session += 1
            self._connection = _connect(self._engine)
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchone() if rows else None
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            self._drop()
            raise

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(psycopg2.Error):
                self._connection.close()
            self._connection = None


def _connect(engine: Engine) -> Any:
    """A psycopg2 connection of our own, that no pool takes back."""
    pooled = engine.raw_connection()
    made: Any = pooled.driver_connection
    pooled.detach()
    made.autocommit = True
    return made


def _waiter(stopping: threading.Event | None) -> Callable[[float], None]:
    def wait(seconds: float) -> None:
        if stopping is None:
            time.sleep(max(seconds, 0.0))
        elif stopping.wait(seconds) if seconds > 0 else stopping.is_set():
            raise Stopped("the run is being stopped")

    return wait
