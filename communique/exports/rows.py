"""The rows of an export, as they come from the store: any number of them, a batch in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from communique.exports.values import HIGHLIGHTS, Column, Selection
from communique.rules import Document, Matcher, parse
from communique.search import highlights_in
from communique.search.asking import tsquery_of
from communique.search.reading import known_sources, matcher_of

BATCH = 200  # statements

_COLUMNS = text("""
    SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
    WHERE attrelid = CAST('analyst.statements' AS regclass) AND attnum > 0 AND NOT attisdropped
    ORDER BY attnum
""")
_PLACES = text("""
    SELECT statement_id FROM communique.search_documents
    WHERE (:terms = '' OR terms @@ CAST(nullif(:terms, '') AS tsquery))
      AND day BETWEEN :since AND :until
    ORDER BY day DESC, statement_id DESC
""")
# seen_at: of the current wording.
_ROWS = text("""
    SELECT s.*, r.seen_at AS wording_seen_at
    FROM analyst.statements s
    JOIN communique.revisions r ON r.statement_id = s.id AND r.number = s.revision
    WHERE s.id = ANY(CAST(:ids AS bigint[]))
""")


def columns_of(connection: Connection) -> tuple[Column, ...]:
    """Those of `analyst.statements`, and `highlights`."""
    known = (Column(row.name, row.type) for row in connection.execute(_COLUMNS))
    return (*known, Column(HIGHLIGHTS, HIGHLIGHTS))


def rows_of(connection: Connection, selection: Selection) -> Iterator[dict[str, Any]]:
    """The statements of a selection, the newest first: each column by its name, `highlights` (see
    `highlights_in`) and `wording_seen_at`, when the current wording was first seen (UTC).

    connection: in a transaction; reads nothing that another writes meanwhile if that transaction
    is REPEATABLE READ. Raises RuleError for a query that cannot be used.
    """
    terms: str | None = ""
    matcher = None
    if selection.query is not None:
        matcher = matcher_of(selection.query)
        terms = tsquery_of(parse(selection.query).root, known_sources(connection))
    if terms is None:
        return
    left = selection.limit
    for ids in _places(connection, terms, selection):
        rows = {row["id"]: row for row in connection.execute(_ROWS, {"ids": ids}).mappings()}
        for row in (rows[one] for one in ids if one in rows):
            found = _highlighted(dict(row), matcher)
            if found is None:
                continue
            if left is not None:
                left -= 1
                if left < 0:
                    return
            yield found


def _places(connection: Connection, terms: str, selection: Selection) -> Iterator[list[int]]:
    values = {
        "terms": terms,
        "since": selection.since or date.min,
        "until": selection.until or date.max,
    }
    streamed = connection.execution_options(stream_results=True, max_row_buffer=BATCH)
    with streamed.execute(_PLACES, values) as places:
        for batch in places.partitions(BATCH):
            yield [row.statement_id for row in batch]


def _highlighted(row: dict[str, Any], matcher: Matcher | None) -> dict[str, Any] | None:
    if matcher is None:
        return row | {HIGHLIGHTS: []}
    names = ("title", "text", "language", "source", "publisher", "country", "host_country", "kind")
    document = Document(**{name: row[name] for name in names}, topics=tuple(row["topics"]))
    hits = matcher.match(document)
    return row | {HIGHLIGHTS: highlights_in(document, hits[0].spans)} if hits else None
