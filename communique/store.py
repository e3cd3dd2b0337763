"""Intake: what a crawl found becomes rows, a batch of findings in a transaction.

Idempotent: a finding that is recorded again, by a retry, a rerun or a second worker, changes
nothing and counts once. The address row is the lock that two workers on one address share. A
batch leaves what its findings one after the other would leave; one that the store refuses does not
take the others with it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, func
from sqlalchemy.dialects.postgresql import insert

from communique.ledger import CaptureNote, Key, Ledger, Place, Standing, open_ledger
from communique.ledger_rows import Overtaken, write_ledger
from communique.looks import DEAD, GONE, Heard, confirmed_gone, heard_of, next_visit
from communique.refusals import begun_again, in_a_line, is_away, is_collision
from communique.retention import ensure_months
from communique.rows import capture_values, clean, listed_facts
from communique.schema import Address, CaptureRow, WalkedListing
from communique.wordings import (
    Intake,
    is_old_find,
    is_stale,
    stands,
    store_statement,
    withdraw,
)
from scrapers.about import about
from scrapers.values import Finding, Listed, ListingSeen, Outcome

log = logging.getLogger(__name__)

# Made once: building a statement costs more than sending it.
_NEW_WALK = insert(WalkedListing)
_WALKED = _NEW_WALK.on_conflict_do_update(
    index_elements=["source_id", "url"],
    set_={"walked_at": func.greatest(WalkedListing.walked_at, _NEW_WALK.excluded.walked_at)},
)


def record_listing(intake: Intake, seen: ListingSeen) -> None:
    """Records one visited page of a listing."""
    ensure_months(intake.engine, [_moment(intake, seen)])
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
            "backfilled": is_old_find(intake, entry.published),
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


@dataclass(frozen=True, slots=True)
class Recorded:
    """How the recording of one finding ended. outcome: what it is counted under; None: the store
    refused it, for the reason in `error`."""

    finding: Finding
    outcome: Outcome | None = None
    error: Exception | None = None


Taken: TypeAlias = tuple[Intake, Finding]


def record_finding(intake: Intake, finding: Finding) -> Outcome:
    """Records how the visit to one address ended, and returns the outcome it is counted under.
    Raises what the store says where it refuses."""
    (outcome,) = _record(intake.engine, [(intake, finding)])
    return outcome


def record_findings(intake: Intake, findings: Sequence[Finding]) -> list[Recorded]:
    """Records findings of one source, in their order, in one transaction. See `record_all`."""
    return record_all(intake.engine, [(intake, finding) for finding in findings])


def record_all(engine: Engine, batch: Sequence[Taken]) -> list[Recorded]:
    """Records findings, of any sources, in their order, in one transaction, and says how each
    ended. Where the store refuses the batch, each is recorded by itself, so that the reason comes
    back with the finding it is about; where it is away, all hear so. Nothing is raised."""
    with about(source=", ".join(sorted({intake.source_id for intake, _ in batch}))):
        try:
            outcomes = _record(engine, batch)
        except Exception as error:
            if len(batch) == 1 or is_away(error):
                return [Recorded(finding, error=error) for _, finding in batch]
            log.warning("%d findings are recorded one by one: %s", len(batch), in_a_line(error))
            return [one for taken in batch for one in record_all(engine, [taken])]
    return [Recorded(taken[1], outcome) for taken, outcome in zip(batch, outcomes, strict=True)]


def _moment(intake: Intake, seen: ListingSeen | Finding) -> datetime:
    """When it was fetched; the month of its capture."""
    return seen.capture.fetched_at if seen.capture is not None else intake.now


def _record(engine: Engine, batch: Sequence[Taken]) -> list[Outcome]:
    ensure_months(engine, (_moment(*taken) for taken in batch))
    return begun_again(
        lambda: _try_to_record(engine, batch),
        f"{len(batch)} findings are recorded",
        again=lambda error: isinstance(error, Overtaken) or is_collision(error),
    )


def _try_to_record(engine: Engine, batch: Sequence[Taken]) -> list[Outcome]:
    addresses: dict[Key, dict[str, Any]] = {}
    statements, read = set[Key](), set[Key]()
    for intake, finding in batch:
        key = (intake.source_id, clean(finding.url))
        addresses.setdefault(key, _new_address(intake, key, finding.fetch_url or finding.url))
        if not finding.known:
            read.add(key)
        if (found := finding.statement) is not None:
            statements.add((found.source, clean(found.url)))
            if found.url != finding.url:
                alias = (intake.source_id, clean(found.url))
                addresses.setdefault(alias, _new_address(intake, alias, found.url))
    with engine.begin() as connection:
        ledger = open_ledger(connection, addresses, statements, read)
        ledger.heard = _heard(connection, ledger, batch, read)
        outcomes = [_take(ledger, intake, finding) for intake, finding in batch]
        write_ledger(connection, ledger)
    return outcomes


def _heard(
    connection: Connection, ledger: Ledger, batch: Sequence[Taken], read: Collection[Key]
) -> dict[str, Heard]:
    """What was heard of the sources of which something seems lost, this batch included."""
    rows = [ledger.places[key].row for key in read if ledger.places[key].row["outcome"] in GONE]
    if not rows:
        return {}
    runs = {intake.run_id for intake, _ in batch}
    since = min(row["last_visit_at"] for row in rows)
    sources = {row["source_id"] for row in rows}
    heard = heard_of(connection, sources, runs, since)
    for source in sources:
        looks = [taken for taken in batch if taken[0].source_id == source and not taken[1].known]
        now = max(intake.now for intake, _ in looks)
        errors = [finding.error for _, finding in looks if finding.error is not None]
        before = heard.get(source, Heard())
        # What is alone in failing is what is asked about.
        failed = sum(error.outcome in DEAD for error in errors) > 1
        well = now if len(errors) < len(looks) else before.well
        heard[source] = Heard(well, now if failed else before.ill)
    return heard


def _new_address(intake: Intake, key: Key, fetch_url: str) -> dict[str, Any]:
    return {
        "source_id": key[0],
        "url": key[1],
        "fetch_url": clean(fetch_url),
        "first_listed_at": intake.now,
    }


def _take(ledger: Ledger, intake: Intake, finding: Finding) -> Outcome:
    """Takes one finding into the ledger."""
    place = ledger.places[intake.source_id, clean(finding.url)]
    if finding.known:
        if place.statement is not None:
            seen = max(intake.now, place.statement.row["last_seen_at"])
            place.statement.set({"last_seen_at": seen})
        return Outcome.UNCHANGED
    capture = ledger.capture(_capture_row(intake, finding, place))
    outcome, standing = _settle(ledger, intake, finding, place, capture)
    capture.row["outcome"] = outcome
    if is_stale(intake, place.row):
        return outcome
    values = next_visit(
        intake.now, finding, place.row, outcome, ledger.heard.get(intake.source_id, Heard())
    )
    place.set(values)
    place.read(standing)
    if finding.statement is not None and finding.statement.url != finding.url and standing:
        also = (intake.source_id, clean(finding.statement.url))
        values |= {"backfilled": place.row["backfilled"]}
        ledger.also_known_as(also, values, standing)
    return outcome


def _capture_row(intake: Intake, finding: Finding, place: Place) -> dict[str, Any]:
    found = (finding.capture, finding.fetch_url, finding.error, intake.now, finding.suspect)
    return {
        **intake.keys,
        **capture_values(*found),
        "checked": False if finding.unchecked else None,
        "address_id": place.row["id"],
    }


def _settle(
    ledger: Ledger, intake: Intake, finding: Finding, place: Place, capture: CaptureNote
) -> tuple[Outcome, Standing | None]:
    """Takes over the statement, if there is one, and says which outcome this is."""
    if finding.statement is not None:
        outcome, standing = store_statement(ledger, intake, finding.statement, capture, place)
        if finding.error is not None and outcome is not Outcome.UNCHANGED:
            outcome = finding.error.outcome or outcome
        return outcome, standing
    there, stale = place.statement, is_stale(intake, place.row)
    if finding.error is None or finding.error.outcome is None:
        if not stale:
            stands(ledger, there, intake.now)
        return Outcome.UNCHANGED, there
    heard = ledger.heard.get(intake.source_id, Heard())
    lost = not stale and confirmed_gone(finding, place.row, intake.now, heard)
    # It may stand at another address: this one led to it, and leads nowhere any more.
    if lost and not ledger.stands_elsewhere(place, intake.now):
        withdraw(ledger, there, intake.now)
    return finding.error.outcome, there
