"""Statements read in batches and tried: here, or where there are many in several processes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import repeat
from multiprocessing import get_all_start_methods, get_context

from sqlalchemy import Connection

from communique.backtest_candidates import BATCH, document_of, read_batch
from communique.backtest_trial import Sides, Trial, Tried
from communique.rules import Document
from communique.search.reading import known_sources

FEW = 1_000  # statements that are sooner tried here than handed on
MOST_PROCESSES = 8
AHEAD = 3  # batches that wait for each process

# Told how many of the proposed statements have been read, and how many there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands: its number, its story, its day."""

    statement: int
    story: int
    day: date


@dataclass(frozen=True, slots=True)
class Read:
    """A batch that was read: how many statements, and those for which a rule holds or held."""

    statements: int
    hits: Sequence[tuple[Place, Tried]]


@dataclass(frozen=True, slots=True)
class _Lot:
    places: Sequence[Place]
    documents: Sequence[Document]


def read(
    connection: Connection,
    ids: Sequence[int],
    sides: Sides,
    since: date,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Iterator[Read]:
    """Those of these statements that are of `since` or later, tried, in their order. Memory holds a
    few batches for each process. Raises RuleError."""
    trial_of(sides)
    lots = _lots(connection, ids, since, progress)
    most = processes if processes is not None else min(_processors(), MOST_PROCESSES)
    if most < 2 or len(ids) < FEW or "fork" not in get_all_start_methods():
        yield from map(tried, repeat(sides), lots)
        return
    # Forked, so that nothing is imported and compiled again: that would take longer than most
    # back-tests. The processes are handed texts and do not know of the connection.
    with ProcessPoolExecutor(most, mp_context=get_context("fork")) as pool:
        under_way: deque[Future[Read]] = deque()
        for lot in lots:
            under_way.append(pool.submit(tried, sides, lot))
            while len(under_way) > AHEAD * most:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


@lru_cache(maxsize=4)
def trial_of(sides: Sides) -> Trial:
    """The trial of these sides; compiled once in each process, which keeps the last few. Raises
    RuleError."""
    return Trial(sides)


def tried(sides: Sides, lot: _Lot) -> Read:
    """What the trial says of a lot."""
    trial = trial_of(sides)
    hits = []
    for place, document in zip(lot.places, lot.documents, strict=True):
        found = trial.tried(document)
        if found is not None:
            hits.append((place, found))
    return Read(len(lot.places), hits)


def _lots(
    connection: Connection, ids: Sequence[int], since: date, progress: Progress | None
) -> Iterator[_Lot]:
    sources: Mapping[str, Document] = {one.source: one for one in known_sources(connection)}
    for at in range(0, len(ids), BATCH):
        rows = read_batch(connection, ids[at : at + BATCH], since)
        if rows:
            places = [Place(row.id, row.story_id, row.day) for row in rows]
            yield _Lot(places, [document_of(row, sources) for row in rows])
        if progress is not None:
            progress(min(at + BATCH, len(ids)), len(ids))


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
