"""What a back-test looks up in the store: numbers of statements, and where these stand."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import Connection, TextClause, text

from communique.backtest_candidates import DAY
from communique.backtest_reading import Place
from communique.search.asking import EVERYTHING
from communique.search.terms import FACT, lexeme, quoted
from communique.search.tsqueries import Asked

BLOCK = 20_000  # numbers fetched at once

# `terms` is long and lies elsewhere: the index must answer alone. What it found is kept exact, or
# each page of it would have to be looked through again.
_PLAN = text("""
    SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
           set_config('work_mem', '128MB', true)
""")
_BY_TERMS = """
    SELECT statement_id FROM communique.search_documents WHERE terms @@ CAST(:terms AS tsquery)
"""
# Looked up first, by itself: joined at once, the terms of each statement may be unpacked.
_FOUND = f"WITH d AS MATERIALIZED ({_BY_TERMS}) SELECT d.statement_id FROM d "  # noqa: S608
_INDEXED = text(_BY_TERMS)
_INDEXED_OF_SOURCES = text(
    _FOUND + "JOIN communique.statements s ON s.id = d.statement_id WHERE s.source_id = ANY(:those)"
)
_REWORDED = text("SELECT DISTINCT statement_id FROM communique.revisions WHERE number > 1")
_INDEXED_REWORDED = text(
    _FOUND + "WHERE EXISTS (SELECT FROM communique.revisions w "
    "WHERE w.statement_id = d.statement_id AND w.number > 1)"
)
_EVERY = text("SELECT id FROM communique.statements ORDER BY id")
_OF_SOURCES = text("SELECT id FROM communique.statements WHERE source_id = ANY(:those)")
_UNKNOWN = text("""
    SELECT s.id FROM communique.statements s
    LEFT JOIN communique.search_documents d ON d.statement_id = s.id
    WHERE d.statement_id IS NULL
    UNION
    SELECT statement_id FROM communique.revisions WHERE settled_at IS NULL
""")
_COUNT = text("SELECT count(*) FROM communique.statements")
_PLACES = text(f"""
    SELECT s.id, s.story_id, {DAY} FROM communique.statements s
    WHERE s.id = ANY(CAST(:ids AS bigint[])) AND {DAY} >= CAST(:since AS date)
""")  # noqa: S608 (a constant of ours)
# An index of words cannot tell where one is not, unless it is told where to look: every statement
# in it has a source.
_UNPLACED = text("SELECT querytree(CAST(:terms AS tsquery)) IN ('', 'T')")
_ANYWHERE = quoted(lexeme(FACT, "source:")) + ":*"


class Lookups:
    """Asks the store in one transaction, which keeps a few settings; nothing is written."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        connection.execute(_PLAN)

    def count(self) -> int:
        """How many statements there are."""
        return int(self._connection.execute(_COUNT).scalar_one())

    def every(self) -> array[int]:
        """All statements, in their order."""
        return self._numbers(_EVERY)

    def unknown(self) -> array[int]:
        """Those that the index does not know in their current wording yet."""
        return self._numbers(_UNKNOWN)

    def asking(self, asked: Asked, sources: Sequence[str] | None) -> array[int]:
        """What the index finds of these sources; None: of all."""
        if asked is False:
            return array("q")
        those = list(sources or ())
        if asked is True:
            return self.every() if sources is None else self._numbers(_OF_SOURCES, those=those)
        terms = asked if self.is_placed(asked) else f"{_ANYWHERE} & ({asked})"
        if sources is None:
            return self._numbers(_INDEXED, terms=terms)
        return self._numbers(_INDEXED_OF_SOURCES, terms=terms, those=those)

    def reworded(self, proposed: str | None) -> array[int]:
        """Those that had several wordings, as far as the index proposes them. proposed: a tsquery;
        EVERYTHING: all; None: none."""
        if proposed is None:
            return array("q")
        if proposed == EVERYTHING:
            return self._numbers(_REWORDED)
        return self._numbers(_INDEXED_REWORDED, terms=proposed)

    def is_placed(self, terms: str) -> bool:
        """Whether a tsquery asks for any word that must be there: only such can be looked up."""
        return not self._connection.execute(_UNPLACED, {"terms": terms}).scalar_one()

    def places(self, ids: Sequence[int], since: date) -> Iterator[Place]:
        """Where these statements stand, as far as they are of this day or later."""
        for at in range(0, len(ids), BLOCK):
            values = {"ids": list(ids[at : at + BLOCK]), "since": since}
            for number, story, day in self._connection.execute(_PLACES, values):
                yield Place(number, story, day)

    def _numbers(self, query: TextClause, **values: object) -> array[int]:
        streaming = {"stream_results": True, "max_row_buffer": BLOCK}
        rows = self._connection.execute(query, values, execution_options=streaming)
        found = array("q")
        for block in rows.scalars().partitions(BLOCK):
            found.extend(block)
        return found
