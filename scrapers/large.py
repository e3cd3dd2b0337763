"""Pages are taken apart a few at a time, large ones one at a time: a page takes ten times its size
while it is read, and hundreds of threads may each hold one. Python reads no faster with more."""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Bytes. Statements and listings stay far below.
LARGE = 1_000_000
_TURN, _WRITING = threading.RLock(), threading.Lock()
_FEW, _MINE = threading.BoundedSemaphore(4), threading.local()
# The parameters' numbers are malloc.h's. Blocks of so many bytes are mapped by themselves.
_M_MMAP_THRESHOLD, _MAPPED_FROM = -3, 256 * 1024
_M_ARENA_MAX, _ARENAS = -8, 2


@contextmanager
def in_turn(size: int) -> Iterator[None]:
    """Waits for one of the process's few turns at reading pages; where a page of so many bytes is a
    large one, for the one turn at those. May be entered again within itself."""
    if size <= LARGE:
        with _one_of_few():
            yield
        return
    with _TURN:
        try:
            with _one_of_few():
                yield
        finally:
            give_back()


@contextmanager
def _one_of_few() -> Iterator[None]:
    if getattr(_MINE, "taken", False):
        yield
        return
    with _FEW:
        _MINE.taken = True
        try:
            yield
        finally:
            _MINE.taken = False


@contextmanager
def written_in_turn(size: int) -> Iterator[None]:
    """Waits for the process's one turn at writing down a large page, which takes copies of it."""
    if size <= LARGE:
        yield
        return
    with _WRITING:
        yield


def uncommented(html: str) -> str:
    """A large page without its comments, which no reader reads and every tree would hold; a
    smaller one as it is. A comment that never ends stays."""
    if len(html) <= LARGE:
        return html
    kept, at = [], 0
    while (first := html.find("<!--", at)) >= 0 and (last := html.find("-->", first + 4)) >= 0:
        kept.append(html[at:first])
        at = last + 3
    return "".join([*kept, html[at:]]) if kept else html


def give_back() -> None:
    """Gives the memory of what is no longer used back to the system. A soup is a tangle of
    references, which stays until somebody looks for it; freed memory stays with the allocator."""
    gc.collect()
    trim()


def trim() -> None:
    """Gives what the allocator holds free back to the system, a matter of milliseconds. Between
    what hundreds of threads still hold it would stay for ever."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl and macOS have none
    if malloc_trim is not None:
        malloc_trim(0)


def for_many_threads() -> None:
    """To be called before hundreds of threads begin. glibc keeps, for each of many threads, as
    much free memory as the largest block they ever freed (mallopt(3)): told to map large blocks by
    themselves and to share two arenas, it keeps little. What an earlier run has left goes back."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl and macOS have none
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _MAPPED_FROM)
        mallopt(_M_ARENA_MAX, _ARENAS)
    give_back()
