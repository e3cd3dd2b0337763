"""Second opinions on what was read, heard when a source's turn is over.

The generic reader takes ten times as long over a page as the source's own: asked page by page it
would hold up the hosts of a large run. What is due is noted with each capture, so that a run that
is killed leaves it to the next one; the pages come out of the archive again.
"""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, tuple_, update
from sqlalchemy.orm import aliased

from communique.coverage import recount_suspects
from communique.rows import clean, listed_entry
from communique.schema import Address, CaptureRow, Run
from scrapers.about import about
from scrapers.errors import NotInArchive, ScrapeError
from scrapers.sources import Source
from scrapers.values import Capture
from scrapers.visit import second_opinion
from scrapers.warc import ArchivedResponse, read_records

log = logging.getLogger(__name__)

# Captures that are looked up at once; an archive's file is read from its start for them.
BATCH = 5000
# Opinions that are noted at once: what is heard again after a kill.
NOTED = 50
# A run that did not say that it is over may still be writing its archive, but no longer than this.
LONGEST_RUN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A capture, its address, its run, and why the reading is doubtful; None: it is not."""

    capture: int
    fetched_at: datetime
    address: int
    run: int
    doubt: str | None


def hear(engine: Engine, source: Source, stopping: threading.Event | None = None) -> int:
    """Hears the second opinion on each reading of the source that is still to be heard, and marks
    those that are doubtful. Returns how many were. stopping: set when the rest is to be left, as
    what another run has not yet archived is.
    """
    doubtful, last = 0, ("", 0)
    while due := _due(engine, source.id, last):
        for warc, rows in groupby(due, lambda row: row.warc):
            opinions = _opinions(source, _pages(warc, list(rows)), stopping)
            while heard := list(islice(opinions, NOTED)):
                _note(engine, source.id, heard)
                doubtful += sum(one.doubt is not None for one in heard)
        if stopping is not None and stopping.is_set():
            break
        last = (due[-1].warc or "", due[-1].id)
    return doubtful


def _opinions(
    source: Source,
    pages: Iterable[tuple[Row[Any], ArchivedResponse | None]],
    stopping: threading.Event | None,
) -> Iterator[_Heard]:
    for row, response in pages:
        if stopping is not None and stopping.is_set():
            return
        yield _Heard(
            row.id, row.fetched_at, row.address_id, row.run_id, _doubt(source, row, response)
        )


def _due(engine: Engine, source_id: str, last: tuple[str, int]) -> Sequence[Row[Any]]:
    """What is to be heard behind the last one that was looked up."""
    newest = select(func.max(Run.started_at)).scalar_subquery()
    place = (func.coalesce(CaptureRow.warc, ""), CaptureRow.id)
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
            (Run.finished_at.is_(None) & (Run.started_at > newest - LONGEST_RUN)).label("writing"),
        )
        .join(Address, Address.id == CaptureRow.address_id)
        .join(Run, Run.id == CaptureRow.run_id)
        .where(CaptureRow.source_id == source_id, CaptureRow.checked.is_(False))
        .where(tuple_(*place) > tuple_(*last))
        .order_by(*place)
        .limit(BATCH)
    )
    with engine.connect() as connection:
        return connection.execute(query).all()


def _pages(
    warc: str | None, rows: Sequence[Row[Any]]
) -> Iterator[tuple[Row[Any], ArchivedResponse | None]]:
    """Each row with its page out of the archive; None where it is not there any more. What may
    come yet is left out: an object store has a file only when its run is over."""
    left = {row.record_id: row for row in rows}
    try:
        for response in read_records(warc, set(left)) if warc else ():
            if (row := left.pop(response.place.record_id, None)) is not None:
                yield row, response
    except (NotInArchive, zlib.error) as error:  # the file is gone, or what is behind this place
        log.warning("%s: second opinions cannot be heard: %s", warc, error)
    except OSError as error:  # a store that does not answer may do so at the next turn
        log.warning("%s: second opinions are left to the next turn: %s", warc, error)
        return
    for row in left.values():
        if not row.writing:
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
        with about(source=source.id, address=row.fetch_url):
            return second_opinion(source, entry, capture, row.fetched_at)
    except ScrapeError as error:
        return f"read again for a second opinion, it was not read: {error.reason}"


def _note(engine: Engine, source_id: str, heard: Sequence[_Heard]) -> None:
    with engine.begin() as connection:
        for one in heard:
            why = clean(one.doubt) if one.doubt else None
            connection.execute(
                update(CaptureRow)
                .where(CaptureRow.id == one.capture, CaptureRow.fetched_at == one.fetched_at)
                .values(checked=True, suspect=why)
            )
            if why:
                _mark(connection, one, why)
        for run in sorted({one.run for one in heard if one.doubt}):
            recount_suspects(connection, run, source_id)


def _mark(connection: Connection, one: _Heard, why: str) -> None:
    """Marks the address, unless a later reading brought another wording or has a doubt of its
    own: this one says nothing of that."""
    later = aliased(CaptureRow)
    superseded = select(later.id).where(
        later.address_id == one.address,
        later.id > one.capture,
        later.outcome.in_(("revised", "implausible")),
    )
    connection.execute(
        update(Address)
        .where(Address.id == one.address, Address.suspect.is_(None), ~superseded.exists())
        .values(suspect=why)
    )
