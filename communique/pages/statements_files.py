"""A search as a file: written as fast as the store gives it, read as fast as the visitor can.

What is written lands in a nameless file on this machine's disk, and the answer is read from there
while it grows. So a slow visitor holds no connection to the store, and one who went away none for
longer than LONGEST.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import BinaryIO

from sqlalchemy import Connection, Engine, text

from communique.exports import FORMATS, About, Selection, columns_of, rows_of
from communique.exports.values import Row

log = logging.getLogger(__name__)

MOST = {"csv": 10_000, "jsonl": 10_000, "atom": 100}  # statements, the newest
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
}
LONGEST = 120  # seconds until a file that is not whole is given up
AT_ONCE = 3  # files that are written at a time in this process
CHUNK = 64 * 1024  # bytes
_HEARTBEAT = 0.2  # seconds between looks at what was written


class GivenUpError(Exception):
    """A file that took too long, that nobody reads any more, or that has to wait its turn."""


class Growing:
    """A file that one thread writes while another reads it."""

    def __init__(self) -> None:
        self.file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 (closed by the last)
        self.done, self.stopped = threading.Event(), threading.Event()
        self.problem: Exception | None = None

    def chunks(self) -> Iterator[bytes]:
        """What is written, as it comes. Raises whatever went wrong while it was: the answer breaks
        off, and nobody takes it for whole."""
        at = 0
        try:
            while True:
                done = self.done.is_set()  # before looking, so that nothing is missed
                chunk = os.pread(self.file.fileno(), CHUNK, at)
                at += len(chunk)
                if chunk:
                    yield chunk
                elif done:
                    break
                else:
                    self.done.wait(_HEARTBEAT)
            if self.problem is not None:
                raise self.problem
        finally:
            self.stopped.set()
            if self.done.is_set():
                self.file.close()

    def finish(self) -> None:
        """Says that all is written. Of writer and reader, the last one closes the file."""
        self.done.set()
        if self.stopped.is_set():
            self.file.close()


class Files:
    """The files that are being written in this process: no more than AT_ONCE."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def write(self, engine: Engine, chosen: str, selection: Selection, about: About) -> Growing:
        """Begins a file. Raises GivenUpError where too many are being written."""
        if not self._places.acquire(blocking=False):
            raise GivenUpError(
                f"{AT_ONCE} files are being written already. Wait a minute, then repeat."
            )
        growing = Growing()
        arguments = (growing, engine, chosen, selection, about)
        threading.Thread(target=self._write, args=arguments, name="export", daemon=True).start()
        return growing

    def _write(
        self, growing: Growing, engine: Engine, chosen: str, selection: Selection, about: About
    ) -> None:
        try:
            with engine.connect().execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            ) as connection:
                connection.execute(
                    text(f"SET LOCAL statement_timeout = {max(1, int(LONGEST * 1000))}")
                )
                rows = _in_time(connection, selection, growing)
                FORMATS[chosen](growing.file, columns_of(connection), rows, about)
                growing.file.flush()
        except Exception as error:
            log.warning("a file of %r was not finished: %s", selection.query, error)
            growing.problem = error
        finally:
            self._places.release()
            growing.finish()


def file_name(query: str, chosen: str) -> str:
    """A name for a file of what a query finds, that every system takes."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", query).strip("-").lower()[:60].strip("-")
    return f"communique-{words or 'statements'}.{chosen}"


def _in_time(connection: Connection, selection: Selection, growing: Growing) -> Iterator[Row]:
    deadline = time.monotonic() + LONGEST
    for row in rows_of(connection, selection):
        if growing.stopped.is_set():
            raise GivenUpError("nobody reads it any more")
        if time.monotonic() > deadline:
            raise GivenUpError(f"it took more than {LONGEST} s")
        yield row
