"""What a statement echoes, as an analyst reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

# Characters shown on either side of a passage.
AROUND = 100
# Of a passage so many uses are counted; more are as good as uncounted.
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class User:
    """A statement that used a passage, and where it stands in which of its wordings: characters
    [start, end). on: the day of publication, else of first sight (UTC); of a passage that an edit
    put in, the day that edit was seen."""

    statement: int
    revision: int
    start: int
    end: int
    source: str
    publisher: str
    on: date
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class EchoedPassage:
    """A passage of a statement that stood in an earlier one of another story. passage: the
    statement's own characters, which stand between `before` and `after`. words: of a script
    without blanks characters. revision: the wording that has it, at [start, end). first: its first
    user that is known. used_since: how many statements of other stories than the first user's have
    used the whole passage since, this one included. stands: whether the statement's current
    wording still has it."""

    before: str
    passage: str
    after: str
    words: int
    revision: int
    start: int
    end: int
    stands: bool
    first: User
    used_since: int


def echoed_passages(
    connection: Connection,
    statement: int,
    *,
    revision: int | None = None,
    most: int | None = None,
    counted: int = COUNTED,
) -> list[EchoedPassage] | None:
    """The passages of a statement that are echoes, the longest first; None: there is no such
    statement. A passage that several had used is told once, with the first of them.

    revision: only of its wording with this number. most: look at so many uses by others, those of
    passages' first users before all, the longest first. counted: of each passage, count so many
    uses.
    """
    if not connection.execute(_THERE, {"statement": statement}).scalar():
        return None
    rows = connection.execute(
        _PASSAGES,
        {
            "statement": statement,
            "revision": revision,
            "most": most,
            "counted": counted,
            "around": AROUND,
        },
    )
    kept: list[EchoedPassage] = []
    for row in rows:
        covered = any(
            one.revision == row.revision and one.start <= row.start and row.end <= one.end
            for one in kept
        )
        # Who began a part of a longer passage is told; who repeated it in between is not.
        if not covered or (row.first and not _same_place(row, kept)):
            kept.append(_passage(row))
    return sorted(kept, key=lambda one: (-one.words, one.revision, one.start))


def _same_place(row: Row[Any], kept: list[EchoedPassage]) -> bool:
    return any((one.start, one.end) == (row.start, row.end) for one in kept)


def _passage(row: Row[Any]) -> EchoedPassage:
    first = User(
        statement=row.first_statement,
        revision=row.first_revision,
        start=row.earlier_start,
        end=row.earlier_end,
        source=row.source_id,
        publisher=row.publisher,
        on=row.on,
        title=row.title,
        url=row.url,
    )
    words = (row.before, row.passage, row.after, row.words)
    place = (row.revision, row.start, row.end, row.stands)
    return EchoedPassage(*words, *place, first, row.used_since)


_THERE = text("SELECT EXISTS (SELECT FROM communique.statements WHERE id = :statement)")
# What is worked out of a passage is worked out of those that are looked at, no others.
_PASSAGES = text("""
    WITH picked AS MATERIALIZED (
        SELECT r.id AS revision_id, r.number AS revision, e.start, e."end", e.words, e.first,
            e.earlier_revision_id, e.earlier_start, e.earlier_end, er.number AS first_revision,
            er.title, er.seen_at, es.id AS first_statement, es.story_id, es.source_id, es.url,
            es.published_on, es.first_seen_at
        FROM communique.revisions r
        JOIN communique.statements s ON s.id = r.statement_id
        JOIN communique.echoes e ON e.revision_id = r.id
        JOIN communique.revisions er ON er.id = e.earlier_revision_id
        JOIN communique.statements es ON es.id = er.statement_id
        WHERE r.statement_id = :statement AND es.story_id <> s.story_id
            AND (CAST(:revision AS int) IS NULL OR r.number = :revision)
        ORDER BY e.first DESC, e.words DESC, e.start, er.number, e.earlier_revision_id
        LIMIT CAST(:most AS bigint)
    )
    SELECT e.*, substr(r.text, e.start + 1, e."end" - e.start) AS passage,
        substr(r.text, greatest(e.start - :around, 0) + 1, least(e.start, :around)) AS before,
        substr(r.text, e."end" + 1, :around) AS after,
        strpos(s.text, substr(r.text, e.start + 1, e."end" - e.start)) > 0 AS stands,
        p.publisher,
        CASE WHEN e.first_revision = 1
             THEN coalesce(e.published_on, (e.first_seen_at AT TIME ZONE 'UTC')::date)
             ELSE (e.seen_at AT TIME ZONE 'UTC')::date END AS on,
        (SELECT count(DISTINCT used.statement_id) FROM (
            SELECT ur.statement_id FROM communique.echoes u
            JOIN communique.revisions ur ON ur.id = u.revision_id
            JOIN communique.statements us ON us.id = ur.statement_id
            WHERE u.earlier_revision_id = e.earlier_revision_id
                AND u.earlier_start <= e.earlier_start AND u.earlier_end >= e.earlier_end
                AND us.story_id <> e.story_id
            LIMIT :counted
        ) AS used) AS used_since
    FROM picked e
    JOIN communique.revisions r ON r.id = e.revision_id
    JOIN communique.statements s ON s.id = r.statement_id
    JOIN communique.sources p ON p.id = e.source_id
    ORDER BY e.first DESC, e.words DESC, e.start, e.first_revision, e.earlier_revision_id
""")
