"""When an address is looked at again, and what is known of it when a crawl asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from communique.rows import listed_entry
from communique.schema import Address, CaptureRow
from scrapers.values import Entry, Finding, Known, Outcome

# A statement is looked at again this many days after it was first seen.
REVISIT_DAYS = (1, 2, 4, 7, 14, 30)
# A daily run must not miss a look that falls due minutes after it starts.
SLACK = timedelta(hours=2)
# A second look confirms that a page is gone, no sooner than this.
CONFIRM_AFTER = timedelta(hours=6)
# An address that cannot be read is tried at every run this often, then less and less.
EAGER_VISITS = 5
LONGEST_PAUSE_DAYS = 30

GONE = (Outcome.GONE, Outcome.SOFT_404)
SETTLED = (Outcome.DUPLICATE_ADDRESS,)


def known_addresses(
    engine: Engine, source_id: str, urls: Sequence[str], now: datetime
) -> Mapping[str, Known]:
    """What the store knows of these addresses. One that was listed but never read is not known."""
    query = select(Address.url, Address.etag, Address.last_modified, Address.next_visit_at).where(
        Address.source_id == source_id,
        Address.url.in_(urls),
        Address.statement_id.is_not(None) | Address.outcome.is_not(None),
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return {
        url: Known(etag, modified, due=due_at is not None and due_at <= now)
        for url, etag, modified, due_at in rows
    }


def pending_addresses(
    engine: Engine, source_id: str, now: datetime
) -> tuple[tuple[str, Entry], ...]:
    """Addresses due for another try, oldest first: listed but not read yet, or gone once."""
    query = (
        select(Address.url, Address.fetch_url, Address.listed)
        .where(
            Address.source_id == source_id,
            Address.statement_id.is_(None) | Address.outcome.in_(GONE),
            Address.outcome.is_(None) | (Address.next_visit_at <= now),
        )
        .order_by(Address.id)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return tuple((url, listed_entry(fetch_url, listed)) for url, fetch_url, listed in rows)


def listings_seen(engine: Engine, source_id: str) -> frozenset[str]:
    """Addresses of the source's listings that were read at least once."""
    query = (
        select(CaptureRow.listing)
        .where(CaptureRow.source_id == source_id, CaptureRow.outcome == "listed")
        .distinct()
    )
    with engine.connect() as connection:
        return frozenset(url for url in connection.execute(query).scalars() if url)


def next_visit(
    now: datetime, finding: Finding, address: Mapping[str, Any], outcome: Outcome
) -> dict[str, Any]:
    """The address's values after a visit: outcome, validators, and when to look again.

    Validators are kept only of a page that was read: a 304 to a page that no reader could read
    would hide it for ever. None for next_visit_at: never again.
    """
    values: dict[str, Any] = {
        "outcome": str(outcome),
        "visits": address["visits"] + 1,
        "last_visit_at": now,
        "next_visit_at": _again(now, address, outcome, read=finding.statement is not None),
    }
    if finding.statement is not None and finding.capture is not None:
        values["etag"] = finding.capture.headers.get("etag")
        values["last_modified"] = finding.capture.headers.get("last-modified")
    return values


def _again(
    now: datetime, address: Mapping[str, Any], outcome: Outcome, *, read: bool
) -> datetime | None:
    if outcome in SETTLED:
        return None
    if outcome in GONE:
        return None if _second_look(address, now) else now + CONFIRM_AFTER
    if read or address["statement_id"] is not None:
        first = address["first_listed_at"]
        looks = (first + timedelta(days=days) - SLACK for days in REVISIT_DAYS)
        return next((look for look in looks if look > now), None)
    pause = min(2 ** max(0, address["visits"] + 1 - EAGER_VISITS), LONGEST_PAUSE_DAYS)
    return now if address["visits"] + 1 < EAGER_VISITS else now + timedelta(days=pause) - SLACK


def confirmed_gone(finding: Finding, address: Mapping[str, Any], now: datetime) -> bool:
    """Whether this is the second look, hours after the first, that finds the page gone."""
    error = finding.error
    return error is not None and error.outcome in GONE and _second_look(address, now)


def _second_look(address: Mapping[str, Any], now: datetime) -> bool:
    before = address["outcome"]
    return before in GONE and now - address["last_visit_at"] >= CONFIRM_AFTER
