"""What stands around a statement's text on its page: whom it was told, its wordings, its proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from communique.diffs import Operation
from communique.showing import Rows, Shown

# Wordings and changes that are listed, of a statement that is edited every day; and of what a
# change says, so many pieces.
MOST_LISTED, MOST_PIECES = 60, 120

# Told when they were fetched, the planner looks at the months of these alone.
_CAPTURES = text("""
    SELECT c.id, c.status, c.outcome, c.url, c.final_url, c.size, c.fetched_at, u.key AS run_key,
           u.kind AS run_kind, c.run_id
    FROM communique.captures c JOIN communique.runs u ON u.id = c.run_id
    WHERE c.id = ANY(:ids) AND c.fetched_at = ANY(CAST(:moments AS timestamptz[]))
""")


@dataclass(frozen=True, slots=True)
class Told:
    """One message, or why there was none. rules: name and severity of those it tells of."""

    recipient: str
    kind: str
    status: str
    held_because: str | None
    created_at: datetime
    sent_at: datetime | None
    late: bool
    rules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ListedWording:
    """A wording in the list. how: first, edit, or `reread`: read by another reader, so that it may
    differ though the publisher edited nothing. capture: what it was read from, where the store
    still has it."""

    facts: Mapping[str, Any]
    how: str
    stands: bool
    capture: Mapping[str, Any] | None


def told_of(rows: Rows) -> tuple[Told, ...]:
    """A statement's alerts, a row for each message and rule, as messages."""
    by_message: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_message.setdefault(row["delivery_id"], []).append(row)
    return tuple(_told(group) for group in by_message.values())


def wordings_of(connection: Connection, found: Shown, shown: int) -> tuple[ListedWording, ...]:
    """The latest wordings of a statement, the newest first, and with them the first one and number
    `shown`."""
    rows = found.revisions
    kept = [
        row
        for row in rows
        if row["number"] in (1, shown) or row["number"] > rows[-1]["number"] - MOST_LISTED
    ]
    there = [row for row in kept if row["fetched_at"] is not None]
    asked = {
        "ids": [row["capture_id"] for row in there],
        "moments": [row["fetched_at"] for row in there],
    }
    captures = {
        row["id"]: dict(row) for row in connection.execute(_CAPTURES, asked).mappings().all()
    }
    return tuple(
        ListedWording(
            facts=row,
            how="first" if row["number"] == 1 else "reread" if row["reread"] else "edit",
            stands=row["number"] == found.facts["revision"],
            capture=captures.get(row["capture_id"]),
        )
        for row in reversed(kept)
    )


def latest_changes(found: Shown) -> Sequence[Mapping[str, Any]]:
    """What became of a statement, the latest first."""
    return tuple(reversed(found.changes[-MOST_LISTED:]))


def by_field(
    operations: Iterable[Operation], most: int | None = None
) -> tuple[tuple[str, tuple[Operation, ...]], ...]:
    """A diff (`communique.diffs`), title before text; of each at most so many pieces."""
    fields: dict[str, list[Operation]] = {}
    for each in operations:
        fields.setdefault(each["field"], []).append(each)
    return tuple((name, tuple(each[:most])) for name, each in fields.items())


def _told(rows: Sequence[Mapping[str, Any]]) -> Told:
    first = rows[0]
    rules = {(row["rule"], row["severity"]): None for row in rows if row["rule"]}
    return Told(
        recipient=first["recipient"],
        kind=first["kind"],
        status=first["status"],
        held_because=first["held_because"],
        created_at=first["created_at"],
        sent_at=first["sent_at"],
        late=first["late"],
        rules=tuple(rules),
    )
