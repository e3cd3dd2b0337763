"""What a trend is of: a query, a rule, or a topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, text

from communique.rule_versions import Version, versions
from communique.rules import Query, RuleError, parse

Kind = Literal["query", "rule", "topic"]
MOST = 3  # that are compared
LONGEST = 2_000  # characters of one
_TOPIC = text("SELECT EXISTS (SELECT FROM communique.statements WHERE topics @> ARRAY[:topic])")


class SubjectError(Exception):
    """What cannot be counted; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Subject:
    """asked: the query, `watchlist/rule`, or the topic, as it was asked for. query: parsed, where
    it is one. versions: of the rule, the first one first, where it is one."""

    kind: Kind
    asked: str
    query: Query | None = None
    versions: tuple[Version, ...] = ()

    @property
    def name(self) -> str:
        """How it is called in text."""
        return self.asked if self.kind == "query" else f"{self.kind} {self.asked}"


def subjects_of(
    connection: Connection,
    queries: Iterable[str],
    rules: Iterable[str] = (),
    topics: Iterable[str] = (),
) -> tuple[Subject, ...]:
    """What is asked for, without what is empty or asked twice. Raises SubjectError."""
    asked: list[tuple[Kind, str]] = [
        *(("query", each.strip()) for each in queries),
        *(("rule", each.strip()) for each in rules),
        *(("topic", each.strip()) for each in topics),
    ]
    wanted = [(kind, each) for kind, each in dict.fromkeys(asked) if each]
    if len(wanted) > MOST:
        raise SubjectError(f"No more than {MOST} can be compared; these are {len(wanted)}.")
    return tuple(_subject(connection, kind, each) for kind, each in wanted)


def _subject(connection: Connection, kind: Kind, asked: str) -> Subject:
    if len(asked) > LONGEST:
        raise SubjectError(f"{kind}: more than {LONGEST} characters.")
    if kind == "query":
        try:
            return Subject(kind, asked, query=parse(asked))
        except RuleError as error:
            before, rest = asked[: error.position], asked[error.position :]
            raise SubjectError(f"{before}▸{rest}\n{error}") from error
    if kind == "rule":
        return Subject(kind, asked, versions=_versions(connection, asked))
    return Subject(kind, asked)


def _versions(connection: Connection, asked: str) -> tuple[Version, ...]:
    watchlist, _, rule = asked.partition("/")
    found: Sequence[Version] = versions(connection, watchlist, rule) if watchlist and rule else ()
    if not found:
        raise SubjectError(
            f"There is no rule {asked[:100]!r}: write watchlist/rule, as on the page of watchlists."
        )
    return tuple(found)


def is_known(connection: Connection, topic: str) -> bool:
    """Whether any statement is on a topic."""
    values: dict[str, Any] = {"topic": topic}
    return bool(connection.execute(_TOPIC, values).scalar_one())
