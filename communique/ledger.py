"""The rows that a batch of findings is about: locked together, changed in memory, finding by
finding, and then written at once (communique/ledger_rows.py), so that a batch costs a bounded
number of SQL statements however many findings it has.

Locks are taken in one order, addresses by source and address, then statements by number: two
workers with the same addresses wait for each other instead of blocking each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, text
from sqlalchemy.dialects.postgresql import insert

from communique.looks import GONE, READ, Heard
from communique.schema import Address, table_of

# A source's id, and an address of it as the store spells it.
Key: TypeAlias = tuple[str, str]

_ADDRESSES = table_of(Address)
_NEW_PLACES = insert(_ADDRESSES).on_conflict_do_nothing().returning(_ADDRESSES.c.id)
_PLACES = text("""
    SELECT a.id, a.source_id, a.url, a.statement_id, a.outcome, a.visits, a.backfilled, a.etag,
           a.last_modified, a.suspect, a.first_listed_at, a.last_visit_at, a.next_visit_at
    FROM communique.addresses a
    JOIN unnest(CAST(:sources AS text[]), CAST(:urls AS text[])) AS k (source_id, url)
      ON a.source_id = k.source_id AND a.url = k.url
    ORDER BY a.source_id, a.url FOR NO KEY UPDATE OF a
""")
_STATEMENTS = text("""
    WITH wanted AS (
        SELECT s.id FROM communique.statements s
        JOIN unnest(CAST(:sources AS text[]), CAST(:urls AS text[])) AS k (source_id, url)
          ON s.source_id = k.source_id AND s.url = k.url
        UNION SELECT unnest(CAST(:ids AS bigint[]))
    )
    SELECT s.id, s.source_id, s.url, s.revision_number, s.last_seen_at, s.withdrawn_at,
           s.published_at, s.published_on, s.date_precision, s.date_zone, s.date_zone_assumed,
           s.date_text, s.reader
    FROM communique.statements s WHERE s.id IN (SELECT id FROM wanted)
    ORDER BY s.id FOR NO KEY UPDATE OF s
""")
# Asked for when the statements are locked: only then is what it says of them the last word.
_WORDINGS = text("""
    SELECT id, statement_id, number, sha256 FROM communique.revisions
    WHERE statement_id = ANY(CAST(:ids AS bigint[])) ORDER BY statement_id, number
""")
# Where else a statement of these was read.
_READ_AT = text("""
    SELECT a.source_id, a.url, a.statement_id FROM communique.addresses a
    WHERE a.source_id = ANY(CAST(:sources AS text[]))
      AND a.statement_id = ANY(CAST(:ids AS bigint[])) AND a.outcome = ANY(CAST(:read AS text[]))
""")


@dataclass(slots=True, eq=False)
class CaptureNote:
    """A capture to be written: its row, and its number once it has one."""

    row: dict[str, Any]
    id: int | None = None


@dataclass(slots=True, eq=False)
class Wording:
    """A revision. row, proof: what is to be written of it, and the capture it was read from; None
    where it is stored already."""

    number: int
    sha256: str
    id: int | None = None
    row: dict[str, Any] | None = None
    proof: CaptureNote | None = None


@dataclass(slots=True, eq=False)
class Standing:
    """A statement as it stands: its columns (without the text, unless it is new), its wordings,
    and which columns the batch has changed."""

    row: dict[str, Any]
    wordings: list[Wording] = field(default_factory=list)
    id: int | None = None
    changed: dict[str, Any] = field(default_factory=dict)

    @property
    def current(self) -> Wording:
        """The wording that stands."""
        number = self.row["revision_number"]
        return next(wording for wording in self.wordings if wording.number == number)

    def wording(self, sha256: str) -> Wording | None:
        """The wording with this hash, if it ever stood here."""
        return next((wording for wording in self.wordings if wording.sha256 == sha256), None)

    def set(self, values: Mapping[str, Any]) -> None:
        """Changes these columns."""
        self.row.update(values)
        self.changed.update(values)


@dataclass(slots=True, eq=False)
class Place:
    """An address's row. made: the batch made it. statement: the one that is read there."""

    row: dict[str, Any]
    made: bool
    statement: Standing | None = None
    changed: bool = False

    def set(self, values: Mapping[str, Any]) -> None:
        """Changes these columns."""
        self.row.update(values)
        self.changed = True

    def read(self, statement: Standing | None) -> None:
        """Notes which statement stands there; a new one has no number yet."""
        self.statement = statement
        self.row["statement_id"] = (statement.id or 0) if statement is not None else None


@dataclass(frozen=True, slots=True)
class ChangeNote:
    """A row of `changes` to be written, its wordings as yet without numbers."""

    statement: Standing
    kind: str
    at: datetime
    wording: Wording
    earlier: Wording | None


