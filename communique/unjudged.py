"""What waits to be judged: wordings that nobody has judged yet, and wordings that stand again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, select, update
from sqlalchemy.orm import aliased

from communique.schema import Change, Revision, SourceRow, StatementRow
from communique.settling import not_too_large

# A row of whatever columns a query names.
Facts = Row[*tuple[Any, ...]]

_Earlier = aliased(Revision)
_Again = aliased(Change)
_WHOLE = (
    *(Revision.id, Revision.statement_id, Revision.number, Revision.title, Revision.text_),
    *(Revision.backfilled, StatementRow.story_id, StatementRow.url, StatementRow.source_id),
    *(StatementRow.language, StatementRow.published_on, StatementRow.date_zone),
    *(StatementRow.first_seen_at, SourceRow.publisher, SourceRow.kind, SourceRow.country),
    *(SourceRow.host_country, Change.id.label("change_id"), Change.kind.label("change")),
    *(_Earlier.id.label("earlier_id"), _Earlier.title.label("earlier_title")),
    *(_Earlier.text_.label("earlier_text"), _Earlier.judged_at.label("earlier_judged_at")),
    (Change.id.is_not(None) | (Revision.reader == _Earlier.reader)).label("edited"),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows to be judged, each with the wording before. last: the id to go on after. left: whether
    some were left because they come second."""

    rows: tuple[Facts, ...]
    last: int | None
    left: bool = False


def wordings(connection: Connection, after: int, batch: int, *, patiently: bool) -> Waiting:
    """The next unjudged wordings, locked; at least one, if there is one, as far as they are not too
    large together. Those that another worker has are skipped, and so is a wording that comes
    second: he has the one before, or an earlier wording stood again meanwhile and is not judged.
    patiently: waits for him instead, and for nothing else."""
    stood_again = exists().where(
        *(_Again.statement_id == Revision.statement_id, _Again.kind == "restored"),
        *(_Again.judged_at.is_(None), _Again.id < Change.id),
    )
    query = (
        select(*_WHOLE, stood_again.label("stood_again"))
        .join(StatementRow, StatementRow.id == Revision.statement_id)
        .join(SourceRow, SourceRow.id == StatementRow.source_id)
        .outerjoin(
            Change,
            (Change.statement_id == Revision.statement_id)
            & (Change.revision_id == Revision.id)
            & (Change.kind == "edited"),
        )
        # The edit knows what stood before; without one it is the wording that was read before.
        .outerjoin(
            _Earlier,
            (_Earlier.statement_id == Revision.statement_id)
            & (
                (_Earlier.id == Change.earlier_revision_id)
                | (Change.id.is_(None) & (_Earlier.number == Revision.number - 1))
            ),
        )
        .where(Revision.judged_at.is_(None), Revision.settled_at.is_not(None), Revision.id > after)
        .order_by(Revision.id)
        .limit(batch)
        # Not FOR UPDATE: another judge's match of the wording before may refer to one of these.
        .with_for_update(of=Revision, skip_locked=not patiently, key_share=True)
    )
    found = _read(connection, query)
    mine = {row.id for row in found}
    rows = [row for row in found if patiently or not _comes_second(row, mine)]
    return Waiting(tuple(rows), found[-1].id if found else None, len(rows) < len(found))


def restored(connection: Connection, after: int, batch: int) -> Waiting:
    """The next earlier wordings that stand again and were not judged as such, locked, each with the
    wording that it took the place of. What another worker has is skipped."""
    query = (
        select(*_WHOLE)
        .select_from(Change)
        .join(Revision, Revision.id == Change.revision_id)
        .join(_Earlier, _Earlier.id == Change.earlier_revision_id)
        .join(StatementRow, StatementRow.id == Change.statement_id)
        .join(SourceRow, SourceRow.id == StatementRow.source_id)
        .where(
            *(Change.kind == "restored", Change.judged_at.is_(None), Change.id > after),
            # In the order of events: first as a wording, then as one that stands again.
            *(Revision.judged_at.is_not(None), _Earlier.judged_at.is_not(None)),
        )
        .order_by(Change.id)
        .limit(batch)
        .with_for_update(of=Change, skip_locked=True, key_share=True)
    )
    found = _read(connection, query)
    return Waiting(tuple(found), found[-1].change_id if found else None)


def mark_judged(connection: Connection, rows: Sequence[Facts], now: datetime) -> None:
    """Notes that these were judged at `now` (aware, UTC)."""
    revisions = [row.id for row in rows if row.change != "restored"]
    changes = [row.change_id for row in rows if row.change == "restored"]
    for table, ids in ((Revision, revisions), (Change, changes)):
        if ids:
            connection.execute(update(table).where(table.id.in_(ids)).values(judged_at=now))


def _read(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[Facts]:
    with connection.execute(query, execution_options={"yield_per": 10}) as rows:
        return not_too_large(rows, lambda row: len(row.text) + len(row.earlier_text or ""))


def _comes_second(row: Facts, mine: set[int]) -> bool:
    waits = row.earlier_id is not None and row.earlier_judged_at is None
    return row.stood_again or (waits and row.earlier_id not in mine)
