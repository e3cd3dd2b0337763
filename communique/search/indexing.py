"""The last step of settling: a statement's words and facts become its search terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from communique.search.terms import bounded, facts, lexemes, quoted

if TYPE_CHECKING:  # settling imports its steps
    from communique.settling import Unsettled

# A statement that was edited keeps the terms of its earlier wordings: one of them may stand again,
# and that is no new wording. What no longer stands is told apart when somebody asks.
_INDEX = text("""
    INSERT INTO communique.search_documents AS known (statement_id, day, terms)
    SELECT s.id,
           coalesce(s.published_on, CAST(s.first_seen_at AT TIME ZONE 'UTC' AS date)),
           CAST(found.terms AS tsvector) || array_to_tsvector(
               ARRAY(SELECT '@topic:' || left(lower(topic), 54) FROM unnest(s.topics) topic))
    FROM unnest(CAST(:ids AS bigint[]), CAST(:terms AS text[])) AS found (id, terms)
    JOIN communique.statements s ON s.id = found.id
    ON CONFLICT (statement_id) DO UPDATE SET
        day = excluded.day,
        terms = CASE
            WHEN octet_length(CAST(known.terms AS text))
                 + octet_length(CAST(excluded.terms AS text)) < 1000000
            THEN known.terms || excluded.terms
            ELSE excluded.terms || CAST('''!''' AS tsvector)
        END
""")


def index_terms(connection: Connection, batch: Sequence[Unsettled], now: datetime) -> None:  # noqa: ARG001 (a settling step)
    """Makes these wordings' statements findable. One SQL statement, whatever the batch's size."""
    words: dict[int, set[str]] = defaultdict(set)
    known: dict[int, set[str]] = defaultdict(set)
    for one in batch:
        words[one.statement_id] |= lexemes(one.title_tokens, one.tokens, one.language)
        known[one.statement_id] |= facts(one.source_id, one.language)
    if not batch:
        return
    rows = {key: " ".join(map(quoted, bounded(words[key], known[key]))) for key in words}
    connection.execute(_INDEX, {"ids": list(rows), "terms": list(rows.values())})
