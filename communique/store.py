"""Intake: what a crawl found becomes rows, each finding in a transaction of its own.

Idempotent: a finding that is recorded again, by a retry, a rerun or a second worker, changes
nothing and counts once. The address row is the lock that two workers on one address share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from communique.rows import capture_values, clean, listed_facts
from communique.schema import Address, CaptureRow, StatementRow, WalkedListing, table_of
from communique.visits import confirmed_gone, next_visit
from communique.wordings import Captured, Intake, is_stale, stands, store_statement, touch
from scrapers.values import Finding, Listed, ListingSeen, Outcome

# Made once: building a statement costs more than sending it.
_ADDRESSES, _CAPTURES = table_of(Address), table_of(CaptureRow)
_LOCKED = (
    select(_ADDRESSES)
    .where(_ADDRESSES.c.source_id == bindparam("source_id"), _ADDRESSES.c.url == bindparam("url"))
    .with_for_update()
)
_NEW_ADDRESS = insert(_ADDRESSES).on_conflict_do_nothing()
_SET_ADDRESS = update(_ADDRESSES).where(_ADDRESSES.c.id == bindparam("key"))
_NEW_CAPTURE = insert(_CAPTURES).returning(_CAPTURES.c.id)
_SET_CAPTURE = update(_CAPTURES).where(_CAPTURES.c.id == bindparam("key"))
_NEW_WALK = insert(WalkedListing)
_WALKED = _NEW_WALK.on_conflict_do_update(
    index_elements=["source_id", "url"],
    set_={"walked_at": func.greatest(WalkedListing.walked_at, _NEW_WALK.excluded.walked_at)},
)


def record_listing(intake: Intake, seen: ListingSeen) -> None:
    """Records one visited page of a listing."""
    with intake.engine.begin() as connection:
        row = intake.keys | capture_values(seen.capture, seen.url, seen.error, intake.now)
        row |= {"listing": seen.listing, "entries": seen.entries}
        row["outcome"] = str(seen.error.outcome) if seen.error else "listed"
        connection.execute(insert(CaptureRow).values(row))


def record_listed(intake: Intake, listed: Listed) -> None:
    """Notes every listed address, all or none, so that a later run does not lose one of them."""
    rows = [
        {
            "source_id": intake.source_id,
            "url": clean(url),
            "fetch_url": clean(entry.url),
            "listed": listed_facts(entry),
            "first_listed_at": intake.now,
            "backfilled": intake.backfilled,
        }
        for url, entry in listed.entries
    ]
    walked = [
        {"source_id": intake.source_id, "url": url, "walked_at": intake.now}
        for url in listed.listings
    ]
    with intake.engine.begin() as connection:
        if walked:
            connection.execute(_WALKED, walked)
        for start in range(0, len(rows), 1000):
            statement = insert(Address).values(rows[start : start + 1000])
            connection.execute(statement.on_conflict_do_nothing())


def record_finding(intake: Intake, finding: Finding) -> Outcome:
    """Records how the visit to one address ended, and returns the outcome it is counted under."""
    with intake.engine.begin() as connection:
        address = _locked_address(connection, intake, finding)
        if finding.known:
            touch(connection, address["statement_id"], {"last_seen_at": intake.now})
            return Outcome.UNCHANGED
        row = intake.keys | _captured(finding, intake)
        row |= {"address_id": address["id"], "outcome": Outcome.UNCHANGED}
        captured = Captured(connection.execute(_NEW_CAPTURE, row).scalar_one(), row["fetched_at"])
        outcome, statement_id = _settle(connection, intake, finding, address, captured)
        if outcome is not Outcome.UNCHANGED:
            connection.execute(_SET_CAPTURE, {"key": captured.id, "outcome": outcome})
        if is_stale(intake, address):
            return outcome
        values = next_visit(intake.now, finding, address, outcome) | {"statement_id": statement_id}
        connection.execute(_SET_ADDRESS, {"key": address["id"]} | values)
        if finding.statement is not None and finding.statement.url != finding.url:
            values |= {"backfilled": address["backfilled"]}
            _also_known_as(connection, intake, finding.statement.url, values)
    return outcome


def _captured(finding: Finding, intake: Intake) -> dict[str, Any]:
    found = (finding.capture, finding.fetch_url, finding.error, intake.now, finding.suspect)
    return capture_values(*found) | {"checked": False if finding.unchecked else None}


def _settle(
    connection: Connection,
    intake: Intake,
    finding: Finding,
    address: Mapping[str, Any],
    captured: Captured,
) -> tuple[Outcome, int | None]:
    """Stores the statement, if there is one, and says which outcome this is."""
    if finding.statement is not None:
        outcome, statement_id = store_statement(
            connection, intake, finding.statement, captured, address
        )
        if finding.error is not None and outcome is not Outcome.UNCHANGED:
            outcome = finding.error.outcome or outcome
        return outcome, statement_id
    statement_id = address["statement_id"]
    if finding.error is None or finding.error.outcome is None:
        stands(connection, statement_id, intake.now)
        return Outcome.UNCHANGED, statement_id
    if is_stale(intake, address):
        return finding.error.outcome, statement_id
    if statement_id and confirmed_gone(finding, address, intake.now):
        withdrawn_at = func.coalesce(StatementRow.withdrawn_at, intake.now)
        touch(connection, statement_id, {"withdrawn_at": withdrawn_at})
    return finding.error.outcome, statement_id


def _locked_address(connection: Connection, intake: Intake, finding: Finding) -> Mapping[str, Any]:
    """The address's row, made where it is missing, locked until the transaction ends."""
    key = {"source_id": intake.source_id, "url": clean(finding.url)}
    row = connection.execute(_LOCKED, key).mappings().one_or_none()
    if row is None:
        missing = {"fetch_url": clean(finding.fetch_url or finding.url)}
        connection.execute(_NEW_ADDRESS, key | missing | {"first_listed_at": intake.now})
        row = connection.execute(_LOCKED, key).mappings().one()
    return dict(row)


def _also_known_as(
    connection: Connection, intake: Intake, url: str, values: Mapping[str, Any]
) -> None:
    """The address that a redirect led to is known too, should a listing name it one day."""
    row = {"source_id": intake.source_id, "url": clean(url), "fetch_url": clean(url)}
    connection.execute(_NEW_ADDRESS, row | dict(values) | {"first_listed_at": intake.now})