@dataclass(slots=True)
class Ledger:
    """All that a batch reads and writes. read_at: where else what may be gone was read, by
    statement; heard: of its source; due: addresses that are to be looked at again."""

    places: dict[Key, Place]
    statements: dict[Key, Standing]
    captures: list[CaptureNote] = field(default_factory=list)
    changes: list[ChangeNote] = field(default_factory=list)
    read_at: dict[int, set[Key]] = field(default_factory=dict)
    heard: dict[str, Heard] = field(default_factory=dict)
    due: dict[Key, datetime] = field(default_factory=dict)

    def capture(self, row: dict[str, Any]) -> CaptureNote:
        """Takes note of a capture."""
        self.captures.append(CaptureNote(row))
        return self.captures[-1]

    def begin(self, key: Key, row: dict[str, Any]) -> Standing:
        """A statement that nobody knew."""
        self.statements[key] = Standing(row)
        return self.statements[key]

    def change(
        self,
        kind: str,
        at: datetime,
        statement: Standing,
        wording: Wording,
        earlier: Wording | None = None,
    ) -> None:
        """Takes note of what became of a statement."""
        self.changes.append(ChangeNote(statement, kind, at, wording, earlier))

    def stands_elsewhere(self, gone: Place, now: datetime) -> bool:
        """Whether the statement of an address was read at another one when that was last looked
        at; which is then due at `now` (aware) for another look, unless a feed carries it."""
        there = gone.statement
        if there is None:
            return False
        others = {key for key in self.read_at.get(there.id or 0, ()) if key not in self.places}
        here = {
            key
            for key, place in self.places.items()
            if place is not gone and place.statement is there and place.row["outcome"] in READ
        }
        if not there.row["reader"].startswith("feed/"):
            self.due |= dict.fromkeys(others, now)
        return bool(others or here)

    def also_known_as(self, key: Key, values: Mapping[str, Any], statement: Standing) -> None:
        """Notes an address that a redirect led to, should a listing name it one day; one that was
        known before stays as it is."""
        there = self.places[key]
        if there.made and not there.changed:
            there.set(values)
            there.read(statement)


def open_ledger(
    connection: Connection,
    addresses: Mapping[Key, Mapping[str, Any]],
    statements: Collection[Key],
    read: Collection[Key],
) -> Ledger:
    """Locks what a batch is about until the transaction ends.

    addresses: those visited and those that redirects led to, each with the columns it is made with
    where it is not known; one that is made and then not changed is taken back in the end.
    statements: those that were read. read: the addresses that were looked at, not only listed: of
    the statements there the wordings are needed.
    """
    places = _locked_places(connection, addresses)
    ids = {place.row["statement_id"] for place in places.values()} - {None}
    if not ids and not statements:
        return Ledger(places, {})
    asked = {**_columns(statements), "ids": sorted(ids)}
    found = [_standing(row) for row in connection.execute(_STATEMENTS, asked)]
    by_id = {one.id: one for one in found}
    for place in places.values():
        place.statement = by_id.get(place.row["statement_id"])
    ledger = Ledger(places, {(one.row["source_id"], one.row["url"]): one for one in found})
    looked = {ledger.places[key].row["statement_id"] for key in read}
    looked |= {one.id for key in statements if (one := ledger.statements.get(key))}
    if wanted := sorted(looked & by_id.keys()):
        for row in connection.execute(_WORDINGS, {"ids": wanted}):
            by_id[row.statement_id].wordings.append(Wording(row.number, row.sha256, row.id))
    lost = {key for key in read if places[key].row["outcome"] in GONE and places[key].statement}
    if lost:
        gone = sorted({places[key].row["statement_id"] for key in lost})
        asked = {
            "sources": sorted({key[0] for key in lost}),
            "ids": gone,
            "read": [*map(str, READ)],
        }
        for row in connection.execute(_READ_AT, asked):
            ledger.read_at.setdefault(row.statement_id, set()).add((row.source_id, row.url))
    return ledger


def _standing(row: Row[Any]) -> Standing:
    return Standing(dict(row._mapping), id=row.id)


def _locked_places(
    connection: Connection, addresses: Mapping[Key, Mapping[str, Any]]
) -> dict[Key, Place]:
    places = _places(connection, addresses)
    missing = sorted(addresses.keys() - places.keys())
    if missing:
        rows = [dict(addresses[key]) for key in missing]
        made = set(connection.execute(_NEW_PLACES, rows).scalars())
        places |= _places(connection, missing, made)
    return places


def _places(
    connection: Connection, keys: Iterable[Key], made: Collection[int] = ()
) -> dict[Key, Place]:
    rows = connection.execute(_PLACES, _columns(keys))
    return {
        (row.source_id, row.url): Place(dict(row._mapping), made=row.id in made) for row in rows
    }


def _columns(keys: Iterable[Key]) -> dict[str, list[str]]:
    listed = sorted(keys)
    return {"sources": [source for source, _ in listed], "urls": [url for _, url in listed]}
