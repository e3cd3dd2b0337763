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

import tempfile
import threading
import uuid
import zlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

from fsspec.core import url_to_fs
from warcio.recordloader import ArcWarcRecord
from warcio.warcwriter import WARCWriter

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
    free of name-2, name-3 ... is taken. The file comes into being with the first record.
    """
    return ArchiveWriter(url, name)


class ArchiveWriter:
    """Writes one WARC file; safe to share between threads. See `open_archive`.

    A local file is written in place, record by record, so a process that is killed leaves a file
    that is readable up to its last whole record. Object stores cannot append: there the file is
    collected beside the process and put at close, over an empty file that reserves the name.
    """

    def __init__(self, url: str, name: str) -> None:
        self._fs, folder = url_to_fs(url)
        self._wanted = f"{folder.rstrip('/')}/{name}"
        self._local = "file" in _protocols(self._fs)
        self._lock = threading.Lock()
        self._out: IO[bytes] | None = None
        self._path = self._wanted
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
        """Writes the response and its request. Returns the address of the file and the id of the
        response's record ("urn:uuid:..."). Raises OSError where the store refuses."""
        record_id = f"urn:uuid:{uuid.uuid4()}"
        with self._lock:
            self._begin()
            response = response_record(evidence, record_id)
            self._append(response, request_record(evidence, record_id))
            return str(self._fs.unstrip_protocol(self._path)), record_id

    def write_rendered(
        self, url: str, fetched_at: datetime, html: bytes, refers_to: str | None
    ) -> tuple[str, str]:
        """Writes what a browser made of a page (UTF-8), as a conversion of the response whose
        record id is given, at that response's time: whoever reads the archive as it was then finds
        both. Returns and raises as `write`."""
        record_id = f"urn:uuid:{uuid.uuid4()}"
        with self._lock:
            self._begin()
            self._append(rendered_record(url, fetched_at, html, record_id, refers_to))
            return str(self._fs.unstrip_protocol(self._path)), record_id

    def close(self) -> None:
        """Completes the file; nothing was written, nothing is left. May be called twice."""
        with self._lock:
            if self._out is None:
                return
            out, self._out = self._out, None
            with out:
                if not self._local:
                    self._fs.put_file(out.name, self._path)

    def _begin(self) -> None:
        if self._out is None:
            self._path, self._out = self._reserve()
            self._append(warcinfo(self._warc, Path(self._path).name))

    def _append(self, *records: ArcWarcRecord) -> None:
        """All or nothing: after a half-written record no later one could be read."""
        packed = _Packed()
        self._warc.out = packed
        for record in records:
            self._warc.write_record(record)
            packed.end()
        self._warc.out = None  # or it would hold its last page until the next
        out = cast("IO[bytes]", self._out)
        end, data = out.tell(), memoryview(b"".join(packed.pieces))
        try:
            while data:
                data = data[out.write(data) :]
        except OSError:
            out.truncate(end)
            out.seek(end)
            raise

    def _reserve(self) -> tuple[str, IO[bytes]]:
        """Takes the first name that is free; in place for a local file."""
        if self._local:
            Path(self._wanted).parent.mkdir(parents=True, exist_ok=True)
        path, number = self._wanted, 1
        while True:
            if self._local:
                with suppress(FileExistsError):
                    return path, Path(path).open("xb", buffering=0)
            elif not self._fs.exists(path):
                self._fs.pipe_file(path, b"")
                return path, tempfile.NamedTemporaryFile(buffering=0, suffix=_SUFFIX)
            number += 1
            path = f"{self._wanted.removesuffix(_SUFFIX)}-{number}{_SUFFIX}"


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


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)
