"""A WARC file record by record, plain or gzipped by record, over whatever damage it has.

warcio stops at the first record that it cannot read; here the next whole one is looked for, so
that a damaged byte costs the record that it lies in and no other. A gzipped record is whole where
its own checksum holds (RFC 1952); what no checksum covers, the ten bytes before it, must be like
those of the records around it, where these name no time.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import BinaryIO

from scrapers.storage import opened

# A record that unpacks to more than this is no page of ours, or a damaged length.
LARGEST = 256_000_000
_CHUNK = 1 << 14
_GZIP = b"\x1f\x8b\x08"
_HEAD = 10
_BETWEEN = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Member:
    """One record. offset, size: where it lies in the file, in bytes. data: the record,
    uncompressed; raw: as it lies there. flaw: what is odd about it all the same."""

    warc: str
    offset: int
    size: int
    data: bytes
    raw: bytes
    flaw: str | None = None

    @property
    def fields(self) -> Mapping[str, str]:
        """The record's own header, names in lower case."""
        head = self.data.split(_BETWEEN, 1)[0].decode("utf-8", "replace")
        pairs = (line.partition(":") for line in head.split("\r\n")[1:])
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    @property
    def record_id(self) -> str:
        """As the store notes it: urn:uuid:... without brackets."""
        return self.fields.get("warc-record-id", "").strip("<>")


@dataclass(frozen=True, slots=True)
class Damage:
    """A place in a file, in bytes, that holds no whole record, and why."""

    warc: str
    offset: int
    reason: str


def walk(warc: str) -> Iterator[Member | Damage]:
    """The records of a file in their order; Damage where there should be one. Memory holds a
    record at a time. Raises OSError (FileNotFoundError, StorageError) where the file cannot be
    read."""
    with opened(warc) as stream:
        gzipped = stream.read(1) == _GZIP[:1]
        stream.seek(0)
        found = _gzipped(warc, stream) if gzipped or _holds_gzip(stream) else _plain(warc, stream)
        yield from _alike(found)


def _holds_gzip(stream: BinaryIO) -> bool:
    """Whether a file that does not begin as a gzipped one is one all the same."""
    stream.seek(0)
    begin = stream.read(4096)
    stream.seek(0)
    return not begin.startswith(b"WARC/") and (begin[1:3] == _GZIP[1:] or _GZIP in begin)


def _gzipped(warc: str, stream: BinaryIO) -> Iterator[Member | Damage]:
    offset = 0
    while True:
        stream.seek(offset)
        try:
            data, raw = _unpacked(stream)
        except (zlib.error, EOFError, OverflowError) as error:
            yield Damage(warc, offset, str(error))
            begin = _next(stream, offset + 1, _GZIP, _begins_gzipped)
            if begin is None:
                return
            offset = begin
            continue
        if not raw:
            return
        if data.startswith(b"WARC/"):
            yield Member(warc, offset, len(raw), data, raw)
        else:
            yield Damage(warc, offset, "no WARC record")
        offset += len(raw)


def _unpacked(stream: BinaryIO) -> tuple[bytes, bytes]:
    """One gzip member, unpacked and as it lies there; both empty at the end of the file."""
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    data: list[bytes] = []
    raw: list[bytes] = []
    size = 0
    while not unzip.eof:
        chunk = stream.read(_CHUNK)
        if not chunk:
            if not raw:
                return b"", b""
            raise EOFError("the file ends in the middle of a record")
        data.append(unzip.decompress(chunk, LARGEST))
        raw.append(chunk[: len(chunk) - len(unzip.unused_data)])
        size += len(data[-1])
        if size >= LARGEST:
            raise OverflowError(f"a record of more than {LARGEST:,} bytes")
    return b"".join(data), b"".join(raw)


def _begins_gzipped(found: bytes) -> bool:
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        return unzip.decompress(found, 16).startswith(b"WARC/")
    except zlib.error:
        return False


def _plain(warc: str, stream: BinaryIO) -> Iterator[Member | Damage]:
    offset = 0
    while True:
        stream.seek(offset)
        head = stream.read(_CHUNK)
        if not head.strip(b"\r\n"):
            return
        end, length = head.find(_BETWEEN), _length(head)
        if not head.startswith(b"WARC/") or end < 0 or length is None:
            yield Damage(warc, offset, "no WARC record begins here")
        else:
            size = end + len(_BETWEEN) + length
            stream.seek(offset)
            data = stream.read(size + len(_BETWEEN))
            if len(data) >= size and data[size:] in (_BETWEEN, b""):
                yield Member(warc, offset, len(data), data, data)
                offset += len(data)
                continue
            yield Damage(warc, offset, "the record does not end where it says")
        begin = _next(stream, offset + 1, _BETWEEN + b"WARC/1.", lambda _: True)
        if begin is None:
            return
        offset = begin + len(_BETWEEN)


def _length(head: bytes) -> int | None:
    for line in head.split(_BETWEEN, 1)[0].split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return min(int(value), LARGEST)
    return None


def _next(
    stream: BinaryIO, offset: int, mark: bytes, begins: Callable[[bytes], bool]
) -> int | None:
    """Where the next mark stands, at or behind an offset, with which a record begins; None:
    nowhere."""
    while True:
        stream.seek(offset)
        found = stream.read(_CHUNK * 64)
        at = found.find(mark)
        if at < 0:
            if len(found) < _CHUNK * 64:
                return None
            offset += len(found) - len(mark) + 1
            continue
        stream.seek(offset + at)
        if begins(stream.read(_CHUNK)):
            return offset + at
        offset += at + 1


def _alike(found: Iterator[Member | Damage]) -> Iterator[Member | Damage]:
    """Marks a record whose gzip header differs, by a byte, from what those of the file share."""
    first = list(islice(found, 4))
    heads = Counter(one.raw[:_HEAD] for one in first if isinstance(one, Member))
    usual, times = heads.most_common(1)[0] if heads else (b"", 0)
    checked = times > 1 and usual.startswith(_GZIP) and usual[4:8] == bytes(4)
    for one in chain(first, found):
        if checked and isinstance(one, Member) and _differs_by_one(one.raw[:_HEAD], usual):
            yield replace(one, flaw="its gzip header is not that of the records around it")
        else:
            yield one


def _differs_by_one(head: bytes, usual: bytes) -> bool:
    return sum(a != b for a, b in zip(head, usual, strict=False)) == 1
