"""When an address is looked at again, and what is known of it when a crawl asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select

from communique.due import SLACK, a_day_ago, is_due
from communique.rows import clean, listed_entry
from communique.schema import (
    Address,
    CaptureRow,
    Revision,
    Run,
    StatementRow,
    WalkedListing,
)
from scrapers.values import Entry, Finding, Known, Outcome

# A statement is looked at again this many days after it was first seen.
REVISIT_DAYS = (1, 2, 4, 7, 14, 30)
# One that a backfill found is old: it is looked at once more.
REVISIT_DAYS_OLD = (30,)
# A second look confirms that a page is gone, no sooner than this.
CONFIRM_AFTER = timedelta(hours=6)
# An address that cannot be read is tried at every run this often, then less and less.
EAGER_VISITS = 5
LONGEST_PAUSE_DAYS = 30
# How far before the last collect a listing's page that could not be read is still remembered.
UNREAD_FOR = timedelta(days=14)

GONE = (Outcome.GONE, Outcome.SOFT_404)
SETTLED = (Outcome.DUPLICATE_ADDRESS,)


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


def next_visit(
    now: datetime, finding: Finding, address: Mapping[str, Any], outcome: Outcome
) -> dict[str, Any]:
    """The address's values after a visit: outcome, validators, doubts, when to look again.

    Validators are kept only of a page that was read: a 304 to a page that no reader could read
    would hide it for ever. So are doubts: those about a reading that was refused say nothing of
    the wording that stands. None for next_visit_at: only if a listing names it.
    """
    read = finding.statement is not None
    values: dict[str, Any] = {
        "outcome": str(outcome),
        "visits": address["visits"] + 1,
        "last_visit_at": now,
        "next_visit_at": _again(now, address, outcome, read=read),
    }
    if read:
        values["suspect"] = clean(finding.suspect) if finding.suspect else None
    if finding.entry is not None and finding.entry.body is not None:
        # What a feed carries whole is read from the feed: its page would be another wording.
        values["next_visit_at"] = None
    elif read and finding.capture is not None:
        for name, header in (("etag", "etag"), ("last_modified", "last-modified")):
            said = finding.capture.headers.get(header)
            values[name] = said if said is None else clean(said)
    return values


def _again(
    now: datetime, address: Mapping[str, Any], outcome: Outcome, *, read: bool
) -> datetime | None:
    if outcome in SETTLED:
        return None
    visits = address["visits"] + 1
    if outcome in GONE:
        if not _second_look(address, now):
            return now + CONFIRM_AFTER
        return now + timedelta(days=min(2**visits, LONGEST_PAUSE_DAYS)) - SLACK
    if read or address["statement_id"] is not None:
        first = address["first_listed_at"]
        days = REVISIT_DAYS_OLD if address["backfilled"] else REVISIT_DAYS
        looks = (first + timedelta(days=day) - SLACK for day in days)
        return next((look for look in looks if look > now), None)
    if visits < EAGER_VISITS:
        return now
    pause = min(2 ** (visits - EAGER_VISITS), LONGEST_PAUSE_DAYS)
    return now + timedelta(days=pause) - SLACK


def confirmed_gone(finding: Finding, address: Mapping[str, Any], now: datetime) -> bool:
    """Whether this is the second look, hours after the first, that finds the page gone."""
    error = finding.error
    return error is not None and error.outcome in GONE and _second_look(address, now)


def _second_look(address: Mapping[str, Any], now: datetime) -> bool:
    before = address["outcome"]
    return before in GONE and now - address["last_visit_at"] >= CONFIRM_AFTER
