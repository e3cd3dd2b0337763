"""Whose turn it is at a host: one request at a time, its starts at least a delay apart.

A host that says that it is too busy is asked less often from then on: its delay doubles with every
such answer, up to sixteenfold and never beyond five minutes, and shrinks by 0.7 over ten good
answers. Quick back-off, slow return: the rule is Chiu and Jain's additive-increase,
multiplicative-decrease ("Analysis of the increase and decrease algorithms for congestion
avoidance", 1989) as crawlers apply it to delays: Scrapy's AutoThrottle never lets an error
shorten a delay, and Heritrix waits a multiple of what a host needed, up to a bound. The bound of
five minutes is Heritrix's `maxDelayMs` order of magnitude: a host that needs more is left to the
next run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

BACK_OFF = 2.0
# A tenth of the way to 0.7: ten good answers together shrink the delay by that much.
EASE = 0.7**0.1
MOST = 16.0
LONGEST = 300.0

# Waits so many seconds; raises Stopped where the run is being stopped meanwhile.
Wait = Callable[[float], None]


class Stopped(Exception):
    """The run is being stopped: nothing more is asked for."""


@dataclass(slots=True)
class Asked:
    """One request in its turn; whoever makes it says when it goes out and how the host took it. A
    request that came to nothing (no connection, no answer) says nothing of the host."""

    slowdown: float = 1.0
    rest: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def begun(self, at: float | None = None) -> None:
        """It goes out now, or went out then (time.monotonic): the delay counts from here, not from
        when the turn began."""
        self.started = time.monotonic() if at is None else at

    def busy(self, wait: float = 0.0) -> None:
        """The host said that it is too busy (429, 503): not to be asked for so many seconds."""
        self.slowdown, self.rest = min(self.slowdown * BACK_OFF, MOST), wait

    def answered(self) -> None:
        """The host answered as it should."""
        self.slowdown = max(self.slowdown * EASE, 1.0)


class Turn(Protocol):
    """Entered around every single request."""

    def __call__(
        self, host: str, delay: float, *, pause: float = 0.0
    ) -> AbstractContextManager[Asked]:
        """The turn at a host (no port). delay: seconds from start to start, as the host's
        usual pace is; pause: seconds to wait before, as a repeated attempt does."""
        ...


@dataclass(slots=True)
class _Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    started: float | None = None
    resting_until: float = 0.0
    slowdown: float = 1.0


def slowed(delay: float, slowdown: float) -> float:
    """The seconds from start to start at a host that was busy. A source that is asked without any
    delay, as in tests, knows no slowing down."""
    return max(delay, min(delay * slowdown, LONGEST))


def local_turns(wait: Wait = time.sleep) -> Turn:
    """Turns within this process, by the monotonic clock; safe between threads. Each call makes a
    set of its own, that knows nothing of the others."""
    hosts: dict[str, _Host] = {}
    guard = threading.Lock()

    @contextmanager
    def turn(host: str, delay: float, *, pause: float = 0.0) -> Iterator[Asked]:
        if pause > 0:
            wait(pause)
        with guard:
            state = hosts.setdefault(host, _Host())
        with state.lock:
            if state.started is not None:
                due = max(state.started + slowed(delay, state.slowdown), state.resting_until)
                wait(max(0.0, due - time.monotonic()))
            asked = Asked(state.slowdown)
            try:
                yield asked
            finally:
                state.started, state.slowdown = asked.started, asked.slowdown
                state.resting_until = time.monotonic() + asked.rest

    return turn
