"""`communique watchlists history`: which versions a rule had."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer
from rich.text import Text

from communique.cli.common import JsonOption, console, errors, print_json
from communique.cli.looking import marked_text
from communique.database import database
from communique.rule_versions import Version, changed, pairs, versions
from communique.settings import Settings


def history(
    rule: str | None = typer.Argument(
        None, help="Id of a rule, or watchlist/rule; none: all that ever were."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Show the versions of a rule as the store has them: when each came into force, and what
    changed.

    What a change took out is red, or stands in [-...-]; what it put in is green, or in {+...+}.

    Exit status 1 when there is no such rule in the store.

    Example: communique watchlists history 5g-huawei/huawei
    """
    watchlist, _, key = (rule or "").rpartition("/")
    with database(Settings()) as engine, engine.connect() as connection:
        found = versions(connection, watchlist or None, key or None)
    if rule and not found:
        errors.print(
            f"The store knows no rule {rule}. It does once alerts have been judged with it: "
            "communique alert",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(1)
    by_rule: dict[tuple[str, str], list[Version]] = {}
    for one in found:
        by_rule.setdefault((one.rule.watchlist, one.rule.id), []).append(one)
    if as_json:
        print_json([entry for mine in by_rule.values() for entry in map(_entry, pairs(mine))])
        return
    for (name, each), mine in by_rule.items():
        console.print(f"{name}/{each}", style="bold", markup=False, highlight=False)
        for pair in pairs(mine):
            _print(*pair)
        console.print()


def _print(before: Version | None, after: Version) -> None:
    _line(f"  version {after.number}, in force from {after.created_at:%Y-%m-%d %H:%M} UTC")
    if before is None:
        _line(f"    {after.rule.severity}: {after.rule.query}")
    elif before.retired_at is not None:
        _line(f"    back after it had left its file on {before.retired_at:%Y-%m-%d %H:%M}")
    for line in marked_text(changed(before.rule, after.rule)) if before else ():
        console.print(Text("  ") + line, soft_wrap=True, highlight=False)
    if after.retired_at is not None:
        _line(f"  left its file: not in force since {after.retired_at:%Y-%m-%d %H:%M} UTC")


def _entry(pair: tuple[Version | None, Version]) -> dict[str, Any]:
    before, after = pair
    return {
        **asdict(after.rule),
        "version": after.number,
        "created_at": after.created_at,
        "retired_at": after.retired_at,
        "changed": list(changed(before.rule, after.rule)) if before else [],
    }


def _line(said: str) -> None:
    console.print(said, markup=False, highlight=False, soft_wrap=True)
