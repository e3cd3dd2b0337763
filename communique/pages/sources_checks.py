"""Checks of sources that somebody asked for on their page. They take as long as the sites let
them, so each has a thread of its own: one a source, MOST in all, and none for ever. What they found
is kept in memory, until the next check or the server's end."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from communique.checking import Look, look_at, looking
from communique.jobs import fetch_policy
from communique.mail.clean import shown
from communique.pace import HostTurns
from communique.settings import Settings
from scrapers.pace import Stopped
from scrapers.replay import Replay
from scrapers.sources import Source
from scrapers.visit import Fetch

MOST = 2
LONGEST = 300.0  # seconds after which a check asks for nothing more
KEPT = 200  # sources of which the last check is remembered

log = logging.getLogger(__name__)


class Busy(Exception):
    """No further check can begin now; the message says what to wait for."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check of a source. begun, ended: by the store's clock; seconds: what it took; look: what it
    found; problem: why it could not go on to its end. Both None: it is under way."""

    source: str
    by: str
    begun: datetime
    ended: datetime | None = None
    seconds: float = 0.0
    look: Look | None = None
    problem: str | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended, whatever it found."""
        return self.look is not None or self.problem is not None


@dataclass
class Checks:
    """All checks of an application. Threads may share it."""

    _guard: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[str, Check] = field(default_factory=dict)
    _turns: tuple[Engine, HostTurns] | None = None

    def of(self, source_id: str) -> Check | None:
        """The last check of a source; None: nobody has asked this server for one."""
        with self._guard:
            return self._known.get(source_id)

    def begin(self, source: Source, by: str, settings: Settings, engine: Engine) -> Check:
        """Begins a check of a source; one that is under way goes on instead. Raises Busy."""
        with self._guard:
            last = self._known.get(source.id)
            if last is not None and not last.over:
                return last
            running = [check.source for check in self._known.values() if not check.over]
            if len(running) >= MOST:
                names = " and ".join(running)
                raise Busy(f"{names} are being checked: try again when one of them is done.")
            check = Check(source.id, by, settings.clock())
            self._known.pop(source.id, None)
            self._known[source.id] = check
            for name in list(self._known)[: max(0, len(self._known) - KEPT)]:
                if self._known[name].over:
                    del self._known[name]
            turns = self._turns_at(engine)
        threading.Thread(
            target=self._work,
            args=(check, source, settings, turns),
            name=f"check {source.id}",
            daemon=True,
        ).start()
        return check

    def _turns_at(self, engine: Engine) -> HostTurns:
        """One for all checks, as its connections are."""
        if self._turns is None or self._turns[0] is not engine:
            self._turns = engine, HostTurns(engine)
        return self._turns[1]

    def _work(self, check: Check, source: Source, settings: Settings, turns: HostTurns) -> None:
        began, done = time.monotonic(), dict[str, Any]()
        try:
            done = {"look": _look(source, settings, turns)}
        except Stopped:
            said = f"It was not done after {LONGEST / 60:.0f} minutes: the site is slow, or wants "
            said += f"long pauses between requests. Next: communique sources check {source.id}"
            done = {"problem": said}
        except Exception as error:  # of our own: the store, the archive, a reader
            log.exception("the check of %s failed", source.id)
            done = {"problem": shown(f"{type(error).__name__}: {error}", 500)}
        took = time.monotonic() - began
        over = replace(check, ended=settings.clock(), seconds=took, **done)
        with self._guard:
            self._known[source.id] = over


def _look(source: Source, settings: Settings, turns: HostTurns) -> Look:
    """Raises Stopped once it has taken too long."""
    policy, stopping = fetch_policy(settings), threading.Event()
    replay = Replay(settings.replay, settings.as_of, policy) if settings.replay else None
    timer = threading.Timer(LONGEST, stopping.set)
    timer.daemon = True
    timer.start()
    try:
        with looking(policy, turns.turns(stopping), settings.clock, replay) as fetch:
            return look_at(source, _until(fetch, stopping), settings.clock())
    finally:
        timer.cancel()


def _until(fetch: Fetch, stopping: threading.Event) -> Fetch:
    """As `fetch`, until it is told to stop."""

    def asked(url: str, source: Source, known: Any) -> Any:
        if stopping.is_set():
            raise Stopped("the check has taken too long")
        return fetch(url, source, known)

    return asked
