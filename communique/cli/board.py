"""What a long run shows while it goes: a line for all, and a line for each source at work."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from communique.cli.common import errors
from communique.collecting import Crawled
from communique.jobs import Onlooker
from communique.parallel import Done
from scrapers.sources import Source
from scrapers.values import Finding, Listed, ListingSeen

# Sources that have a line of their own at a time.
MOST_LINES = 8
# A run whose output is read by no one now, but kept, says so often how far it is, in seconds.
EVERY = 30.0


@dataclass(slots=True)
class _Work:
    """One source's turn. pages: by listing, how many there are as far as is known; read: pages
    read; listed, visited: addresses; line: its own, where it has one."""

    pages: dict[str, int] = field(default_factory=dict)
    read: int = 0
    listed: int = 0
    visited: int = 0
    line: TaskID | None = None

    @property
    def total(self) -> int:
        """How many visits there will be, if the pages still to come name as many addresses as
        those that were read."""
        ahead = max(0, sum(self.pages.values()) - self.read)
        return self.listed + ahead * self.listed // max(self.read, 1)


class Board(Onlooker):
    """Shows a run on a terminal as bars, elsewhere as a line of plain words every half minute; a
    context manager. deep: it walks all pages of its listings."""

    def __init__(self, kind: str, sources: int, *, quiet: bool, deep: bool = False) -> None:
        self._unread: dict[str, list[str]] = {}
        self._kind, self._sources, self._deep = kind, sources, deep
        self._plain = not quiet and not errors.is_terminal
        self._lock = threading.Lock()
        self._works: dict[str, _Work] = {}
        self._count = Counter[str]()
        self._began = self._said = time.monotonic()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=errors,
            disable=quiet or not errors.is_terminal,
            transient=True,
        )
        self._all = self._progress.add_task(kind, total=sources)

    def __enter__(self) -> Board:
        self._progress.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._progress.stop()

    def unread_of(self, source: Source) -> tuple[str, ...]:
        """Why pages of this source's listings were not read."""
        return tuple(self._unread.get(source.id, ()))

    def value(self, source: Source, value: Crawled) -> None:
        """Counts a value; a source that has none yet takes a line that is free."""
        with self._lock:
            work = self._works.setdefault(source.id, _Work())
            if isinstance(value, ListingSeen):
                work.read += 1
                if self._deep:
                    work.pages[value.listing] = max(value.pages, work.pages.get(value.listing, 0))
                if value.error is not None:
                    self._unread.setdefault(source.id, []).append(str(value.error))
            elif isinstance(value, Listed):
                work.listed += len(value.entries)
            elif isinstance(value, Finding):
                work.visited += 1
                self._count["visited"] += 1
            if work.line is None and sum(w.line is not None for w in self._works.values()) < (
                MOST_LINES
            ):
                work.line = self._progress.add_task(f"  {source.id}", total=0)
            if work.line is not None:
                total = max(work.total, work.visited)
                self._progress.update(work.line, completed=work.visited, total=total)

    def done(self, done: Done) -> None:
        """Takes the source's line away and counts it."""
        with self._lock:
            work = self._works.pop(done.source.id, None)
            if work is not None and work.line is not None:
                self._progress.remove_task(work.line)
            self._count["done"] += 1
            self._count["failed"] += done.failed
            self._count["new"] += done.coverage.counts["new"] if done.coverage else 0
        self._progress.update(
            self._all, completed=self._count["done"], description=f"{self._kind}: {self._told()}"
        )

    def tick(self) -> None:
        """Says how far it is, where there are no bars."""
        if self._plain and time.monotonic() - self._said >= EVERY:
            self._said = time.monotonic()
            errors.print(self._told(), markup=False, highlight=False, soft_wrap=True)

    def _told(self) -> str:
        count = self._count
        told = f"{count['done']} of {self._sources} sources, {count['failed']} failed"
        return f"{told}, {count['new']:,} new{self._ahead() if self._deep else ''}"

    def _ahead(self) -> str:
        """How many addresses the sources at work still have, and how long they will take."""
        left = sum(max(0, work.total - work.visited) for work in list(self._works.values()))
        if not left or not self._count["visited"]:
            return ""
        pace = (time.monotonic() - self._began) / self._count["visited"]
        return f"; about {left:,} addresses ahead, {timedelta(seconds=round(left * pace))} left"
