"""Reading the body of an answer: bounded in time and size, whole or not at all.

The same decoding serves the network and the archive. Our requests announce gzip and deflate only,
so a server that compresses otherwise is at fault and its answer is Broken.
"""

from __future__ import annotations

import io
import time
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http.client import IncompleteRead
from typing import IO

from urllib3.exceptions import HTTPError, InvalidChunkLength, ProtocolError, ReadTimeoutError
from urllib3.response import HTTPResponse

from scrapers.errors import Broken, ScrapeError, TimedOut, TooLarge, Truncated

_PIECE = 65536
_GZIP_OR_ZLIB = 47
_RAW_DEFLATE = -15
_GZIP_MAGIC = b"\x1f\x8b"
# One is usual, two occur by mistake; each costs a step of recursion.
_MOST_CODINGS = 5
_INFLATED = frozenset(("gzip", "x-gzip", "deflate"))
_UNREADABLE = frozenset(("br", "zstd", "compress", "x-compress"))


@dataclass(slots=True)
class Body:
    """wire: the bytes as received, without transfer-encoding; decoded: without content-encoding
    either (the same object where there is none); error: why it is not all there; again: whether a
    second attempt may fare better."""

    wire: bytes = b""
    decoded: bytes = b""
    error: ScrapeError | None = None
    again: bool = False

    @property
    def truncated(self) -> str | None:
        """WARC-Truncated: `length`, `time` or `disconnect`; None for a body that arrived whole."""
        if isinstance(self.error, TooLarge):
            return "length"
        if isinstance(self.error, TimedOut):
            return "time"
        return "disconnect" if self.error is not None else None


def receive(response: HTTPResponse, limit: int, deadline: float) -> Body:
    """Reads a streamed answer to its end, its limit (bytes, on the wire and decoded) or its
    deadline (of time.monotonic). Memory stays at a few times the limit, whatever a compressed
    body would unfold to."""
    body, wire = Body(), io.BytesIO()
    codings = _codings(response.headers.get("content-encoding", ""))
    chunks = _wire(response, wire, limit, deadline)
    try:
        if codings:
            body.decoded = _joined(_decoded(chunks, codings), limit)
        else:
            deque(chunks, maxlen=0)
    except ScrapeError as error:
        body.error = error.kept()
    except ReadTimeoutError:
        body.error, body.again = TimedOut("the server fell silent in the middle of the page"), True
    except ProtocolError as error:
        body.error, body.again = _broken_off(error), True
    except (HTTPError, OSError) as error:
        body.error = Broken(f"the connection failed in the middle of the page: {error}")
        body.again = True
    body.wire = wire.getvalue()  # the buffer itself: no copy of ten megabytes
    if not codings and body.error is None:
        body.decoded = body.wire
    return body


def decode(wire: bytes, encoding: str, limit: int) -> bytes:
    """A body without its content-encoding. Raises Truncated, TooLarge or Broken."""
    return _joined(_decoded([wire] if wire else [], _codings(encoding)), limit)


def _wire(response: HTTPResponse, wire: IO[bytes], limit: int, deadline: float) -> Iterator[bytes]:
    while chunk := response.read1(_PIECE, decode_content=False):
        wire.write(chunk)
        if wire.tell() > limit:
            raise TooLarge(f"more than {limit:,} bytes")
        yield chunk
        if time.monotonic() > deadline:
            raise TimedOut(f"not complete within the total time-out, after {wire.tell():,} bytes")


def _joined(pieces: Iterable[bytes], limit: int) -> bytes:
    whole = io.BytesIO()
    for piece in pieces:
        whole.write(piece)
        if whole.tell() > limit:
            raise TooLarge(f"more than {limit:,} bytes when decompressed")
    return whole.getvalue()


def _broken_off(error: ProtocolError) -> ScrapeError:
    causes = (error, *error.args, error.__cause__)
    if any(isinstance(cause, IncompleteRead | InvalidChunkLength) for cause in causes):
        return Truncated("the page ends before the length that the server announced")
    return Broken(f"the connection broke off in the middle of the page: {error}")


def _codings(encoding: str) -> tuple[str, ...]:
    """The codings that a Content-Encoding names. A word that is none is passed over, as browsers
    do ("identity", "utf-8", "none" all occur)."""
    named = encoding.lower().replace(" ", "").split(",")
    return tuple(each for each in named if each in _INFLATED | _UNREADABLE)


def _decoded(chunks: Iterable[bytes], codings: Sequence[str]) -> Iterable[bytes]:
    """Undoes codings, the last one first. Raises Broken where that cannot or need not be done."""
    if len(codings) > _MOST_CODINGS:
        raise Broken(f"compressed {len(codings)} times over, which no honest server does")
    for coding in reversed(codings):
        if coding in _UNREADABLE:
            raise Broken(f"compressed by {coding!r}, which was not asked for")
        chunks = _inflated(chunks, bare=coding == "deflate")
    return chunks


def _inflated(chunks: Iterable[bytes], *, bare: bool) -> Iterator[bytes]:
    """Unfolds gzip (of one or more members), zlib or, where `bare`, deflate without a header, at
    most 64 KB at a time."""
    stream, begun = None, b""
    try:
        for chunk in chunks:
            data, begun = begun + chunk, b""
            while data:
                if stream is None or stream.eof:
                    if len(data) < 2:
                        begun = data
                        break
                    if stream is not None and not data.startswith(_GZIP_MAGIC):
                        break  # padding after the end, which every browser overlooks
                    stream = zlib.decompressobj(_window(data, bare=bare))
                yield stream.decompress(data, _PIECE)
                data = stream.unused_data if stream.eof else stream.unconsumed_tail
    except zlib.error as error:
        raise Broken(f"its compression cannot be undone: {error}") from error
    if begun if stream is None else not stream.eof:
        raise Truncated("the compressed page breaks off")


def _window(data: bytes, *, bare: bool) -> int:
    """Some servers send bare deflate where the standard (RFC 9110) means zlib."""
    zlib_header = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return _RAW_DEFLATE if bare and not zlib_header else _GZIP_OR_ZLIB
