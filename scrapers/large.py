"""Large pages are taken apart one at a time: a page of ten megabytes takes ten times that while it
is read, and hundreds of threads may each hold one."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Bytes. Statements and listings stay far below.
LARGE = 1_000_000
_TURN = threading.RLock()


@contextmanager
def in_turn(size: int) -> Iterator[None]:
    """Waits for the process's one turn at large pages, where a page of so many bytes is one; a
    smaller page never waits. May be entered again within itself."""
    if size <= LARGE:
        yield
        return
    with _TURN:
        try:
            yield
        finally:
            gc.collect()  # a soup is a tangle of references: it would stay until somebody looks
