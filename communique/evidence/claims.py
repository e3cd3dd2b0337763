"""What the store says of a wording: the bytes it was read from, by whom, and what was read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, TextClause, text

# A run that did not say that it is over may still be writing its archive, but no longer than this.
_LONGEST_RUN = timedelta(days=1)

_COLUMNS = """
    SELECT r.id AS revision, r.statement_id AS statement, r.number, s.source_id AS source, s.url,
           r.title, r.text, r.sha256 AS wording, r.reader, r.seen_at, r.backfilled,
           r.number = s.revision_number AS stands,
           r.number <> s.revision_number OR (s.title = r.title AND s.text = r.text) AS shown,
           s.published_at, s.published_on, s.date_precision, s.date_zone, s.date_zone_assumed,
           s.date_text, r.capture_id AS capture, c.id IS NOT NULL AS captured, r.captured_at,
           c.run_id AS run, c.source_id AS visited_for, c.url AS asked, c.final_url, c.status,
           c.sha256 AS body, c.size, c.warc, c.record_id, a.url AS address, a.listed,
           v.started_at AS turn,
           u.finished_at IS NULL AND u.started_at > CAST(:recent AS timestamptz) AS writing
    FROM communique.revisions r
    JOIN communique.statements s ON s.id = r.statement_id
    LEFT JOIN communique.captures c ON c.id = r.capture_id AND c.fetched_at = r.captured_at
    LEFT JOIN communique.addresses a ON a.id = c.address_id
    LEFT JOIN communique.runs u ON u.id = c.run_id
    LEFT JOIN communique.coverage v ON v.run_id = c.run_id AND v.source_id = c.source_id
"""
_BY_STATEMENT = text(f"{_COLUMNS} WHERE r.statement_id = :statement ORDER BY r.number")
_BY_REVISION = text(f"{_COLUMNS} WHERE r.id = ANY(:revisions) ORDER BY r.id")
_NOWHERE = text(
    f"{_COLUMNS} WHERE c.id IS NULL OR c.warc IS NULL OR c.record_id IS NULL ORDER BY r.id"
)
# Wordings are numbered without a hole, and none is ever taken away.
_LOST = """
    SELECT s.id AS statement, s.source_id AS source, s.url, s.reader, gone.number
    FROM communique.statements s
    LEFT JOIN (
        SELECT statement_id, count(*) AS kept, max(number) AS last
        FROM communique.revisions GROUP BY statement_id
    ) r ON r.statement_id = s.id
    CROSS JOIN LATERAL (
        SELECT generate_series(1, greatest(s.revision_number, r.last))
        EXCEPT SELECT number FROM communique.revisions v WHERE v.statement_id = s.id
    ) gone (number)
    WHERE coalesce(r.kept, 0) < greatest(s.revision_number, r.last)
"""
_LOST_OF = text(f"{_LOST} AND s.id = :statement ORDER BY gone.number")
_LOST_ALL = text(f"{_LOST} ORDER BY s.id, gone.number")
_RECENT = text("SELECT max(started_at) FROM communique.runs")
_COUNT = text("SELECT count(*) FROM communique.revisions")
_ALL = """
    FROM communique.revisions r
    JOIN communique.captures c ON c.id = r.capture_id AND c.fetched_at = r.captured_at
    JOIN communique.statements s ON s.id = r.statement_id
    JOIN communique.sources o ON o.id = s.source_id
    WHERE c.warc IS NOT NULL AND c.record_id IS NOT NULL
      AND (NOT :standing OR r.number = s.revision_number)
      AND (CAST(:sources AS text[]) IS NULL OR s.source_id = ANY(CAST(:sources AS text[])))
      AND (CAST(:reader AS text) IS NULL OR split_part(r.reader, '/', 1) = :reader)
      AND (CAST(:since AS timestamptz) IS NULL OR r.captured_at >= :since)
