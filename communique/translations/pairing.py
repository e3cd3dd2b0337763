"""The step of settling that pairs language versions, in a bounded number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, text

from communique.text import Tokens
from communique.translations.assigning import WINDOW, Pair, Text, pairs_of
from communique.translations.joining import join_stories
from communique.translations.likeness import VERSION
from communique.translations.publishers import Publisher, publishers_of

if TYPE_CHECKING:
    from communique.settling import Unsettled

MOST_A_DAY = 60  # statements of one source and day that are looked at
MOST_CHARACTERS = 60_000  # of a text; what is longer is told by its beginning

# Only what is settled, or is settled now: the others come when it is their turn.
_NEAR = text("""
    SELECT near.*
    FROM unnest(CAST(:sources AS text[]), CAST(:days AS date[])) AS wanted (source_id, day)
    CROSS JOIN LATERAL (
        SELECT s.id, s.story_id, s.source_id, s.language, s.published_on, s.title,
               left(s.text, :characters) AS text
        FROM communique.statements s
        WHERE s.source_id = wanted.source_id AND s.published_on = wanted.day
          AND (s.id = ANY (CAST(:batch AS bigint[])) OR EXISTS (
              SELECT FROM communique.revisions r
              WHERE r.statement_id = s.id AND r.settled_at IS NOT NULL
          ))
        ORDER BY s.id DESC LIMIT :most
    ) AS near
    ORDER BY near.id
""")
_TAKEN = text("""
    SELECT t.statement_id, t.other_id, s.language, o.language AS other_language
    FROM communique.translations t
    JOIN communique.statements s ON s.id = t.statement_id
    JOIN communique.statements o ON o.id = t.other_id
    WHERE t.statement_id = ANY (CAST(:ids AS bigint[])) OR t.other_id = ANY (CAST(:ids AS bigint[]))
""")
_NOTE = text("""
    INSERT INTO communique.translations (statement_id, other_id, score, version)
    SELECT *, CAST(:version AS smallint) FROM unnest(
        CAST(:ones AS bigint[]), CAST(:others AS bigint[]), CAST(:scores AS float[])
    )
    ON CONFLICT (statement_id, other_id) DO UPDATE
    SET score = excluded.score, version = excluded.version
""")


def pair(connection: Connection, batch: Sequence[Unsettled], now: datetime) -> None:  # noqa: ARG001 (a settling step)
    """Pairs the batch's statements with their versions in other languages, and makes each pair one
    story, unless somebody has said that they are not. Undated statements are left alone. Nine
    queries at most, whatever the size of batch or store."""
    dated = [one for one in batch if one.published_on is not None]
    if not dated:
        return
    publishers = publishers_of(connection, {one.source_id for one in dated})
    texts = _texts(connection, dated, publishers)
    new = {one.statement_id for one in dated}
    taken = _taken(connection, [each.statement_id for those in texts.values() for each in those])
    pairs: list[Pair] = []
    for source, those in texts.items():
        mine = [each for each in those if each.statement_id in new]
        pairs += pairs_of(mine, those, taken, publishers[source].common)
    if pairs:
        values = {
            "ones": [each.statement_id for each in pairs],
            "others": [each.other_id for each in pairs],
            "scores": [each.score for each in pairs],
            "version": VERSION,
        }
        connection.execute(_NOTE, values)
        join_stories(connection, [(each.statement_id, each.other_id) for each in pairs])


def _texts(
    connection: Connection, batch: Sequence[Unsettled], publishers: Mapping[str, Publisher]
) -> dict[str, list[Text]]:
    """The statements of the batch's publishers from about its days, by a source of each that
    speaks in more than one language."""
    around = range(-WINDOW, WINDOW + 1)
    wanted = {
        (source, one.published_on + timedelta(days=days))
        for one in batch
        if one.published_on is not None
        for source in publishers[one.source_id].sources
        for days in around
    }
    values = {
        "sources": [source for source, _ in wanted],
        "days": [day for _, day in wanted],
        "batch": [one.statement_id for one in batch],
        "most": MOST_A_DAY,
        "characters": MOST_CHARACTERS,
    }
    tokens = {(one.statement_id, one.text): one.tokens for one in batch}
    speaks_for = {source: one for one, each in publishers.items() for source in each.sources}
    texts: dict[str, list[Text]] = defaultdict(list)
    for row in connection.execute(_NEAR, values):
        texts[speaks_for[row.source_id]].append(_text(row, tokens))
    return {
        source: those
        for source, those in texts.items()
        if len({each.language for each in those}) > 1
    }


def _text(row: Row[Any], tokens: Mapping[tuple[int, str], Tokens]) -> Text:
    return Text(
        statement_id=row.id,
        story_id=row.story_id,
        on=row.published_on,
        language=row.language.partition("-")[0],
        title=row.title,
        text=row.text,
        tokens=tokens.get((row.id, row.text)),
    )


def _taken(connection: Connection, statements: Iterable[int]) -> set[tuple[int, str]]:
    """Which of these statements have a version already, and in which language."""
    taken = set()
    for row in connection.execute(_TAKEN, {"ids": list(statements)}):
        taken.add((row.statement_id, row.other_language.partition("-")[0]))
        taken.add((row.other_id, row.language.partition("-")[0]))
    return taken
