"""The rules in force: watchlists as they are in their files, and versions as the store keeps them.

A rule that changes becomes a new version; a rule that leaves its file is retired. A rule that
cannot be read, and every rule of a file that cannot be read, stays in force as it last was, and
that is reported: a slip of the pen must not silence an alert.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text, update

from communique.rule_versions import rule_of
from communique.rules import Matcher, Rule, RuleError, compile_rules
from communique.schema import RuleRow, Subscription
from communique.selections import EVERY
from communique.watchlists import Loaded

Key = tuple[str, str]
Facts = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules in force, compiled. ids: watchlist and rule to the row of the version in force.
    problems: what is not in force as it is written."""

    matcher: Matcher
    ids: Mapping[Key, int]
    problems: tuple[str, ...]


def sync_rules(connection: Connection, loaded: Loaded, now: datetime) -> Mapping[Key, int]:
    """Brings the store's rules to what was loaded; now: aware, UTC. Returns watchlist and rule to
    the row of the version in force, last good versions included. Two at once make no version
    twice."""
    connection.execute(text("LOCK TABLE communique.rules IN SHARE ROW EXCLUSIVE MODE"))
    newest = _newest(connection)
    ids: dict[Key, int] = {}
    for rule in loaded.rules:
        key = (rule.watchlist, rule.id)
        row = newest.get(key)
        if row is not None and row.retired_at is None and rule_of(row) == rule:
            ids[key] = row.id
        else:
            ids[key] = _add_version(connection, rule, row.version + 1 if row else 1, now)
    missing = [row for key, row in newest.items() if key not in ids and row.retired_at is None]
    kept = {row.id for row in missing if _is_excused(row, loaded)}
    ids |= {(row.watchlist, row.rule): row.id for row in missing if row.id in kept}
    gone = [row.id for row in missing if row.id not in kept]
    connection.execute(update(RuleRow).where(RuleRow.id.in_(gone)).values(retired_at=now))
    return ids


def open_rulebook(connection: Connection, loaded: Loaded, now: datetime) -> Rulebook:
    """The rules in force at `now` (aware, UTC), after `sync_rules`. Never raises for what a rule
    says."""
    ids = dict(sync_rules(connection, loaded, now))
    rules = {(rule.watchlist, rule.id): rule for rule in loaded.rules}
    problems = [*map(str, loaded.problems)]
    for row in _newest(connection).values():
        key = (row.watchlist, row.rule)
        if key not in ids or key in rules:
            continue
        name = f"Rule {row.rule} of watchlist {row.watchlist}"
        try:
            compile_rules([rule_of(row)])
        except RuleError as error:
            del ids[key]
            problems.append(f"{name} is not in force: neither its file nor version {row.version} "
                            f"can be used: {error}")  # fmt: skip
        else:
            rules[key] = rule_of(row)
            problems.append(f"{name} stays in force as version {row.version}.")
    problems += unserved(connection, ids)
    return Rulebook(compile_rules(rules.values()), ids, tuple(problems))


def _newest(connection: Connection) -> dict[Key, Facts]:
    rows = connection.execute(select(RuleRow.__table__).order_by(RuleRow.version))
    return {(row.watchlist, row.rule): row for row in rows}


def _add_version(connection: Connection, rule: Rule, version: int, now: datetime) -> int:
    values = {
        "watchlist": rule.watchlist,
        "rule": rule.id,
        "version": version,
        "name": rule.name,
        "severity": rule.severity,
        "query": rule.query,
        "not_inside": list(rule.not_inside),
        "topic": rule.topic,
        "note": rule.note,
        "created_at": now,
    }
    made = insert(RuleRow).values(values).returning(RuleRow.id)
    return int(connection.execute(made).scalar_one())


def _is_excused(row: Facts, loaded: Loaded) -> bool:
    """Whether a rule may be missing only because its file, or the folder, could not be read."""
    if not loaded.watchlists:
        return True
    return any(
        problem.watchlist in ("", row.watchlist) and problem.rule in (None, row.rule)
        for problem in loaded.problems
    )


def unserved(connection: Connection, keys: Collection[Key]) -> list[str]:
    """What somebody subscribes to of which no rule is in force. keys: watchlist and rule of those
    that are."""
    watchlists = {EVERY, *(watchlist for watchlist, _ in keys)}
    running = select(Subscription.watchlist, Subscription.rules).distinct()
    running = running.where(Subscription.ended_at.is_(None)).order_by(*running.selected_columns)
    lost = list[str]()
    for name, rules in connection.execute(running):
        if name not in watchlists:
            lost.append(
                f"Watchlist {name} has subscribers but no rule in force: nobody is told anything "
                "of it. Bring its file back, or end its subscriptions."
            )
        elif rules and not _is_served(name, rules, keys):
            lost.append(
                f"Some subscriptions to watchlist {name} chose only {', '.join(rules)}, which is "
                "not in force: they tell nothing. Bring it back, or choose what took its place."
            )
    return list(dict.fromkeys(lost))


def _is_served(name: str, rules: Collection[str], keys: Iterable[Key]) -> bool:
    """Whether one of the rules that are chosen of a watchlist is in force."""
    return any(
        name in (EVERY, watchlist) and not {rule, f"{watchlist}/{rule}"}.isdisjoint(rules)
        for watchlist, rule in keys
    )