"""
_FILES = text(f"SELECT c.warc, count(*) {_ALL} GROUP BY c.warc ORDER BY c.warc")
_IN_FILE = text(f"SELECT r.id, c.record_id {_ALL} AND c.warc = :warc")


@dataclass(frozen=True, slots=True)
class Claim:
    """A wording as the store has it, and what it says of where it came from.

    source: its id; wording: Statement.sha256. stands: it is the statement's current wording, whose
    date `dated` are the columns; shown: the statement's row has this title and text. captured: the
    capture's row is there; what follows is its own. visited_for: the id of the source. asked: the
    address as a listing spelt it; address: canonical; listed: what the listing that first named it
    said. moments: what may have been `now` when it was read, the likeliest first (aware, UTC).
    writing: its run may still be writing the archive.
    """

    revision: int
    statement: int
    number: int
    source: str
    url: str
    title: str
    text: str
    wording: str
    reader: str
    seen_at: datetime
    backfilled: bool
    stands: bool
    shown: bool
    dated: Mapping[str, Any]
    capture: int
    captured: bool
    captured_at: datetime
    run: int | None
    visited_for: str | None
    asked: str
    final_url: str | None
    status: int | None
    body: str | None
    size: int | None
    warc: str | None
    record_id: str | None
    address: str | None
    listed: Mapping[str, Any]
    moments: tuple[datetime, ...]
    writing: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """A wording that the store must have and has not: which of a statement, whose reader is that of
    its current wording."""

    statement: int
    number: int
    source: str
    url: str
    reader: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which wordings are meant. standing: only those that stand; sources: ids, None for all;
    reader: the name of the one that read them; since: fetched at or after (aware). share: one of so
    many shares of the archive's files, which together are all of them: (its number from 0, of)."""

    standing: bool = False
    sources: tuple[str, ...] | None = None
    reader: str | None = None
    since: datetime | None = None
    share: tuple[int, int] = (0, 1)

    @property
    def _values(self) -> dict[str, Any]:
        sources = list(self.sources) if self.sources is not None else None
        asked = {"standing": self.standing, "sources": sources}
        return asked | {"reader": self.reader, "since": self.since}

    def files(self, engine: Engine) -> Sequence[tuple[str, int]]:
        """The archive's files that hold their evidence, in order, and of how many."""
        mine, of = self.share
        with engine.connect() as connection:
            rows = connection.execute(_FILES, self._values).all()
        return [(warc, number) for warc, number in rows if zlib.crc32(warc.encode()) % of == mine]

    def in_file(self, engine: Engine, warc: str) -> dict[str, list[int]]:
        """Those whose evidence a file holds: numbers of revisions by record id."""
        found: dict[str, list[int]] = {}
        with engine.connect() as connection:
            rows = connection.execute(_IN_FILE, {**self._values, "warc": warc})
            for revision, record_id in rows:
                found.setdefault(record_id.strip("<>"), []).append(revision)
        return found


def claims_of(engine: Engine, statement: int) -> list[Claim]:
    """All wordings of a statement, in their order; none where there is no such statement."""
    return _claims(engine, _BY_STATEMENT, {"statement": statement})


def claims(engine: Engine, revisions: Sequence[int]) -> list[Claim]:
    """The wordings with these numbers."""
    return _claims(engine, _BY_REVISION, {"revisions": list(revisions)})


def without_bytes(engine: Engine) -> list[Claim]:
    """The wordings of which the store does not say where the bytes lie."""
    return _claims(engine, _NOWHERE, {})


def lost(engine: Engine, statement: int | None = None) -> list[Lost]:
    """The wordings that are not there any more: of a statement, or of all."""
    query = _LOST_ALL if statement is None else _LOST_OF
    with engine.connect() as connection:
        rows = connection.execute(query, {} if statement is None else {"statement": statement})
        return [Lost(**row) for row in rows.mappings()]


def count(engine: Engine) -> int:
    """How many wordings there are."""
    with engine.connect() as connection:
        return int(connection.execute(_COUNT).scalar_one())


def _claims(engine: Engine, query: TextClause, values: Mapping[str, Any]) -> list[Claim]:
    with engine.connect() as connection:
        return list(_made(connection, query, values))


def _made(connection: Connection, query: TextClause, values: Mapping[str, Any]) -> Iterator[Claim]:
    newest = connection.execute(_RECENT).scalar()
    recent = newest - _LONGEST_RUN if newest is not None else None
    for row in connection.execute(query, {**values, "recent": recent}):
        yield _claim(row)


def _claim(row: Row[*tuple[Any, ...]]) -> Claim:
    asked = dict(row._mapping)
    dated = {name: asked.pop(name) for name in DATED}
    turn = asked.pop("turn")
    moments = dict.fromkeys(at for at in (turn, row.captured_at, row.seen_at) if at is not None)
    asked |= {"asked": row.asked or row.url, "listed": row.listed or {}}
    asked |= {"shown": bool(row.shown), "writing": bool(row.writing)}
    return Claim(**asked, dated=dated, moments=tuple(moments))


# A statement's columns that tell its date, as communique.rows.date_values makes them.
DATED = (
    "published_at", "published_on", "date_precision", "date_zone", "date_zone_assumed", "date_text",
)  # fmt: skip


def day_of(dated: Mapping[str, Any]) -> str:
    """A date as a person reads it."""
    at, on = dated["published_at"], dated["published_on"]
    said: datetime | date | None = at or on
    return f"{said.isoformat() if said else 'unknown'} ({dated['date_precision']})"
