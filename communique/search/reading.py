"""From places to statements, and whether the rules' own matcher says that they match."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from communique.rules import Document, Matcher, Rule, Span, compile_rules
from communique.search.values import Found, Place

_READ = text("""
    SELECT s.id, s.source_id AS source, o.publisher, o.country, o.host_country, o.kind, s.language,
           s.url, s.title, s.text, s.published_on, s.first_seen_at, s.withdrawn_at, s.topics,
           s.story_id
    FROM communique.statements s JOIN communique.sources o ON o.id = s.source_id
    WHERE s.id = ANY(CAST(:ids AS bigint[]))
""")
_SOURCES = text("SELECT id, publisher, country, host_country, kind FROM communique.sources")


def matcher_of(query: str) -> Matcher:
    """What decides whether a statement matches: as for an alert. Raises RuleError."""
    return compile_rules([Rule("", "search", query, "info", query)])


def known_sources(connection: Connection) -> list[Document]:
    """What is known of each source, as the facts of a query see it; without words."""
    return [
        Document(
            title="",
            text="",
            source=row.id,
            publisher=row.publisher,
            country=row.country,
            host_country=row.host_country,
            kind=row.kind,
        )
        for row in connection.execute(_SOURCES)
    ]


def read_matching(
    connection: Connection, places: Sequence[Place], matcher: Matcher
) -> Iterable[Found]:
    """Those of the statements at these places that match, in the places' order."""
    for row, place in _rows(connection, places):
        hits = matcher.match(document_of(row))
        if hits:
            yield _found(row, place, hits[0].spans)


def read_all(connection: Connection, places: Sequence[Place]) -> Iterable[Found]:
    """The statements at these places, in the places' order; nothing in them is marked."""
    for row, place in _rows(connection, places):
        yield _found(row, place, ())


def _rows(
    connection: Connection, places: Sequence[Place]
) -> Iterable[tuple[Row[*tuple[Any, ...]], Place]]:
    ids = [place.statement_id for place in places]
    rows = {row.id: row for row in connection.execute(_READ, {"ids": ids})}
    return [(row, place) for place in places if (row := rows.get(place.statement_id))]


def _found(row: Row[*tuple[Any, ...]], place: Place, spans: tuple[Span, ...]) -> Found:
    return Found(
        id=row.id,
        source=row.source,
        publisher=row.publisher,
        country=row.country,
        language=row.language,
        url=row.url,
        title=row.title,
        text=row.text,
        published_on=row.published_on,
        first_seen_at=row.first_seen_at,
        withdrawn_at=row.withdrawn_at,
        topics=tuple(row.topics),
        story_id=row.story_id,
        spans=spans,
        day=place.day,
    )


def document_of(row: Row[*tuple[Any, ...]]) -> Document:
    """What the matcher is shown of a statement: its current wording, with its topics."""
    return Document(
        title=row.title,
        text=row.text,
        language=row.language,
        source=row.source,
        publisher=row.publisher,
        country=row.country,
        host_country=row.host_country,
        kind=row.kind,
        topics=tuple(row.topics),
    )
