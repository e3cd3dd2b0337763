"""All that the store knows of one statement, for a person or a machine to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, TextClause, text

from communique.diffs import diff

Rows = Sequence[Mapping[str, Any]]

# Of a story that everybody posted, or a statement that many hear of, so many are read.
MOST = 200

_STATEMENT = text("SELECT * FROM analyst.statements WHERE id = :id")
_REVISIONS = text("""
    SELECT number, seen_at, title, capture_id, sha256, fetched_at, warc, record_id,
           reader, reread, suspect
    FROM analyst.revisions WHERE statement_id = :id ORDER BY number
""")
# A diff that is not yet made is made of the wordings.
_CHANGES = text("""
    SELECT h.at, h.kind, b.number AS revision_before, r.number AS revision,
           coalesce(b.reader <> r.reader, false) AS reread, h.diff,
           CASE WHEN h.diff IS NULL THEN b.title END AS title_before,
           CASE WHEN h.diff IS NULL THEN b.text END AS text_before,
           CASE WHEN h.diff IS NULL THEN r.title END AS title_after,
           CASE WHEN h.diff IS NULL THEN r.text END AS text_after
    FROM communique.changes h
    JOIN communique.revisions r ON r.id = h.revision_id
    LEFT JOIN communique.revisions b ON b.id = h.earlier_revision_id
    WHERE h.statement_id = :id ORDER BY h.at, h.id
""")
_OTHER = """
    SELECT s.id, s.source_id AS source, o.publisher, o.country, s.language, s.title, s.url,
           coalesce(s.published_on, CAST(s.first_seen_at AT TIME ZONE 'UTC' AS date)) AS day,
           s.withdrawn_at
    FROM communique.statements s JOIN communique.sources o ON o.id = s.source_id
"""
_NEWEST_LAST = "ORDER BY day, coalesce(s.published_at, s.first_seen_at), s.id LIMIT :most"
_STORY = text(f"{_OTHER} WHERE s.story_id = :story AND s.id <> :id {_NEWEST_LAST}")
_PART_OF = text(
    f"{_OTHER} WHERE s.id = (SELECT part_of FROM communique.statements WHERE id = :id)"  # noqa: S608
)
_PARTS = text(f"{_OTHER} WHERE s.part_of = :id {_NEWEST_LAST}")
_TRANSLATIONS = text(f"""
    {_OTHER} WHERE s.id IN (
        SELECT other_id FROM communique.translations WHERE statement_id = :id
        UNION SELECT statement_id FROM communique.translations WHERE other_id = :id
    ) {_NEWEST_LAST}
""")  # noqa: S608 (constants of ours)
_ECHOES = text("""
    SELECT (SELECT count(DISTINCT (e.start, e.end)) FROM communique.echoes e
            JOIN communique.revisions r ON r.id = e.revision_id
            WHERE r.statement_id = :id AND r.number = :number) AS passages,
           (SELECT count(DISTINCT b.statement_id) FROM communique.echoes e
            JOIN communique.revisions r ON r.id = e.revision_id
            JOIN communique.revisions b ON b.id = e.earlier_revision_id
            WHERE r.statement_id = :id AND r.number = :number) AS earlier_statements,
           (SELECT count(DISTINCT b.statement_id) FROM communique.echoes e
            JOIN communique.revisions r ON r.id = e.earlier_revision_id
            JOIN communique.revisions b ON b.id = e.revision_id
            WHERE r.statement_id = :id) AS later_statements
""")
_ALERTS = text("""
    SELECT created_at, watchlist, rule, severity, kind, recipient, status, held_because, sent_at,
           late, delivery_id
    FROM analyst.alerts WHERE statement_id = :id ORDER BY created_at, delivery_id, rule
    LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement and what is known around it.

    facts: its row of analyst.statements. revisions: its wordings, oldest first. changes: what
    became of it, oldest first, edits with their diff (`communique.diffs`). story: the others of
    its story, the earliest first; part_of: the longer statement that holds it; parts: those it
    holds; translations: its versions in other languages (of each at most MOST). echoes: passages
    of its wording that stand in earlier statements, how many statements those are, and how many
    later ones share a passage with it. alerts: a row for each message and rule.
    """

    facts: Mapping[str, Any]
    revisions: Rows
    changes: Rows
    story: Rows
    part_of: Mapping[str, Any] | None
    parts: Rows
    translations: Rows
    echoes: Mapping[str, int]
    alerts: Rows


def shown_statement(connection: Connection, statement: int) -> Shown | None:
    """All that is known of a statement; None: there is none of that number."""

    def rows(query: TextClause) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(query, key).mappings()]

    key: dict[str, Any] = {"id": statement, "most": MOST}
    facts = connection.execute(_STATEMENT, key).mappings().one_or_none()
    if facts is None:
        return None
    revisions = rows(_REVISIONS)
    key |= {"story": facts["story_id"], "number": _current(connection, statement)}
    (echoes,) = rows(_ECHOES)
    return Shown(
        facts=dict(facts),
        revisions=revisions,
        changes=[_with_diff(row) for row in rows(_CHANGES)],
        story=rows(_STORY),
        part_of=next(iter(rows(_PART_OF)), None),
        parts=rows(_PARTS),
        translations=rows(_TRANSLATIONS),
        echoes=echoes,
        alerts=rows(_ALERTS),
    )


def _current(connection: Connection, statement: int) -> int:
    """Number of the wording that stands."""
    query = text("SELECT revision_number FROM communique.statements WHERE id = :id")
    return int(connection.execute(query, {"id": statement}).scalar_one())


def _with_diff(row: Mapping[str, Any]) -> dict[str, Any]:
    names = "title_before", "text_before", "title_after", "text_after"
    before = row["title_before"], row["text_before"]
    made = row["diff"]
    if made is None and row["revision_before"] is not None:
        made = diff(before, (row["title_after"], row["text_after"]))
    return {name: value for name, value in row.items() if name not in names} | {"diff": made}
