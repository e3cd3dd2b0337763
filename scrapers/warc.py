"""Reading WARC files: ours (scrapers.archive) and anyone's, plain or gzipped by record."""

from __future__ import annotations

import io
import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed

from scrapers.body import decode
from scrapers.errors import NotInArchive, ScrapeError, TimedOut, TooLarge, Truncated
from scrapers.exchange import lowered
from scrapers.storage import opened

log = logging.getLogger(__name__)

LARGEST = 10_000_000

# The kind of record, and its content, that holds a page as a browser made it.
RENDERED = "conversion"
RENDERED_TYPE = "text/html; charset=utf-8"

_TRUNCATED = {"length": TooLarge, "time": TimedOut}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a response lies: file, byte offset, and what an index needs to know of it. number:
    its place in the order of an archive of many files. rendered: not what the server sent, but
    what a browser made of it."""

    warc: str
    offset: int
    url: str
    fetched_at: datetime
    record_id: str
    status: int
    number: int = 0
    rendered: bool = False


@dataclass(frozen=True, slots=True)
class ArchivedResponse:
    """A response as archived. body: decoded from transfer and content encoding, empty where
    `error` says why it is not all there. payload_digest: as recorded ("sha256:..."); intact:
    whether the record's digests hold; None where it has none that we can check."""

    place: Place
    headers: Mapping[str, str]
    body: bytes
    payload_digest: str | None
    intact: bool | None
    error: ScrapeError | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.place.status

    @property
    def fetched_at(self) -> datetime:
        """The record's WARC-Date (aware, UTC)."""
        return self.place.fetched_at


def read_record(warc: str, record_id: str) -> ArchivedResponse:
    """One response of an archive, by the address of its file and its record id (urn:uuid:...).
    Reads the file from its start: for many records of one file take `read_records`.

    Raises NotInArchive where file or record is missing.
    """
    for response in read_records(warc, {record_id}):
        return response
    raise NotInArchive(f"{warc} has no response with the id {record_id}")


def read_records(warc: str, wanted: Collection[str] | None = None) -> Iterator[ArchivedResponse]:
    """The responses of a file in their order, all or those with the wanted ids, in one pass.
    Memory holds one body at a time. Raises NotInArchive where the file is missing or no WARC."""
    ids = None if wanted is None else {_bare(record_id) for record_id in wanted}
    for place, record in _responses(warc, check_digests=True):
        if ids is None or place.record_id in ids:
            yield _response(place, record, LARGEST)
            if ids is not None:
                ids.discard(place.record_id)
                if not ids:
                    return


def read_at(place: Place, limit: int = LARGEST) -> ArchivedResponse:
    """The response at a place that `places` found. limit: bytes of its body, wire and decoded."""
    with _open(place.warc) as stream:
        stream.seek(place.offset)
        return _response(place, next(ArchiveIterator(stream)), limit)


def read_bytes(warc: str, offset: int, record: bytes, limit: int = LARGEST) -> ArchivedResponse:
    """The response that a record's own bytes, uncompressed, hold. warc, offset: where they were
    found. limit: as in `read_at`. Raises NotInArchive where they are no response that can be used.
    """
    try:
        records = ArchiveIterator(io.BytesIO(record), check_digests=True)
        found = next(records, None)
        place = _place(warc, records, found) if found is not None else None
        if found is not None and place is not None:
            return _response(replace(place, offset=offset), found, limit)
    except (ArchiveLoadFailed, ValueError, EOFError) as error:
        raise NotInArchive(f"{warc}: the record at byte {offset} is none: {error}") from error
    raise NotInArchive(f"{warc}: the record at byte {offset} is no response")


def places(warc: str) -> Iterator[Place]:
    """All responses of a file. What cannot be used (a last record cut short by a killed writer,
    a record without HTTP headers or date) is passed over with a warning.
    Raises NotInArchive where the file is missing or no WARC."""
    for place, record in _responses(warc):
        while record.raw_stream.read(1 << 20):
            pass
        if record.raw_stream.limit > 0:
            log.warning("%s: the record at byte %d is cut short: passed over", warc, place.offset)
        else:
            yield place


