"""The demonstration's pages as a WARC file: the same bytes every time."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import date, datetime, time, timezone
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

PAGES = Path(__file__).parent / "pages"
# Captured before the demonstration's runs of the same day, which stand at RUNS.
CAPTURED = time(17, tzinfo=timezone.utc)
RUNS = time(18, tzinfo=timezone.utc)
TYPES = {".xml": "application/rss+xml; charset=UTF-8"}


def days() -> tuple[datetime, ...]:
    """The moments at which the demonstration collects, one a day (aware, UTC)."""
    return tuple(
        datetime.combine(date.fromisoformat(folder.name), RUNS)
        for folder in sorted(PAGES.iterdir())
    )


def build(target: Path) -> None:
    """Writes all pages into the WARC file `target` (gzip), the folder made if it is missing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".tmp")
    with draft.open("wb") as out:
        writer = WARCWriter(out, gzip=True)
        for page in _pages():
            _write(writer, page)
    draft.replace(target)


def address(page: Path) -> str:
    """The address that a file of `pages/` stands for."""
    _, host, *path = page.relative_to(PAGES).parts
    if path[-1] in ("index.html", "index.xml"):
        path[-1] = ""
    return f"https://{host}/{'/'.join(path)}"


def _pages() -> Iterator[Path]:
    found = (path for path in PAGES.rglob("*") if path.is_file() and path.suffix != ".head")
    yield from sorted(found)


def _write(writer: WARCWriter, page: Path) -> None:
    url, day = address(page), page.relative_to(PAGES).parts[0]
    captured = datetime.combine(date.fromisoformat(day), CAPTURED)
    record_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{url} {day}")
    body = page.read_bytes()
    record = writer.create_warc_record(
        url,
        "response",
        payload=io.BytesIO(body),
        length=len(body),
        http_headers=_head(page, body),
        warc_headers_dict={
            "WARC-Date": f"{captured:%Y-%m-%dT%H:%M:%SZ}",
            "WARC-Record-ID": f"<urn:uuid:{record_id}>",
        },
    )
    writer.write_record(record)


def _head(page: Path, body: bytes) -> StatusAndHeaders:
    beside = page.with_name(f"{page.name}.head")
    kind = TYPES.get(page.suffix, "text/html; charset=UTF-8")
    written = f"HTTP/1.1 200 OK\nContent-Type: {kind}\n"
    if beside.exists():
        written = beside.read_text(encoding="ascii")
    status, *lines = written.splitlines()
    fields = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    protocol, _, reason = status.partition(" ")
    return StatusAndHeaders(reason, [*fields, ("Content-Length", str(len(body)))], protocol)
