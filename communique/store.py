"""Intake: what a crawl found becomes rows, each finding in a transaction of its own.

Idempotent: a finding that is recorded again, by a retry, a rerun or a second worker, changes
nothing and counts once. The address row is the lock that two workers on one address share.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.dialects.postgresql import insert

from communique.rows import capture_values, clean, listed_facts, wording_values
from communique.schema import Address, CaptureRow, Revision, StatementRow, StoryRow
from communique.visits import confirmed_gone, next_visit
from scrapers.values import Finding, Listed, ListingSeen, Outcome, Statement

# A word-for-word repost is one story only where there are enough words to tell.
SHORTEST_REPOST = 120

Topics = Callable[[Statement], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Intake:
    """What every record of one source's turn needs. backfilled: this run never alerts.
    topics: tells the topics of a statement; fixed for the run."""

    engine: Engine
    run_id: int
    source_id: str
    now: datetime
    backfilled: bool
    topics: Topics

    @property
    def keys(self) -> dict[str, Any]:
        return {"run_id": self.run_id, "source_id": self.source_id}


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
        }
        for url, entry in listed.entries
    ]
    with intake.engine.begin() as connection:
        for start in range(0, len(rows), 1000):
            statement = insert(Address).values(rows[start : start + 1000])
            connection.execute(statement.on_conflict_do_nothing())


def record_finding(intake: Intake, finding: Finding) -> Outcome:
    """Records how the visit to one address ended, and returns the outcome it is counted under."""
    with intake.engine.begin() as connection:
        address = _locked_address(connection, intake, finding)
        if finding.known:
            _touch(connection, address["statement_id"], {"last_seen_at": intake.now})
            return Outcome.UNCHANGED
        capture_id = connection.execute(
            insert(CaptureRow)
            .values(
                intake.keys
                | capture_values(finding.capture, finding.fetch_url, finding.error, intake.now)
                | {"address_id": address["id"], "outcome": Outcome.UNCHANGED}
            )
            .returning(CaptureRow.id)
        ).scalar_one()
        outcome, statement_id = _settle(connection, intake, finding, address, capture_id)
        connection.execute(
            update(CaptureRow).where(CaptureRow.id == capture_id).values(outcome=outcome)
        )
        values = next_visit(intake.now, finding, address, outcome) | {"statement_id": statement_id}
        connection.execute(update(Address).where(Address.id == address["id"]).values(values))
        if finding.statement is not None and finding.statement.url != finding.url:
            _also_known_as(connection, intake, finding.statement.url, values)
    return outcome


def _settle(
    connection: Connection,
    intake: Intake,
    finding: Finding,
    address: Mapping[str, Any],
    capture_id: int,
) -> tuple[Outcome, int | None]:
    """Stores the statement, if there is one, and says which outcome this is."""
    if finding.statement is not None:
        outcome, statement_id = _store_statement(connection, intake, finding.statement, capture_id)
        if finding.error is not None and outcome is not Outcome.UNCHANGED:
            outcome = finding.error.outcome or outcome
        return outcome, statement_id
    statement_id = address["statement_id"]
    if finding.error is None or finding.error.outcome is None:
        _stands(connection, statement_id, intake.now)
        return Outcome.UNCHANGED, statement_id
    if statement_id and confirmed_gone(finding, address, intake.now):
        withdrawn_at = func.coalesce(StatementRow.withdrawn_at, intake.now)
        _touch(connection, statement_id, {"withdrawn_at": withdrawn_at})
    return finding.error.outcome, statement_id


def _store_statement(
    connection: Connection, intake: Intake, found: Statement, capture_id: int
) -> tuple[Outcome, int]:
    current = connection.execute(
        select(StatementRow.id, Revision.sha256)
        .join(
            Revision,
            (Revision.statement_id == StatementRow.id)
            & (Revision.number == StatementRow.revision_number),
        )
        .where(StatementRow.source_id == found.source, StatementRow.url == clean(found.url))
        .with_for_update(of=StatementRow)
    ).one_or_none()
    if current is None:
        return Outcome.NEW, _new_statement(connection, intake, found, capture_id)
    if current.sha256 == found.sha256:
        _stands(connection, current.id, intake.now)
        return Outcome.UNCHANGED, current.id
    number = _revision(connection, intake, found, current.id, capture_id)
    connection.execute(
        update(StatementRow)
        .where(StatementRow.id == current.id)
        .values(
            wording_values(found, intake.topics(found), intake.now)
            | {"revision_number": number, "withdrawn_at": None}
        )
    )
    return Outcome.REVISED, current.id


def _new_statement(
    connection: Connection, intake: Intake, found: Statement, capture_id: int
) -> int:
    statement_id: int = connection.execute(
        insert(StatementRow)
        .values(
            wording_values(found, intake.topics(found), intake.now)
            | {
                "source_id": found.source,
                "url": clean(found.url),
                "story_id": _story(connection, found, intake.now),
                "revision_number": 1,
                "first_seen_at": intake.now,
                "backfilled": intake.backfilled,
            }
        )
        .returning(StatementRow.id)
    ).scalar_one()
    _revision(connection, intake, found, statement_id, capture_id)
    return statement_id


def _revision(
    connection: Connection,
    intake: Intake,
    found: Statement,
    statement_id: int,
    capture_id: int,
) -> int:
    """The number of this wording: a new one, or the one it had when it stood here before."""
    of_statement = Revision.statement_id == statement_id
    earlier = connection.execute(
        select(Revision.number).where(of_statement, Revision.sha256 == found.sha256)
    ).scalar_one_or_none()
    if earlier is not None:
        return earlier
    last = connection.execute(select(func.max(Revision.number)).where(of_statement)).scalar()
    number = (last or 0) + 1
    connection.execute(
        insert(Revision).values(
            statement_id=statement_id,
            number=number,
            title=clean(found.title),
            text_=clean(found.text),
            sha256=found.sha256,
            seen_at=intake.now,
            capture_id=capture_id,
            reader=found.reader,
            backfilled=intake.backfilled,
        )
    )
    return number


def _story(connection: Connection, found: Statement, now: datetime) -> int:
    """The story of a new statement: that of the first statement with the very same text."""
    folded = " ".join(found.text.split())
    digest = hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()
    key = digest if len(folded) >= SHORTEST_REPOST else None
    inserted = connection.execute(
        insert(StoryRow)
        .values(text_sha256=key, created_at=now)
        .on_conflict_do_nothing()
        .returning(StoryRow.id)
    ).scalar_one_or_none()
    if inserted is not None:
        return inserted
    return connection.execute(select(StoryRow.id).where(StoryRow.text_sha256 == key)).scalar_one()


def _locked_address(connection: Connection, intake: Intake, finding: Finding) -> Mapping[str, Any]:
    """The address's row, made where it is missing, locked until the transaction ends."""
    key = {"source_id": intake.source_id, "url": clean(finding.url)}
    connection.execute(
        insert(Address)
        .values(
            key
            | {"fetch_url": clean(finding.fetch_url or finding.url)}
            | {"first_listed_at": intake.now}
        )
        .on_conflict_do_nothing()
    )
    row = connection.execute(select(Address.__table__).filter_by(**key).with_for_update())
    return dict(row.mappings().one())


def _also_known_as(
    connection: Connection, intake: Intake, url: str, values: Mapping[str, Any]
) -> None:
    """The address that a redirect led to is known too, should a listing name it one day."""
    row = {"source_id": intake.source_id, "url": clean(url), "fetch_url": clean(url)}
    connection.execute(
        insert(Address)
        .values(row | dict(values) | {"first_listed_at": intake.now})
        .on_conflict_do_nothing()
    )


def _touch(connection: Connection, statement_id: int | None, values: Mapping[str, Any]) -> None:
    if statement_id is not None:
        connection.execute(
            update(StatementRow).where(StatementRow.id == statement_id).values(values)
        )


def _stands(connection: Connection, statement_id: int | None, now: datetime) -> None:
    """Its page was read, or has not changed: it stands, whatever an earlier look found."""
    _touch(connection, statement_id, {"last_seen_at": now, "withdrawn_at": None})
