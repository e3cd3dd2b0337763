"""Whose turn it is at a host: one request at a time, its starts at least a delay apart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

# Entered around every single request: host (no port), seconds from start to start.
Turn = Callable[[str, float], AbstractContextManager[None]]


@dataclass(slots=True)
class _Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    started: float | None = None


def local_turns() -> Turn:
    """Turns within this process, by the monotonic clock; safe between threads. Each call makes a
    set of its own, that knows nothing of the others."""
    hosts: dict[str, _Host] = {}
    guard = threading.Lock()

    @contextmanager
    def turn(host: str, delay: float) -> Iterator[None]:
        with guard:
            state = hosts.setdefault(host, _Host())
        with state.lock:
            if state.started is not None:
                time.sleep(max(0.0, state.started + delay - time.monotonic()))
            state.started = time.monotonic()
            yield

    return turn
