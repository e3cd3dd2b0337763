"""Statements beyond measure, as rows: what thousands posted, what repeats thousands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, insert, text

from communique.schema import Echo, MatchRow, RuleRow, table_of
from tests.communique.alert_rows import NOW, Posted, edit, post

PASSAGE = "A clean network shuts nobody out and every cable is judged by the same open standard. "


def rule(engine: Engine, name: str, severity: str = "urgent", version: int = 1) -> int:
    """A rule of the watchlist `wide`; its number in the store."""
    values: dict[str, Any] = {
        "watchlist": "wide",
        "rule": name,
        "version": version,
        "name": f"The rule {name}",
        "severity": severity,
        "query": name,
        "not_inside": [],
        "created_at": NOW,
    }
    with engine.begin() as connection:
        made = insert(table_of(RuleRow)).values(values).returning(RuleRow.id)
        return int(connection.execute(made).scalar_one())


def match(engine: Engine, posted: Posted, number: int, spans: list[tuple[str, int, int]]) -> None:
    """That a rule holds for a wording, at these places."""
    values = {
        "revision_id": posted.revision,
        "rule_id": number,
        "spans": [{"field": field, "start": start, "end": end} for field, start, end in spans],
        "created_at": NOW,
    }
    with engine.begin() as connection:
        connection.execute(insert(table_of(MatchRow)).values(values))


def echo(
    engine: Engine, later: Posted, earlier: Posted, places: list[tuple[int, int]], words: int = 12
) -> None:
    """That passages of a wording stand at the same places in an earlier one."""
    rows = [
        {
            "revision_id": later.revision,
            "earlier_revision_id": earlier.revision,
            "start": start,
            "end": end,
            "earlier_start": start,
            "earlier_end": end,
            "words": words,
            "first": True,
        }
        for start, end in places
    ]
    with engine.begin() as connection:
        connection.execute(insert(table_of(Echo)), rows)


def repeated(engine: Engine, posted: Posted, times: int) -> None:
    """Posts the same statement so many times more, one a day, in the same story."""
    with engine.begin() as connection:
        connection.execute(_COPIES, {"id": posted.statement, "times": times})


def edited(engine: Engine, posted: Posted, title: str, words: str, reader: str) -> Posted:
    """The next wording, as another reader reads it."""
    made = edit(engine, posted, title, words, seen=NOW + timedelta(hours=9))
    with engine.begin() as connection:
        row = {"id": made.revision, "reader": reader}
        connection.execute(_READ_BY, row)
    return made


def huge(engine: Engine, length: int) -> Posted:
    """A statement of so many characters, all of them the same passage."""
    return post(engine, text=(PASSAGE * (length // len(PASSAGE) + 1))[:length])


_READ_BY = text("UPDATE communique.revisions SET reader = :reader WHERE id = :id")
_COPIES = text("""
    WITH made AS (
        INSERT INTO communique.statements (
            source_id, url, story_id, revision_number, title, text, language, published_on,
            date_precision, date_zone, date_zone_assumed, first_seen_at, last_seen_at, reader,
            backfilled)
        SELECT s.source_id, s.url || '?copy=' || n, s.story_id, 1, s.title, s.text, s.language,
               s.published_on + n, s.date_precision, s.date_zone, s.date_zone_assumed,
               s.first_seen_at + n * interval '1 day', s.last_seen_at, s.reader, false
        FROM communique.statements s, generate_series(1, CAST(:times AS int)) n WHERE s.id = :id
        RETURNING id, first_seen_at
    )
    INSERT INTO communique.revisions (
        statement_id, number, title, text, sha256, seen_at, capture_id, captured_at, reader,
        backfilled)
    SELECT made.id, 1, r.title, r.text, r.sha256, made.first_seen_at, r.capture_id, r.captured_at,
           r.reader, false
    FROM made, communique.revisions r WHERE r.statement_id = :id
""")
