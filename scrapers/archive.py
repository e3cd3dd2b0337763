"""The evidence: every request that got an answer, as the server sent it, in a WARC 1.1 file.

What is stored (ISO 28500:2017): one response and one request record for each exchange, redirects,
retries, robots.txt and 304 answers included, each record compressed by itself. Header fields are
kept in their order, and the body as received, still in its content-encoding: the payload digest
(sha256, hexadecimal) is of the bytes that the server sent. Only the transfer-encoding is undone;
its header is renamed X-Archive-Orig-Transfer-Encoding so that no reader undoes it twice. A body
that broke off, or was cut off, says so in WARC-Truncated. What a browser made of a page is a
conversion record that refers to the page's response.
"""

from __future__ import annotations

import os
import secrets
import threading
import uuid
import zlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

from warcio.recordloader import ArcWarcRecord
from warcio.warcwriter import WARCWriter

from scrapers.storage import is_local, located, put
from scrapers.warc import ArchivedResponse, read_record, read_records
from scrapers.warc_records import (
    WARC,
    Evidence,
    rendered_record,
    request_record,
    response_record,
    warcinfo,
)

__all__ = [
    "ArchiveWriter",
    "ArchivedResponse",
    "Evidence",
    "open_archive",
    "read_record",
    "read_records",
]

_SUFFIX = ".warc.gz"
# Nine makes a page half a percent smaller, and takes a third longer.
_GZIP_LEVEL = 6


def open_archive(url: str, name: str) -> ArchiveWriter:
    """An archive file to write into, as a context manager.

    url: a folder, as fsspec spells it (file://, s3://, memory://); name: the file below it, such
    as "china/2026-11-21/cn_mfa_en-17.warc.gz". A name that exists is never overwritten: the next
    free of name-2, name-3 ... is taken, and where there are objects instead of files, each gets a
    name of its own behind it. A file comes into being with the first record. Raises ImportError
    where what speaks to such a store is not installed.
    """
    return ArchiveWriter(url, name)


class ArchiveWriter:
    """Writes the WARC files of one source and run; safe to share between threads. See
    `open_archive`.

    What was written is kept, whatever becomes of this process. A local file is written in place,
    record by record, and is on the disk when `write` returns: killed, or without power from one
    moment to the next, it is readable up to its last whole record. A store of objects cannot
    append: there every exchange is an object of its own, a WARC file by itself, stored whole
    before `write` returns and never touched again. Its name has a part drawn by lot, so that two
    processes never meet, and no store has to say first what is there.
    """

    def __init__(self, url: str, name: str) -> None:
        self._fs, folder = located(url)
        self._wanted = f"{folder.rstrip('/')}/{name}"
        self._out: _File | _Objects = (
            _File(self._wanted) if is_local(self._fs) else _Objects(self._fs, self._wanted)
        )
        self._lock = threading.Lock()
        self._warc = WARCWriter(None, gzip=False, warc_version=WARC)

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, evidence: Evidence) -> tuple[str, str]:
        """Stores the response and its request. Returns the address of the file and the id of the
        response's record ("urn:uuid:..."). Raises OSError where the disk or the store refuses
        (StorageError)."""
        record_id = f"urn:uuid:{uuid.uuid4()}"
        records = response_record(evidence, record_id), request_record(evidence, record_id)
        return self._store(*records), record_id

    def write_rendered(
        self, url: str, fetched_at: datetime, html: bytes, refers_to: str | None
    ) -> tuple[str, str]:
        """Stores what a browser made of a page (UTF-8), as a conversion of the response whose
        record id is given, at that response's time: whoever reads the archive as it was then finds
        both. Returns and raises as `write`."""
        record_id = f"urn:uuid:{uuid.uuid4()}"
        return self._store(rendered_record(url, fetched_at, html, record_id, refers_to)), record_id

    def close(self) -> None:
        """Nothing was written, nothing is left. May be called twice."""
        with self._lock:
            self._out.close()

    def _store(self, *records: ArcWarcRecord) -> str:
        with self._lock:
            path, is_new = self._out.begin()
            if is_new:
                records = (warcinfo(self._warc, Path(path).name), *records)
            packed = _Packed()
            self._warc.out = packed
            for record in records:
                self._warc.write_record(record)
                packed.end()
            self._warc.out = None  # or it would hold its last page until the next
            self._out.append(b"".join(packed.pieces))
            return str(self._fs.unstrip_protocol(path))


class _File:
    """A local file, which grows."""

    def __init__(self, wanted: str) -> None:
        self._path = wanted
        self._out: IO[bytes] | None = None

    def begin(self) -> tuple[str, bool]:
        """Where the next records go, and whether they are the first there."""
        if self._out is None:
            self._path, self._out = _created(self._path)
        return self._path, self._out.tell() == 0

    def append(self, packed: bytes) -> None:
        """All or nothing: after a half-written record no later one could be read. Returns when the
        disk has it: the store, which will name it, has its own rows from the disk too."""
        out = cast("IO[bytes]", self._out)
        end, data = out.tell(), memoryview(packed)
        try:
            while data:
                data = data[out.write(data) :]
            os.fsync(out.fileno())
        except OSError:
            out.truncate(end)
            out.seek(end)
            raise
        if end == 0:
            _sync_folders(self._path)

    def close(self) -> None:
        """May be called twice."""
        if self._out is not None:
            self._out.close()


def _created(wanted: str) -> tuple[str, IO[bytes]]:
    """A new file of the first name that is free."""
    Path(wanted).parent.mkdir(parents=True, exist_ok=True)
    path, number = wanted, 1
    while True:
        with suppress(FileExistsError):
            return path, Path(path).open("xb", buffering=0)
        number += 1
        path = f"{wanted.removesuffix(_SUFFIX)}-{number}{_SUFFIX}"


def _sync_folders(path: str) -> None:
    """The names of a new file, and of the folders of its desk and day, reach the disk."""
    for folder in Path(path).parents[:3]:
        handle = os.open(folder, os.O_RDONLY)
        try:
            with suppress(OSError):  # some file systems do that by themselves, and know no asking
                os.fsync(handle)
        finally:
            os.close(handle)


class _Objects:
    """A store of objects: each that is appended is a new one."""

    def __init__(self, fs: Any, wanted: str) -> None:
        self._fs, self._number = fs, 0
        self._prefix = f"{wanted.removesuffix(_SUFFIX)}-{secrets.token_hex(6)}"

    def begin(self) -> tuple[str, bool]:
        """The name of the next object, which begins with its own description."""
        return f"{self._prefix}-{self._number + 1:04}{_SUFFIX}", True

    def append(self, packed: bytes) -> None:
        """Stores it. After a refusal the name is not used again: who knows what came of it."""
        path, _ = self.begin()
        self._number += 1
        put(self._fs, path, packed)

    def close(self) -> None:
        """Nothing is left to do."""


class _Packed:
    """Takes what is written, and packs each record by itself: warcio's own packs as tightly as can
    be, which takes longer than it is worth."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._gzip: Any = None

    def write(self, data: bytes) -> None:
        if self._gzip is None:
            self._gzip = zlib.compressobj(_GZIP_LEVEL, wbits=zlib.MAX_WBITS | 16)
        self.pieces.append(self._gzip.compress(data))

    def flush(self) -> None:
        """As files have it; nothing is to be done before a record ends."""

    def end(self) -> None:
        """Ends a record."""
        self.pieces.append(self._gzip.flush())
        self._gzip = None
