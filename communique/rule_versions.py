"""Rules as the store keeps them: which version is in force, and which there were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row, text

from communique.diffs import Operation, diff
from communique.rules import Rule

FIELDS = ("name", "severity", "query", "not_inside", "topic", "note")
Key = tuple[str, str]

_VERSIONS = text("""
    SELECT watchlist, rule, version, name, severity, query, not_inside, topic, note, created_at,
           retired_at
    FROM communique.rules
    WHERE (CAST(:watchlist AS text) IS NULL OR watchlist = :watchlist)
      AND (CAST(:rule AS text) IS NULL OR rule = :rule)
    ORDER BY watchlist, rule, version
""")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one rule. created_at, retired_at: aware, UTC; retired_at is set where the rule
    left its file while this version was in force."""

    rule: Rule
    number: int
    created_at: datetime
    retired_at: datetime | None


def versions(
    connection: Connection, watchlist: str | None = None, rule: str | None = None
) -> Sequence[Version]:
    """Every version that ever was in force, by watchlist and rule, the first one first."""
    named = {"watchlist": watchlist, "rule": rule}
    return [
        Version(
            rule_of(row),
            row.version,
            row.created_at,
            row.retired_at,
        )
        for row in connection.execute(_VERSIONS, named)
    ]


def rule_of(row: Row[*tuple[Any, ...]]) -> Rule:
    """The rule that a row of `rules` is a version of."""
    return Rule(
        watchlist=row.watchlist,
        id=row.rule,
        name=row.name,
        severity=row.severity,
        query=row.query,
        not_inside=tuple(row.not_inside),
        topic=row.topic,
        note=row.note,
    )


def in_force(connection: Connection, watchlist: str | None = None) -> Mapping[Key, Version]:
    """Watchlist and rule to the version that the store has in force: the newest, unless it is
    retired."""
    newest = {(one.rule.watchlist, one.rule.id): one for one in versions(connection, watchlist)}
    return {key: one for key, one in newest.items() if one.retired_at is None}


def pairs(mine: Sequence[Version]) -> Iterator[tuple[Version | None, Version]]:
    """Each version of one rule with the one before it, the first one first."""
    if mine:
        yield None, mine[0]
    yield from pairwise(mine)


def changed(before: Rule, after: Rule) -> Iterator[Operation]:
    """What differs between two versions, field by field, as operations of a diff."""
    for name in FIELDS:
        was, became = _said(before, name), _said(after, name)
        for each in diff(("", was), ("", became)) if was != became else ():
            yield each | {"field": name}


def _said(rule: Rule, name: str) -> str:
    value = getattr(rule, name)
    return ", ".join(value) if name == "not_inside" else value or ""
