"""What a back-test asks the search index, and how it reads statements.

What the index proposes for a rule holds every statement that the rule may hold for
(`search.asking`), and is what a first look at the newest statements reads; a whole back-test has it
decide what it can (`backtest_decided`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from communique.rules import Document, Rule, parse
from communique.rules.facts import is_so
from communique.rules.parse import parse_mask
from communique.rules.query import And, Fact, Node, Not, Or
from communique.search.asking import asks_of_sources, tsquery_of
from communique.search.masks import masked
from communique.search.reading import known_sources

BATCH = 250  # statements read at once
DAY = "coalesce(s.published_on, CAST(s.first_seen_at AT TIME ZONE 'UTC' AS date))"

_READ = text(f"""
    SELECT s.id, s.source_id, s.story_id, s.language, s.title, s.text, {DAY} AS day
    FROM communique.statements s
    WHERE s.id = ANY(CAST(:ids AS bigint[])) AND {DAY} >= CAST(:since AS date)
    ORDER BY s.id
""")  # noqa: S608 (a constant of ours)


def asked_of(rule: Rule, givers: Iterable[Rule]) -> Node:
    """What a rule asks, with what it is `not_inside` of, and with what gives a topic in the place
    of what asks for it: the topics in the index are those that a statement had when it was stored.
    givers: the rules that mark a topic, which `topic:` may ask for."""
    marks = [(rule.topic, _root_of(rule)) for rule in givers if rule.topic]
    return _without_topics(_root_of(rule), marks)


def terms_of(connection: Connection, rules: Iterable[Rule], givers: Iterable[Rule]) -> str | None:
    """What the index is asked for these rules: a tsquery; EVERYTHING where they ask for nothing
    that it could look up; None where no statement can match."""
    marking = tuple(givers)
    wanted = Or(tuple(asked_of(rule, marking) for rule in rules))
    sources = known_sources(connection) if asks_of_sources(wanted) else ()
    return tsquery_of(wanted, sources)


def read_batch(
    connection: Connection, ids: Sequence[int], since: date
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those of these statements that are of this day or later, in their current wording, by number.
    The day is that of publication, where unknown that of first sight in UTC."""
    return connection.execute(_READ, {"ids": list(ids), "since": since}).all()


def document_of(row: Row[*tuple[Any, ...]], sources: Mapping[str, Document]) -> Document:
    """What a rule is shown of a statement: as when it is judged, without topics of its own."""
    return replace(sources[row.source_id], title=row.title, text=row.text, language=row.language)


def _root_of(rule: Rule) -> Node:
    return masked(parse(rule.query).root, tuple(map(parse_mask, rule.not_inside)))


def _without_topics(node: Node, marks: Sequence[tuple[str, Node]]) -> Node:
    if isinstance(node, Fact) and node.field == "topic":
        given = (root for topic, root in marks if is_so(node, Document("", "", topics=(topic,))))
        return Or(tuple(given))
    if isinstance(node, And | Or):
        return replace(node, nodes=tuple(_without_topics(child, marks) for child in node.nodes))
    return Not(_without_topics(node.node, marks)) if isinstance(node, Not) else node
