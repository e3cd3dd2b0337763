"""What is known of an address when a crawl asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select

from communique.due import a_day_ago, is_due
from communique.looks import GONE, SETTLED
from communique.rows import listed_entry
from communique.schema import (
    Address,
    CaptureRow,
    Revision,
    Run,
    StatementRow,
    WalkedListing,
)
from scrapers.sources import Source
from scrapers.values import Entry, Known

# How far before the last collect a listing's page that could not be read is still remembered.
UNREAD_FOR = timedelta(days=14)
# A listing that was dropped longer ago, while others were read, is not why another one came.
REPLACED_WITHIN = timedelta(days=60)


def known_addresses(
    engine: Engine, source_id: str, urls: Sequence[str], now: datetime
) -> Mapping[str, Known]:
    """What the store knows of these addresses, which a listing names or a plan has due.

    One that was never visited is not known. One that could not be read is due once a day as long
    as it is named, however often it failed.
    """
    never_read = Address.statement_id.is_(None) | Address.outcome.in_(GONE)
    due = is_due(now) | (never_read & a_day_ago(now) & Address.outcome.not_in(SETTLED))
    query = select(
        Address.url,
        Address.etag,
        Address.last_modified,
        func.coalesce(due, False).label("due"),
        Address.statement_id,
        Address.last_visit_at,
        Address.suspect.is_not(None).label("suspect"),
        Revision.sha256,
        Revision.title,
        StatementRow.reader,
    )
    query = query.outerjoin(StatementRow, StatementRow.id == Address.statement_id).outerjoin(
        Revision,
        (Revision.statement_id == StatementRow.id)
        & (Revision.number == StatementRow.revision_number),
    )
    visited = (Address.source_id == source_id, Address.outcome.is_not(None))
    with engine.connect() as connection:
        rows = connection.execute(query.where(*visited, Address.url.in_(urls))).all()
    return {
        row.url: Known(
            row.etag,
            row.last_modified,
            due=row.due,
            statement=row.statement_id,
            suspect=row.suspect,
            wording=row.sha256,
            title=row.title,
            reader=row.reader,
            visited_at=row.last_visit_at,
        )
        for row in rows
    }


def pending_addresses(
    engine: Engine, source_id: str, now: datetime
) -> tuple[tuple[str, Entry], ...]:
    """Addresses that are due for a look whether a listing names them or not, oldest first: listed
    but never visited, not read yet, gone once, or read and due for another look."""
    query = (
        select(Address.url, Address.fetch_url, Address.listed)
        .where(
            Address.source_id == source_id,
            Address.outcome.is_(None) | is_due(now),
        )
        .order_by(Address.id)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return tuple((url, listed_entry(fetch_url, listed)) for url, fetch_url, listed in rows)


def listed_entry_of(engine: Engine, source_id: str, url: str) -> Entry | None:
    """What a listing of the source said of this address; None: none has named it."""
    query = select(Address.fetch_url, Address.listed).where(
        Address.source_id == source_id, Address.url == url
    )
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return listed_entry(row.fetch_url, row.listed) if row else None


def walked_listings(engine: Engine, source_id: str) -> Mapping[str, datetime]:
    """The source's listings that were walked at least once, and when they last were."""
    query = select(WalkedListing.url, WalkedListing.walked_at).where(
        WalkedListing.source_id == source_id
    )
    with engine.connect() as connection:
        return {row.url: row.walked_at for row in connection.execute(query)}


def stood_for(
    source: Source, walked: Mapping[str, datetime], now: datetime
) -> Mapping[str, datetime]:
    """By listing that was never walked, when one was walked last for which it seems to stand: one
    that the source no longer has, and that was walked lately, or is all that ever was. What was
    published while that one was away is on the pages of the new one."""
    there = {facts.url for facts in source.listings}
    since = now - REPLACED_WITHIN if there & walked.keys() else None
    gone = [at for url, at in walked.items() if url not in there and (not since or at > since)]
    return dict.fromkeys(there - walked.keys(), min(gone)) if gone else {}


def unread_pages(engine: Engine, source_id: str) -> Mapping[str, tuple[str, ...]]:
    """Further pages of listings that the last collect which asked for them could not read: one
    that died before it asked again has settled nothing."""
    newest = (
        select(func.max(CaptureRow.fetched_at))
        .where(CaptureRow.source_id == source_id, CaptureRow.listing.is_not(None))
        .scalar_subquery()
    )
    query = (
        select(CaptureRow.listing, CaptureRow.url, CaptureRow.outcome)
        .join(Run, Run.id == CaptureRow.run_id)
        .where(
            CaptureRow.source_id == source_id,
            CaptureRow.fetched_at > newest - UNREAD_FOR,
            Run.kind == "collect",
            CaptureRow.listing.is_not(None),
            CaptureRow.listing != CaptureRow.url,
        )
        .order_by(CaptureRow.id)
    )
    pages: dict[str, dict[str, str]] = {}
    with engine.connect() as connection:
        for listing, url, outcome in connection.execute(query):
            pages.setdefault(listing or "", {})[url] = outcome  # the last visit counts
    return {
        listing: tuple(url for url, outcome in seen.items() if outcome != "listed")
        for listing, seen in pages.items()
    }


def run_visited(engine: Engine, run_id: int, source_id: str) -> set[str]:
    """The source's addresses that a run has visited: in a backfill, also before it was killed."""
    query = (
        select(Address.url)
        .join(CaptureRow, CaptureRow.address_id == Address.id)
        .where(CaptureRow.run_id == run_id, CaptureRow.source_id == source_id)
    )
    with engine.connect() as connection:
        return set(connection.execute(query).scalars())