def absolute(address: str | Path) -> str:
    """The one address of a WARC file: `file:///...` for a local path, others as they stand."""
    text = str(address)
    if "://" in text and not text.startswith("file://"):
        return text
    return f"file://{Path(text.removeprefix('file://')).resolve()}"


def _responses(warc: str, *, check_digests: bool = False) -> Iterator[tuple[Place, Any]]:
    with _open(warc) as stream:
        records = ArchiveIterator(stream, check_digests=check_digests)
        found = 0
        while True:
            try:
                record = next(records, None)
                if record is None:
                    break
                found += 1
                place = _place(warc, records, record)
                if place is not None:
                    yield place, record
            except ArchiveLoadFailed as error:
                if not found:
                    # The library's own words quote the file, which may be another than it seems.
                    raise NotInArchive(f"{warc} is no WARC file") from error
                log.warning("%s: unreadable after record %d", warc, found)
                return
        left = stream.seek(0, io.SEEK_END) - records.offset
        if left:
            log.warning("%s: its last %d bytes are no whole record: passed over", warc, left)


def _place(warc: str, records: Any, record: Any) -> Place | None:
    if record.rec_type == RENDERED and record.content_type == RENDERED_TYPE:
        return _rendered_place(warc, records, record)
    if record.rec_type != "response":
        return None
    head, http = record.rec_headers, record.http_headers
    url, date, record_id = map(head.get_header, ("WARC-Target-URI", "WARC-Date", "WARC-Record-ID"))
    status = str(http.get_statuscode()) if http and http.protocol.startswith("HTTP/") else ""
    moment = _moment(date)
    if not (
        url and record_id and moment and status.isdigit() and head.get_header("Content-Length")
    ):
        log.warning("%s: a response of %s (%s) without HTTP headers or date", warc, url, record_id)
        return None
    return Place(warc, records.offset, url, moment, _bare(record_id), int(status))


def _rendered_place(warc: str, records: Any, record: Any) -> Place | None:
    """As _place; only pages that a server sent with status 200 are rendered."""
    head = record.rec_headers
    url, date, record_id = map(head.get_header, ("WARC-Target-URI", "WARC-Date", "WARC-Record-ID"))
    moment = _moment(date)
    if not (url and record_id and moment and head.get_header("Content-Length")):
        return None
    return Place(warc, records.offset, url, moment, _bare(record_id), 200, rendered=True)


def _response(place: Place, record: Any, limit: int) -> ArchivedResponse:
    headers: Mapping[str, str] = {"content-type": RENDERED_TYPE}
    if not place.rendered:
        headers = lowered(record.http_headers.headers)
    wire, stream = b"", record.raw_stream
    if headers.get("transfer-encoding", "").lower() == "chunked":
        stream = ChunkedDataReader(record.raw_stream)
    wire = stream.read(limit + 1)
    body, error = b"", _flaw(record, headers, wire, limit)
    if error is None:
        try:
            body = decode(wire, headers.get("content-encoding", ""), limit)
        except ScrapeError as flaw:
            error = flaw
    while record.raw_stream.read(1 << 20):
        pass
    digest = record.rec_headers.get_header("WARC-Payload-Digest")
    return ArchivedResponse(place, headers, body, digest, record.digest_checker.passed, error)


def _flaw(record: Any, headers: Mapping[str, str], wire: bytes, limit: int) -> ScrapeError | None:
    """Why the archived body is not whole, in the words a live fetch would have used."""
    cut = record.rec_headers.get_header("WARC-Truncated")
    if cut:
        return _TRUNCATED.get(cut, Truncated)(f"the archived page is cut short ({cut})")
    if len(wire) > limit:
        return TooLarge(f"more than {limit:,} bytes")
    if record.raw_stream.limit > 0:
        return Truncated("the archive's file is cut short in the middle of the page")
    length = headers.get("content-length", "")
    if length.isdigit() and len(wire) < int(length) and "transfer-encoding" not in headers:
        return Truncated("the archived page is shorter than its Content-Length")
    return None


@contextmanager
def _open(warc: str) -> Iterator[BinaryIO]:
    try:
        with opened(warc) as stream:
            yield stream
    except FileNotFoundError as error:
        raise NotInArchive(f"no such archive: {warc}") from error


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _bare(record_id: str) -> str:
    return record_id.strip().strip("<>")
