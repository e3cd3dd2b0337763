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

import hashlib
import io
import tempfile
import threading
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast
from urllib.parse import urlsplit

from fsspec.core import url_to_fs
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from scrapers.warc import (
    RENDERED,
    RENDERED_TYPE,
    ArchivedResponse,
    read_record,
    read_records,
)

__all__ = [
    "ArchiveWriter",
    "ArchivedResponse",
    "Evidence",
    "open_archive",
    "read_record",
    "read_records",
]

_WARC = "WARC/1.1"
_SUFFIX = ".warc.gz"
_HTTP = "application/http; msgtype="

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One exchange on the wire. body: without transfer-encoding, in its content-encoding;
    truncated: as WARC-Truncated; peer: the network address that answered."""

    url: str
    fetched_at: datetime
    request: Fields
    status_line: str
    headers: Fields
    body: bytes
    truncated: str | None = None
    peer: str | None = None


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
        self._warc = WARCWriter(None, gzip=True, warc_version=_WARC)

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
            response = _response_record(evidence, record_id)
            self._append(response, _request_record(evidence, record_id))
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
            self._append(_rendered_record(url, fetched_at, html, record_id, refers_to))
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
            self._append(_warcinfo(self._warc, Path(self._path).name))

    def _append(self, *records: ArcWarcRecord) -> None:
        """All or nothing: after a half-written record no later one could be read."""
        self._warc.out = io.BytesIO()
        for record in records:
            self._warc.write_record(record)
        out = cast("IO[bytes]", self._out)
        end, data = out.tell(), memoryview(self._warc.out.getvalue())
        self._warc.out = None  # or it would hold its last page until the next
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


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _warcinfo(warc: WARCWriter, name: str) -> ArcWarcRecord:
    return warc.create_warcinfo_record(
        name,
        {
            "software": f"Communique/{version('communique')}",
            "format": "WARC File Format 1.1",
            "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "robots": "obey",
        },
    )


def _response_record(evidence: Evidence, record_id: str) -> ArcWarcRecord:
    head = _head(evidence.status_line, (_kept(field) for field in evidence.headers))
    extra = []
    if evidence.peer:
        extra.append(("WARC-IP-Address", evidence.peer))
    if evidence.truncated:
        extra.append(("WARC-Truncated", evidence.truncated))
    return _record("response", evidence, record_id, head, evidence.body, extra)


def _request_record(evidence: Evidence, response_id: str) -> ArcWarcRecord:
    parts = urlsplit(evidence.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = _head(f"GET {target} HTTP/1.1", (("Host", parts.netloc), *evidence.request))
    extra = [("WARC-Concurrent-To", f"<{response_id}>")]
    return _record("request", evidence, f"urn:uuid:{uuid.uuid4()}", head, b"", extra)


def _rendered_record(
    url: str, fetched_at: datetime, html: bytes, record_id: str, refers_to: str | None
) -> ArcWarcRecord:
    digest = f"sha256:{hashlib.sha256(html).hexdigest()}"
    fields = [
        ("WARC-Type", RENDERED),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", _date(fetched_at)),
        ("WARC-Target-URI", url),
        *([("WARC-Refers-To", f"<{refers_to}>")] if refers_to else []),
        ("WARC-Payload-Digest", digest),
        ("WARC-Block-Digest", digest),
    ]
    headers = StatusAndHeaders("", fields, protocol=_WARC)
    return ArcWarcRecord(
        "warc", RENDERED, headers, io.BytesIO(html), None, RENDERED_TYPE, len(html)
    )


def _record(
    kind: str, evidence: Evidence, record_id: str, head: bytes, body: bytes, extra: Fields
) -> ArcWarcRecord:
    """Built whole, not by warcio's own builder, which rewrites header fields that are not ASCII."""
    block = head + body
    fields = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", _date(evidence.fetched_at)),
        ("WARC-Target-URI", evidence.url),
        *extra,
        ("WARC-Payload-Digest", f"sha256:{hashlib.sha256(body).hexdigest()}"),
        ("WARC-Block-Digest", f"sha256:{hashlib.sha256(block).hexdigest()}"),
    ]
    rec_headers = StatusAndHeaders("", fields, protocol=_WARC)
    content_type = f"{_HTTP}{kind}"
    return ArcWarcRecord(
        "warc", kind, rec_headers, io.BytesIO(block), None, content_type, len(block)
    )


def _head(first_line: str, fields: Iterable[tuple[str, str]]) -> bytes:
    lines = [first_line, *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(line.replace("\n", " ") for line in lines).encode("latin-1", "replace")


def _kept(field: tuple[str, str]) -> tuple[str, str]:
    name, value = field
    if name.lower() == "transfer-encoding":
        return f"X-Archive-Orig-{name}", value
    return name, value


def _date(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="microseconds")[:-6] + "Z"
