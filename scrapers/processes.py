"""Processes that were started for us, and how to end them when they do not answer any more."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def children_of(process: int) -> frozenset[int]:
    """The numbers of a process's children; none where the system has no /proc (Linux has)."""
    found = set[int]()
    for task in _PROC.glob(f"{process}/task/*/children"):
        with suppress(OSError):  # it has ended meanwhile
            found.update(map(int, task.read_text().split()))
    return frozenset(found)


def command_of(process: int) -> str:
    """The command line of a process; "" for one that has ended."""
    try:
        return (_PROC / str(process) / "cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def end(process: int) -> None:
    """Ends a process and all that it has started, at once."""
    for one in list(_tree(process)):
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def _tree(process: int) -> Iterator[int]:
    yield process
    for child in children_of(process):
        yield from _tree(child)
