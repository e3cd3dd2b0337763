"""Who uses which mark: what the store knows of the wordings that may share a passage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

import numpy as np
from sqlalchemy import Connection, text

# However many have used a mark, the first of them say who began it.
FIRST_USERS = 16
# A statement has few wordings; one whose page never stands still is known by its first ones.
OWN_WORDINGS = 8
# Of the echoes that a statement found belatedly may put right.
NEIGHBOURS = 64

# Of marks: the wordings that have each, in their order, and the character where it begins there.
Users: TypeAlias = Mapping[int, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Sighting:
    """When and where a wording was used. on, at: publication, of a first wording only: what was
    edited in later counts from when it was seen. at, seen: aware, UTC."""

    revision_id: int
    statement_id: int
    number: int
    story_id: int
    source_id: str
    publisher: str
    on: date | None
    at: datetime | None
    seen: datetime

    def precedes(self, other: Sighting) -> bool:
        """Whether this one is the earlier: by publication where both are dated, else by sight."""
        if self.on and other.on and self.on != other.on:
            return self.on < other.on
        if self.at and other.at and self.at != other.at:
            return self.at < other.at
        return (self.seen, self.revision_id) < (other.seen, other.revision_id)

    @property
    def rank(self) -> tuple[date, datetime, int]:
        """An order of all, which `precedes` alone does not give where dates are missing."""
        return (self.on or self.seen.date(), self.at or self.seen, self.revision_id)


def store_marks(connection: Connection, marks: Mapping[int, Mapping[int, int]]) -> None:
    """Notes which wording (the key) has which marks, and where."""
    rows = [(mark, one, at) for one, each in marks.items() for mark, at in each.items()]
    columns = np.array(rows, np.int64).reshape(-1, 3)
    # In the order of the index, or its pages would be fetched once for each row.
    hashes, revisions, starts = columns[np.argsort(columns[:, 0])].T.tolist()
    sent = {"hashes": hashes, "revisions": revisions, "starts": starts}
    connection.execute(_STORE, {name: as_array(column) for name, column in sent.items()})


def users_of(connection: Connection, marks: Mapping[int, Mapping[int, int]]) -> Users:
    """The first wordings, at most FIRST_USERS, that have each mark of these wordings (the keys),
    themselves included; only of marks that two have.

    An index lookup for each mark, cut after so many rows: its cost depends neither on the size of
    the store nor on how common a phrase is.
    """
    users: dict[int, dict[int, int]] = {}
    for revision, each in marks.items():
        for mark, start in each.items():
            users.setdefault(mark, {})[revision] = start
    sent = {"hashes": as_array(sorted(users)), "most": FIRST_USERS}
    for mark, revision, start in connection.execute(_USERS, sent):
        users[mark][revision] = start
    return {
        mark: dict(sorted(each.items())[:FIRST_USERS])
        for mark, each in users.items()
        if len(each) > 1
    }


def sightings_of(
    connection: Connection, revisions: Collection[int], revised: Collection[int]
) -> dict[int, Sighting]:
    """What is known of wordings, and of the earlier wordings of `revised` statements."""
    sent = {"revisions": as_array(revisions), "revised": as_array(revised), "own": OWN_WORDINGS}
    return {row.revision_id: Sighting(**row._mapping) for row in connection.execute(_SEEN, sent)}


def texts_of(connection: Connection, revisions: Collection[int]) -> dict[int, str]:
    """The texts of wordings."""
    found = connection.execute(_TEXTS, {"revisions": as_array(revisions)})
    return {row.id: row.text for row in found}


def neighbours_of(connection: Connection, revisions: Collection[int]) -> dict[int, set[int]]:
    """Of each wording those that it echoes as first users, and those that echo it as the first."""
    found: dict[int, set[int]] = {}
    sent = {"revisions": as_array(revisions), "most": NEIGHBOURS}
    for row in connection.execute(_NEIGHBOURS, sent):
        found.setdefault(row.revision_id, set()).add(row.other_id)
    return found


def as_array(numbers: Iterable[int]) -> str:
    """Numbers as PostgreSQL reads an array: one constant, where a list would be thousands."""
    return "{" + ",".join(map(str, numbers)) + "}"


_STORE = text("""
    INSERT INTO communique.passage_marks (hash, revision_id, start)
    SELECT * FROM unnest(
        CAST(:hashes AS bigint[]), CAST(:revisions AS int[]), CAST(:starts AS int[])
    )
    ON CONFLICT DO NOTHING
""")
_USERS = text("""
    SELECT wanted.hash, used.revision_id, used.start
    FROM unnest(CAST(:hashes AS bigint[])) AS wanted(hash) CROSS JOIN LATERAL (
        SELECT m.revision_id, m.start FROM communique.passage_marks m
        WHERE m.hash = wanted.hash ORDER BY m.revision_id LIMIT :most
    ) AS used
""")
_SEEN = text("""
    SELECT r.id AS revision_id, r.statement_id, r.number, s.story_id, s.source_id, p.publisher,
        CASE WHEN r.number = 1 THEN s.published_on END AS on,
        CASE WHEN r.number = 1 AND s.date_precision = 'minute' THEN s.published_at END AS at,
        CASE WHEN r.number = 1 THEN s.first_seen_at ELSE r.seen_at END AS seen
    FROM communique.revisions r
    JOIN communique.statements s ON s.id = r.statement_id
    JOIN communique.sources p ON p.id = s.source_id
    WHERE r.id IN (
        SELECT unnest(CAST(:revisions AS bigint[]))
        UNION
        SELECT own.id FROM unnest(CAST(:revised AS bigint[])) AS revised(id) CROSS JOIN LATERAL (
            SELECT o.id FROM communique.revisions o WHERE o.statement_id = revised.id
            ORDER BY o.number LIMIT :own
        ) AS own
    )
""")
_TEXTS = text("""
    SELECT id, text FROM communique.revisions
    WHERE id IN (SELECT unnest(CAST(:revisions AS bigint[])))
""")
_NEIGHBOURS = text("""
    SELECT wanted.id AS revision_id, near.other_id
    FROM unnest(CAST(:revisions AS bigint[])) AS wanted(id) CROSS JOIN LATERAL (
        (SELECT e.earlier_revision_id AS other_id FROM communique.echoes e
         WHERE e.revision_id = wanted.id AND e.first ORDER BY e.id LIMIT :most)
        UNION
        (SELECT e.revision_id FROM communique.echoes e
         WHERE e.earlier_revision_id = wanted.id AND e.first ORDER BY e.id LIMIT :most)
    ) AS near
""")
