"""Writing a ledger down: a bounded number of SQL statements, however much stands in it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnClause,
    Connection,
    Insert,
    Integer,
    Table,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    cast,
    column,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from communique.ledger import Key, Ledger, Place, Standing
from communique.schema import (
    Address,
    CaptureRow,
    Change,
    Revision,
    StatementRow,
    StoryRow,
    table_of,
)

# Made once: building a statement costs more than sending it.
_ADDRESSES, _STATEMENTS = table_of(Address), table_of(StatementRow)
_CAPTURES, _REVISIONS = table_of(CaptureRow), table_of(Revision)
_STORIES = table_of(StoryRow)
_NEW_STORIES = insert(_STORIES).returning(_STORIES.c.id)
_NEW_STATEMENTS = (
    insert(_STATEMENTS)
    .on_conflict_do_nothing()
    .returning(_STATEMENTS.c.id, _STATEMENTS.c.source_id, _STATEMENTS.c.url)
)
_NEW_REVISIONS = insert(_REVISIONS).returning(_REVISIONS.c.id, sort_by_parameter_order=True)
_NEW_CHANGES = insert(table_of(Change)).on_conflict_do_nothing()
_DUE = text("""
    UPDATE communique.addresses SET next_visit_at = least(next_visit_at, CAST(:at AS timestamptz))
    WHERE source_id = :s AND url = :u
""")
# What a visit may change of an address.
_VISITED = (
    "outcome", "visits", "backfilled", "etag", "last_modified", "suspect", "last_visit_at",
    "next_visit_at",
)  # fmt: skip
_OF_CAPTURES = (
    "run_id", "source_id", "address_id", "url", "final_url", "fetched_at", "status", "outcome",
    "error", "suspect", "checked", "sha256", "size", "warc", "record_id",
)  # fmt: skip


class Overtaken(Exception):
    """Another worker has stored a statement that this batch thought to be new: it is to be
    recorded again from the beginning."""


def write_ledger(connection: Connection, ledger: Ledger) -> None:
    """Writes what the batch has changed. Raises Overtaken where another worker came first."""
    _write_captures(connection, ledger)
    _write_statements(connection, ledger.statements)
    _write_revisions(connection, list(ledger.statements.values()))
    _write_changes(connection, ledger)
    _update_statements(connection, list(ledger.statements.values()))
    _write_places(connection, ledger)
    if ledger.due:
        rows = [{"s": key[0], "u": key[1], "at": at} for key, at in sorted(ledger.due.items())]
        connection.execute(_DUE, rows)


def _write_captures(connection: Connection, ledger: Ledger) -> None:
    if not ledger.captures:
        return
    rows = [{**note.row, "place": at} for at, note in enumerate(ledger.captures)]
    ids = connection.execute(_new_captures(), {"rows": _as_json(rows)}).scalars().all()
    # They are numbered in the order in which they are handed over, but not returned in it.
    for note, number in zip(ledger.captures, sorted(ids), strict=True):
        note.id = number


@lru_cache(maxsize=1)
def _new_captures() -> Insert:
    """By itself SQLAlchemy would insert them one by one: it cannot match what is returned with a
    table whose key is not its number alone."""
    given = _given(_CAPTURES, _OF_CAPTURES, column("place", Integer()))
    rows = select(*(given.c[name] for name in _OF_CAPTURES)).order_by(given.c.place)
    return insert(_CAPTURES).from_select(_OF_CAPTURES, rows).returning(_CAPTURES.c.id)


def _write_statements(connection: Connection, statements: Mapping[Key, Standing]) -> None:
    """In the order of their addresses, as every worker does it. Each has a story of its own until
    it is settled."""
    new = {key: statements[key] for key in sorted(statements) if statements[key].id is None}
    if not new:
        return
    begun = [{"created_at": one.row["first_seen_at"]} for one in new.values()]
    stories = connection.execute(_NEW_STORIES, begun).scalars().all()
    rows = [one.row | {"story_id": story} for one, story in zip(new.values(), stories, strict=True)]
    for number, source, url in connection.execute(_NEW_STATEMENTS, rows):
        made = new.pop((source, url))
        made.id = number
        made.changed.clear()
    if new:
        raise Overtaken(f"{len(new)} statements were stored by another worker meanwhile")


def _write_revisions(connection: Connection, statements: Sequence[Standing]) -> None:
    new = [(one, wording) for one in statements for wording in one.wordings if wording.id is None]
    if not new:
        return
    rows = [
        {
            **(wording.row or {}),
            "statement_id": one.id,
            "capture_id": wording.proof.id if wording.proof else None,
        }
        for one, wording in new
    ]
    ids = connection.execute(_NEW_REVISIONS, rows).scalars().all()
    for (_, wording), number in zip(new, ids, strict=True):
        wording.id = number


def _write_changes(connection: Connection, ledger: Ledger) -> None:
    rows = [
        {
            "statement_id": note.statement.id,
            "kind": note.kind,
            "at": note.at,
            "revision_id": note.wording.id,
            "earlier_revision_id": note.earlier.id if note.earlier else None,
        }
        for note in ledger.changes
    ]
    if rows:
        connection.execute(_NEW_CHANGES, rows)


def _update_statements(connection: Connection, statements: Sequence[Standing]) -> None:
    """One SQL statement for each kind of change: seen again, withdrawn, dated anew, reworded."""
    alike: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for one in statements:
        if one.changed:
            alike[tuple(sorted(one.changed))].append({"id": one.id, **one.changed})
    for names, rows in alike.items():
        _update(connection, _STATEMENTS, names, rows)


def _write_places(connection: Connection, ledger: Ledger) -> None:
    rows = [
        {"id": place.row["id"], **_visited(place)}
        for place in ledger.places.values()
        if place.changed
    ]
    if rows:
        _update(connection, _ADDRESSES, (*_VISITED, "statement_id"), rows)
    idle = [one.row["id"] for one in ledger.places.values() if one.made and not one.changed]
    if idle:
        connection.execute(delete(_ADDRESSES).where(_ADDRESSES.c.id.in_(idle)))


def _visited(place: Place) -> dict[str, Any]:
    values = {name: place.row.get(name) for name in _VISITED}
    return values | {"statement_id": place.statement.id if place.statement else None}


def _update(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Updates many rows at once, by their id; all have the same columns."""
    connection.execute(_update_of(table, tuple(names)), {"rows": _as_json(rows)})


@lru_cache(maxsize=100)
def _update_of(table: Table, names: tuple[str, ...]) -> Update:
    given = _given(table, names, column("id", BigInteger()))
    changed = {name: given.c[name] for name in names}
    return update(table).where(table.c.id == given.c.id).values(changed)


def _given(table: Table, names: Sequence[str], *more: ColumnClause[int]) -> TableValuedAlias:
    """The rows of parameter `rows`, as this table's columns."""
    typed = [column(name, table.c[name].type) for name in names]
    rows = cast(bindparam("rows", type_=Text()), JSONB)
    given = func.jsonb_to_recordset(rows).table_valued(*more, *typed, name="given")
    return given.render_derived(name="given", with_types=True)


def _as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(rows, default=_as_text)


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
