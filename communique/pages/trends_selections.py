"""From what is asked to SQL: which statements hold it for sure, and which have to be read.

A rule's statements are those in whose current wording one of its versions was found; a topic's
those that are put into it. Both stand in the store. A query's are those for which the rules'
matcher holds: as far as the index decides that alone (`communique.search.bounds`), it is believed;
what it cannot tell is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from communique.pages.trends_subjects import Subject
from communique.search.bounds import Part, parts_of
from communique.search.reading import known_sources
from communique.search.tsqueries import Asked

_DAY = "coalesce(s.published_on, CAST(s.first_seen_at AT TIME ZONE 'UTC' AS date))"
_STATEMENTS = "communique.statements s"
_INDEXED = "communique.search_documents d JOIN communique.statements s ON s.id = d.statement_id"
# Looked up first, by itself: joined at once, PostgreSQL may walk along another index and unpack
# the terms of each statement on its way, which takes a hundred times as long.
_BY_TERMS = """WITH d AS MATERIALIZED (
    SELECT statement_id, day FROM communique.search_documents
    WHERE terms @@ CAST(:terms AS tsquery)) """
_FOUND = "d JOIN communique.statements s ON s.id = d.statement_id"
# The index keeps the terms of every wording that a statement had.
_REWORDED = (
    "EXISTS (SELECT FROM communique.revisions w WHERE w.statement_id = d.statement_id "
    "AND w.number > 1)"
)
_RULE = """(
    SELECT DISTINCT r.statement_id, r.number
    FROM communique.rules u
    JOIN communique.matches m ON m.rule_id = u.id
    JOIN communique.revisions r ON r.id = m.revision_id
    WHERE u.watchlist = :watchlist AND u.rule = :rule) f
    JOIN communique.statements s ON s.id = f.statement_id AND s.revision_number = f.number"""


@dataclass(frozen=True, slots=True)
class Selection:
    """Some statements, as SQL: what stands after FROM (with `s` for communique.statements), what
    after WHERE, the day that a statement counts on, and what stands before SELECT. reworded: each
    had several wordings."""

    rows: str
    where: str
    day: str
    values: Mapping[str, Any] = field(default_factory=dict)
    before: str = ""
    reworded: bool = False


@dataclass(frozen=True, slots=True)
class Selections:
    """sure: statements that hold it. doubtful: those that have to be read; no statement stands in
    two of `sure`. at_once: some days of it cost as much as all."""

    sure: tuple[Selection, ...]
    doubtful: tuple[Selection, ...] = ()
    at_once: bool = False


def selections_of(connection: Connection, subject: Subject) -> Selections:
    """The selections of a subject."""
    if subject.kind == "rule":
        watchlist, _, rule = subject.asked.partition("/")
        named = {"watchlist": watchlist, "rule": rule}
        return Selections((Selection(_RULE, "true", _DAY, named),), at_once=True)
    if subject.query is None:
        where = "s.topics @> ARRAY[CAST(:topic AS text)]"
        return Selections((Selection(_STATEMENTS, where, _DAY, {"topic": subject.asked}),))
    sure: list[Selection] = []
    doubtful: list[Selection] = []
    for part in parts_of(subject.query.root, known_sources(connection)):
        sure += _sure(part)
        doubtful += _doubtful(part)
    return Selections(tuple(sure), tuple(doubtful))


def these(ids: Sequence[int]) -> Selection:
    """The statements of these numbers."""
    return Selection(_STATEMENTS, "s.id = ANY(CAST(:ids AS bigint[]))", _DAY, {"ids": list(ids)})


def _sure(part: Part) -> list[Selection]:
    if part.sure is True and part.doubtful is False:  # asked of sources alone
        return [_indexed(part, True)]
    return [_indexed(part, part.sure, reworded=False)] if part.sure is not False else []


def _doubtful(part: Part) -> list[Selection]:
    found = [_indexed(part, part.doubtful)] if part.doubtful is not False else []
    if part.possible is not None:
        found.append(_indexed(part, part.possible or True, reworded=True))
    return found


def _indexed(part: Part, terms: Asked, *, reworded: bool | None = None) -> Selection:
    """reworded: only what had several wordings, or only what had not; None: both."""
    where, values = list[str](), dict[str, Any]()
    if part.sources is not None:
        where.append("s.source_id = ANY(:sources)")
        values["sources"] = list(part.sources)
    if reworded is not None:
        where.append(_REWORDED if reworded else f"NOT {_REWORDED}")
    asked = " AND ".join(where) or "true"
    if isinstance(terms, str):
        values["terms"] = terms
        return Selection(_FOUND, asked, "d.day", values, _BY_TERMS, bool(reworded))
    return Selection(_INDEXED, asked, "d.day", values, reworded=bool(reworded))
