"""The records of a WARC 1.1 file, as scrapers.archive writes them."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from urllib.parse import urlsplit

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from scrapers.warc import RENDERED, RENDERED_TYPE

WARC = "WARC/1.1"

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


def warcinfo(warc: WARCWriter, name: str) -> ArcWarcRecord:
    """The record that a file begins with: who wrote it, and how."""
    return warc.create_warcinfo_record(
        name,
        {
            "software": f"Communique/{version('communique')}",
            "format": "WARC File Format 1.1",
            "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "robots": "obey",
        },
    )


def response_record(evidence: Evidence, record_id: str) -> ArcWarcRecord:
    """What the server answered. record_id: "urn:uuid:..."."""
    head = _head(evidence.status_line, (_kept(field) for field in evidence.headers))
    extra = []
    if evidence.peer:
        extra.append(("WARC-IP-Address", evidence.peer))
    if evidence.truncated:
        extra.append(("WARC-Truncated", evidence.truncated))
    return _record("response", evidence, record_id, head, evidence.body, extra)


def request_record(evidence: Evidence, response_id: str) -> ArcWarcRecord:
    """What the server was asked. response_id: the id of the record that holds its answer."""
    parts = urlsplit(evidence.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = _head(f"GET {target} HTTP/1.1", (("Host", parts.netloc), *evidence.request))
    extra = [("WARC-Concurrent-To", f"<{response_id}>")]
    return _record("request", evidence, f"urn:uuid:{uuid.uuid4()}", head, b"", extra)


def rendered_record(
    url: str, fetched_at: datetime, html: bytes, record_id: str, refers_to: str | None
) -> ArcWarcRecord:
    """What a browser made of a page (UTF-8). fetched_at: aware. refers_to: the id of the response's
    record."""
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
    headers = StatusAndHeaders("", fields, protocol=WARC)
    return ArcWarcRecord(
        "warc", RENDERED, headers, io.BytesIO(html), None, RENDERED_TYPE, len(html)
    )


def _record(
    kind: str, evidence: Evidence, record_id: str, head: bytes, body: bytes, extra: Fields
) -> ArcWarcRecord:
    """Built whole, not by warcio's own builder, which rewrites header fields that are not ASCII."""
    payload, block = hashlib.sha256(body), hashlib.sha256(head)
    block.update(body)
    fields = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", _date(evidence.fetched_at)),
        ("WARC-Target-URI", evidence.url),
        *extra,
        ("WARC-Payload-Digest", f"sha256:{payload.hexdigest()}"),
        ("WARC-Block-Digest", f"sha256:{block.hexdigest()}"),
    ]
    rec_headers = StatusAndHeaders("", fields, protocol=WARC)
    content_type = f"{_HTTP}{kind}"
    stream, size = _Block(head, body), len(head) + len(body)
    return ArcWarcRecord("warc", kind, rec_headers, stream, None, content_type, size)


class _Block:
    """Head and body as a stream, without a copy of the body, which may be of ten megabytes."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self._head, self._body = head, io.BytesIO(body)

    def read(self, size: int) -> bytes:
        """The head, however long it is; then so many bytes of the body, or what is left of it."""
        head, self._head = self._head, b""
        return head or self._body.read(size)


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
