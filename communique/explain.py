"""Why a statement did or did not reach somebody: which rules hold for it, part by part, and what
became of it in the outbox (`explain_told`). Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from communique.backtest_trial import asks_topic
from communique.rule_versions import Version, in_force
from communique.rules import Document, Explanation, RuleError, compile_rules, why

_STATEMENT = text("""
    SELECT s.id, s.url, s.title, s.text, s.language, s.story_id, s.source_id AS source,
           s.backfilled, s.published_on, s.date_zone, s.first_seen_at, s.withdrawn_at,
           s.revision_number, o.publisher, o.country, o.host_country, o.kind, r.id AS revision_id,
           r.settled_at,
           (SELECT max(each.judged_at) FROM communique.revisions each
            WHERE each.statement_id = s.id) AS judged_at,
           (SELECT count(*) FROM communique.revisions each
            WHERE each.statement_id = s.id AND each.judged_at IS NULL) AS unjudged
    FROM communique.statements s
    JOIN communique.sources o ON o.id = s.source_id
    JOIN communique.revisions r ON r.statement_id = s.id AND r.number = s.revision_number
    WHERE s.id = :id
""")
# An address as the publisher spells it, as a listing did, or as it was asked for.
_AT = text("""
    SELECT id FROM communique.statements WHERE url = :url
    UNION SELECT statement_id FROM communique.addresses
          WHERE :url IN (url, fetch_url) AND statement_id IS NOT NULL
    ORDER BY 1
""")
_VISITED = text("""
    SELECT source_id, outcome, last_visit_at FROM communique.addresses
    WHERE :url IN (url, fetch_url) ORDER BY last_visit_at DESC NULLS LAST LIMIT 1
""")


class NotFound(Exception):
    """There is no such statement, or no such rule; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one rule in force says of a statement's current wording. version: its number and since
    when. explanation: its query, part by part; its spans are what an alert would mark."""

    version: Version
    explanation: Explanation

    @property
    def held(self) -> bool:
        """Whether the rule holds."""
        return self.explanation.held

    @property
    def name(self) -> str:
        """watchlist/rule."""
        return f"{self.version.rule.watchlist}/{self.version.rule.id}"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is known of the statement. judged_at: when alerts were last judged of any of its
    wordings; unjudged: how many still wait for that."""

    id: int
    url: str
    title: str
    text: str
    language: str
    story_id: int
    source: str
    publisher: str
    country: str | None
    host_country: str | None
    kind: str
    backfilled: bool
    published_on: date | None
    date_zone: str
    first_seen_at: datetime
    withdrawn_at: datetime | None
    revision_number: int
    revision_id: int
    settled_at: datetime | None
    judged_at: datetime | None
    unjudged: int


def statement_of(connection: Connection, named: str) -> Statement:
    """The statement of this number or at this address. Raises NotFound, which says what became of
    an address at which none was read."""
    if named.isdecimal():
        numbers: Sequence[int] = [int(named)]
    else:
        numbers = connection.execute(_AT, {"url": named}).scalars().all()
    if len(numbers) > 1:
        listed = ", ".join(map(str, numbers))
        raise NotFound(f"Several statements are at {named}: name one of {listed} by its number.")
    row = _row(connection, numbers[0]) if numbers else None
    if row is None:
        raise NotFound(_missing(connection, named))
    return Statement(**row._mapping)


def answers(connection: Connection, statement: Statement, rule: str | None) -> tuple[Answer, ...]:
    """What the rules in force say of it; those that hold first. rule: only this one, by its id or
    as watchlist/id. Raises NotFound where no such rule is in force."""
    known = in_force(connection)
    usable = {key: one for key, one in known.items() if _is_usable(one)}
    asked = [one for key, one in usable.items() if rule in (None, key[1], "/".join(key))]
    if not asked:
        raise NotFound(_no_rule(rule, known))
    document = _document(statement, usable)
    found = [Answer(one, why(one.rule, document)) for one in asked]
    return tuple(sorted(found, key=lambda each: not each.held))


def _document(statement: Statement, rules: Mapping[tuple[str, str], Version]) -> Document:
    """What a rule is shown, with the topics that the other rules give."""
    document = Document(
        title=statement.title,
        text=statement.text,
        language=statement.language,
        source=statement.source,
        publisher=statement.publisher,
        country=statement.country,
        host_country=statement.host_country,
        kind=statement.kind,
    )
    hits = compile_rules(one.rule for one in rules.values()).match(document)
    topics = {hit.rule.topic for hit in hits if hit.rule.topic and not asks_topic(hit.rule)}
    return replace(document, topics=tuple(sorted(topics)))


def _row(connection: Connection, number: int) -> Row[*tuple[Any, ...]] | None:
    if number >= 2**63:
        return None
    return connection.execute(_STATEMENT, {"id": number}).one_or_none()


def _missing(connection: Connection, named: str) -> str:
    if named.isdecimal():
        return f"There is no statement {named}."
    visited = connection.execute(_VISITED, {"url": named}).one_or_none()
    if visited is None:
        return (
            f"No statement is at {named}, and no source ever listed that address. "
            "communique search finds statements by their words."
        )
    when = f" ({visited.last_visit_at:%Y-%m-%d %H:%M} UTC)" if visited.last_visit_at else ""
    became = (
        f"its last visit{when} ended as {visited.outcome}"
        if visited.outcome
        else ("it has not been visited yet")
    )
    return f"{visited.source_id} listed {named}, but no statement was read there: {became}."


def _is_usable(version: Version) -> bool:
    try:
        compile_rules([version.rule])
    except RuleError:
        return False
    return True


def _no_rule(rule: str | None, known: Mapping[tuple[str, str], Version]) -> str:
    if not known:
        return "No rule is in force yet. Run: communique alert"
    return f"No rule {rule!r} is in force. There are {', '.join(map('/'.join, sorted(known)))}."
