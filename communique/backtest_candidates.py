"""Which statements a back-test has to read: those that the search index proposes, and those that
it does not know yet.

What the index proposes holds every statement that a rule may hold for (`search.asking`); what
stands in no index, or was edited since, is read whatever it says. So nothing slips, and the rule
itself decides.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from sqlalchemy import Connection, Row, TextClause, text

from communique.rules import Document, Rule, parse
from communique.rules.query import And, Fact, Node, Or
from communique.search.asking import EVERYTHING, asks_of_sources, tsquery_of
from communique.search.reading import known_sources

BATCH = 250  # statements read at once
BLOCK = 20_000  # numbers fetched at once

# `terms` is long and lies elsewhere: the index must answer alone. What it found is kept exact, or
# each page of it would have to be looked through again.
_PLAN = text("""
    SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
           set_config('work_mem', '128MB', true)
""")
_DAY = "coalesce(s.published_on, CAST(s.first_seen_at AT TIME ZONE 'UTC' AS date))"
_PROPOSED = text("""
    SELECT statement_id FROM communique.search_documents WHERE terms @@ CAST(:terms AS tsquery)
""")
_UNKNOWN = text("""
    SELECT s.id FROM communique.statements s
    LEFT JOIN communique.search_documents d ON d.statement_id = s.id
    WHERE d.statement_id IS NULL
    UNION
    SELECT statement_id FROM communique.revisions WHERE settled_at IS NULL
""")
_EVERY = text("SELECT id FROM communique.statements ORDER BY id")
_COUNT = text("SELECT count(*) FROM communique.statements")
_READ = text(f"""
    SELECT s.id, s.source_id, s.story_id, s.language, s.title, s.text, {_DAY} AS day
    FROM communique.statements s
    WHERE s.id = ANY(CAST(:ids AS bigint[])) AND {_DAY} >= CAST(:since AS date)
    ORDER BY s.id
""")  # noqa: S608 (a constant of ours)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The numbers of the statements to read, sorted. statements: how many there are in all.
    unknown: how many of these the index does not know in their current wording yet. narrowed: false
    where a rule asks for nothing that the index could look up, so that every statement is read."""

    ids: Sequence[int]
    statements: int
    unknown: int
    narrowed: bool


def candidates(connection: Connection, rules: Iterable[Rule], givers: Iterable[Rule]) -> Candidates:
    """What has to be read to try these rules on every statement. givers: the rules that mark a
    topic, which `topic:` may ask for. Nothing is written; the transaction keeps a few settings."""
    terms = terms_of(connection, rules, givers)
    connection.execute(_PLAN)
    unknown = _numbers(connection, _UNKNOWN)
    statements = int(connection.execute(_COUNT).scalar_one())
    if terms == EVERYTHING:
        return Candidates(_numbers(connection, _EVERY), statements, len(unknown), narrowed=False)
    proposed = _numbers(connection, _PROPOSED, terms=terms) if terms is not None else ()
    ids = array("q", sorted({*proposed, *unknown}))
    return Candidates(ids, statements, len(unknown), narrowed=True)


def terms_of(connection: Connection, rules: Iterable[Rule], givers: Iterable[Rule]) -> str | None:
    """What the index is asked for these rules: a tsquery; EVERYTHING where they ask for nothing
    that it could look up; None where no statement can match."""
    marks = [(rule.topic.casefold(), parse(rule.query).root) for rule in givers if rule.topic]
    wanted = Or(tuple(_without_topics(parse(rule.query).root, marks) for rule in rules))
    sources = known_sources(connection) if asks_of_sources(wanted) else ()
    return tsquery_of(wanted, sources)


def read_batch(
    connection: Connection, ids: Sequence[int], since: date
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those of these statements that are of this day or later, in their current wording, by number.
    The day is that of publication, where unknown that of first sight in UTC."""
    return connection.execute(_READ, {"ids": list(ids), "since": since}).all()


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """These numbers, as many at once as are read at once."""
    return (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))


def document_of(row: Row[*tuple[Any, ...]], sources: Mapping[str, Document]) -> Document:
    """What a rule is shown of a statement: as when it is judged, without topics of its own."""
    return replace(sources[row.source_id], title=row.title, text=row.text, language=row.language)


def _without_topics(node: Node, marks: Sequence[tuple[str, Node]]) -> Node:
    """The query with what gives a topic in the place of what asks for it: the topics in the index
    are those that a statement had when it was stored."""
    if isinstance(node, Fact) and node.field == "topic":
        return Or(tuple(root for topic, root in marks if fnmatchcase(topic, node.value)))
    if isinstance(node, And | Or):
        return type(node)(tuple(_without_topics(child, marks) for child in node.nodes))
    return node


def _numbers(connection: Connection, query: TextClause, **values: object) -> array[int]:
    streaming = {"stream_results": True, "max_row_buffer": BLOCK}
    found = array("q")
    for block in (
        connection.execute(query, values, execution_options=streaming).scalars().partitions(BLOCK)
    ):
        found.extend(block)
    return found
