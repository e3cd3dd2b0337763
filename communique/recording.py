"""Findings of many hosts' threads, recorded together: one transaction for all that wait.

A finding that comes alone is recorded at once, by itself; while the store is at it others come, and
they are the next batch. So a batch grows with the load and nobody waits for a clock. Whoever hands
one in waits until it is stored: a process that dies loses what it was about to store, which is
fetched again, and never more than one finding a thread waits here.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeAlias

from sqlalchemy import Engine

from communique.store import Recorded, Taken, record_all
from communique.wordings import Intake
from scrapers.pace import Stopped
from scrapers.values import Finding

# Findings in a transaction: more of them save little, and hold their locks longer.
MOST = 100

# So many characters weigh as much as a finding: a hundred texts of ten megabytes are no batch.
HEAVY = 50_000

# Records findings of one source in their order, and says how each ended; raises Stopped where the
# run is over.
Record: TypeAlias = Callable[[Intake, Sequence[Finding]], list[Recorded]]

_Waiting: TypeAlias = tuple[Sequence[Taken], "Future[list[Recorded]]"]


@contextmanager
def recording_together(engine: Engine, *, most: int = MOST) -> Iterator[Record]:
    """What threads that share a run record their findings with. At its end all that was handed in
    is stored. most: about as many findings go into a transaction."""
    desk = _Desk(engine, most)
    told = contextvars.copy_context()  # what the run's log lines say that they are of
    writer = threading.Thread(target=told.run, args=(desk.write,), name="recording", daemon=True)
    writer.start()
    try:
        yield desk.record
    finally:
        desk.close()
        writer.join()


class _Desk:
    """Where findings are handed in, and one thread that writes them down."""

    def __init__(self, engine: Engine, most: int) -> None:
        self._engine, self._most = engine, most
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._guard, self._closed = threading.Lock(), False

    def record(self, intake: Intake, findings: Sequence[Finding]) -> list[Recorded]:
        """As Record says."""
        answer: Future[list[Recorded]] = Future()
        with self._guard:
            if self._closed:
                raise Stopped("the run is over")
            self._waiting.put(([(intake, finding) for finding in findings], answer))
        return answer.result()

    def close(self) -> None:
        """Takes no more."""
        with self._guard:
            self._closed = True
            self._waiting.put(None)

    def write(self) -> None:
        """Until it is closed: takes whatever waits, and stores it."""
        going = True
        while going:
            going = self._store(*self._next())

    def _store(self, lots: Sequence[_Waiting], going: bool) -> bool:
        """Stores these, and returns whether more may come. Nothing of them is kept meanwhile."""
        batch = [taken for lot, _ in lots for taken in lot]
        try:
            ended = record_all(self._engine, batch) if batch else []
        except BaseException as error:  # nobody may wait for ever, now or later
            for _, answer in lots:
                answer.set_exception(error)
            return going
        at = 0
        for lot, answer in lots:
            answer.set_result(ended[at : at + len(lot)])
            at += len(lot)
        return going

    def _next(self) -> tuple[list[_Waiting], bool]:
        """What waits now, at least one; and whether more may come."""
        lots, size = list[_Waiting](), 0
        one = self._waiting.get()
        while one is not None:
            lots.append(one)
            size += sum(_weight(finding) for _, finding in one[0])
            if size >= self._most:
                return lots, True
            try:
                one = self._waiting.get_nowait()
            except queue.Empty:
                return lots, True
        return lots, False


def _weight(finding: Finding) -> int:
    """How many findings it counts for."""
    return 1 + len(finding.statement.text) // HEAVY if finding.statement is not None else 1
