"""Second opinions on what was read, heard when a source's turn is over.

The generic reader takes ten times as long over a page as the source's own: asked page by page it
would hold up the hosts of a large run. What is due is noted with each capture, so that a run that
is killed leaves it to the next one; the pages come out of the archive again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Engine, Row, select, update

from communique.coverage import recount_suspects
from communique.rows import clean, listed_entry
from communique.schema import Address, CaptureRow
from scrapers.errors import NotInArchive, ScrapeError
from scrapers.sources import Source
from scrapers.values import Capture
from scrapers.visit import second_opinion
from scrapers.warc import ArchivedResponse, read_records

# Captures that are looked up at once; an archive's file is read once for them.
BATCH = 200


@dataclass(frozen=True, slots=True)
class _Heard:
    """A capture, its address, its run, and why the reading is doubtful; None: it is not."""

    capture: int
    address: int
    run: int
    doubt: str | None


def hear(engine: Engine, source: Source, stopping: threading.Event | None = None) -> int:
    """Hears the second opinion on each reading of the source that is still to be heard, and marks
    those that are doubtful. Returns how many were. stopping: set when the rest is to be left.
    """
    doubtful = 0
    while due := _due(engine, source.id):
        for warc, rows in groupby(due, lambda row: row.warc):
            heard = []
            for row, response in _pages(warc, list(rows)):
                if stopping is not None and stopping.is_set():
                    return doubtful
                heard.append(
                    _Heard(row.id, row.address_id, row.run_id, _doubt(source, row, response))
                )
            _note(engine, source.id, heard)
            doubtful += sum(one.doubt is not None for one in heard)
    return doubtful


def _due(engine: Engine, source_id: str) -> Sequence[Row[Any]]:
    query = (
        select(
            CaptureRow.id,
            CaptureRow.address_id,
            CaptureRow.run_id,
            CaptureRow.final_url,
            CaptureRow.fetched_at,
            CaptureRow.warc,
            CaptureRow.record_id,
            Address.fetch_url,
            Address.listed,
        )
        .join(Address, Address.id == CaptureRow.address_id)
        .where(CaptureRow.source_id == source_id, CaptureRow.checked.is_(False))
        .order_by(CaptureRow.warc, CaptureRow.id)
        .limit(BATCH)
    )
    with engine.connect() as connection:
        return connection.execute(query).all()


def _pages(
    warc: str | None, rows: Sequence[Row[Any]]
) -> Iterator[tuple[Row[Any], ArchivedResponse | None]]:
    """Each row with its page out of the archive; None where it is not there any more."""
    left = {row.record_id: row for row in rows}
    try:
        for response in read_records(warc, set(left)) if warc else ():
            if (row := left.pop(response.place.record_id, None)) is not None:
                yield row, response
    except NotInArchive:  # the file is gone: so are its pages
        pass
    for row in left.values():
        yield row, None


def _doubt(source: Source, row: Row[Any], response: ArchivedResponse | None) -> str | None:
    if response is None:
        return "the second opinion could not be heard: the archive has not got the page any more"
    capture = Capture(
        url=row.fetch_url,
        final_url=row.final_url,
        fetched_at=row.fetched_at,
        status=response.status,
        headers=response.headers,
        body=response.body,
    )
    try:
        entry = listed_entry(row.fetch_url, row.listed)
        return second_opinion(source, entry, capture, row.fetched_at)
    except ScrapeError as error:
        return f"read again for a second opinion, it was not read: {error.reason}"


def _note(engine: Engine, source_id: str, heard: Sequence[_Heard]) -> None:
    with engine.begin() as connection:
        for one in heard:
            why = clean(one.doubt) if one.doubt else None
            connection.execute(
                update(CaptureRow)
                .where(CaptureRow.id == one.capture)
                .values(checked=True, suspect=why)
            )
            if why:
                connection.execute(
                    update(Address).where(Address.id == one.address).values(suspect=why)
                )
        for run in {one.run for one in heard if one.doubt}:
            recount_suspects(connection, run, source_id)
