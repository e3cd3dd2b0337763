"""`communique watchlists backtest`: a draft tried on all that is stored, before it is saved."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import Connection

from communique.backtest import BackTest, backtest, looking_only
from communique.backtest_reading import Progress as Told
from communique.backtest_shown import Shown, shown
from communique.backtest_tally import Listed
from communique.backtest_trial import Trial
from communique.cli.backtested import print_backtest
from communique.cli.common import JsonOption, errors, parse_day, print_json
from communique.cli.problems import usable_watchlist
from communique.database import database
from communique.rule_versions import in_force
from communique.settings import Settings
from communique.watchlists import Watchlist

SHOWN = 20  # statements added and dropped, each
PASSAGES = 2  # of each statement


def try_draft(
    file: Path = typer.Argument(help="The draft: a watchlist's file, wherever it lies."),
    rule: str | None = typer.Option(None, help="Only this rule of it, by its id.", metavar="ID"),
    since: date | None = typer.Option(
        None, help="Only statements of this day or later.", parser=parse_day, metavar="DAY"
    ),
    name: str | None = typer.Option(
        None,
        "--as",
        help="The watchlist that it is a draft of; else the file's name.",
        metavar="NAME",
    ),
    limit: int = typer.Option(
        SHOWN, min=0, help="How many statements added, and dropped, to show; 0: all."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Try a draft of a watchlist on everything stored: what it adds and drops, and how often.

    It is compared with what is in force in the store. Nothing is sent, nothing is stored. Shown
    are the statements that a rule would add or drop, in their current wording; alerts a week, a
    story counted once, in the week it was published; and the ten most borderline hits: those that
    hang on one place or one wording, on a distance that just reaches, on what not_inside leaves
    over, and that no other rule would bring. Numbers and lists are exact. What the search index
    alone decides is not read, so borderline are hits of the newest 1,000 of those, and of all
    others.

    Exit status 2 where the draft cannot be used: its problems are named with their places.

    Example: communique watchlists backtest draft.yaml --as 5g-huawei --rule huawei
    """
    draft = usable_watchlist(file, name)
    settings = Settings()
    today = settings.clock().date()
    with database(settings) as engine, looking_only(engine) as connection:
        known = _known(connection, draft, rule)
        started = time.monotonic()
        with _progress() as told:
            found = backtest(
                connection, draft.rules, draft.name, today, rule=rule, since=since, progress=told
            )
        seconds = time.monotonic() - started
        if as_json:
            print_json(_as_json(connection, found))
        else:
            print_backtest(connection, found, limit, seconds, known)
    for problem in found.problems:
        errors.print(problem, style="red", markup=False, soft_wrap=True)


def _known(connection: Connection, draft: Watchlist, rule: str | None) -> Sequence[str]:
    """The watchlists in force. A rule that is neither there nor in the draft is wrong usage."""
    keys = in_force(connection).keys()
    theirs = {key for name, key in keys if name == draft.name}
    if rule is not None and rule not in theirs | {each.id for each in draft.rules}:
        known = ", ".join(each.id for each in draft.rules) or "none"
        raise typer.BadParameter(f"no rule {rule!r} in the draft or in force; there are {known}")
    return sorted({name for name, _ in keys})


@contextmanager
def _progress() -> Iterator[Told]:
    columns = TextColumn("reading statements"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _as_json(connection: Connection, found: BackTest) -> dict[str, Any]:
    trial = Trial(found.sides)

    def listed(each: Sequence[Listed], *, drafted: bool = True) -> list[dict[str, Any]]:
        return [_entry(one) for one in shown(connection, trial, each, drafted=drafted)]

    borderline = [
        entry | {"score": round(one.doubt.score, 2), "because": one.doubt.reasons}
        for entry, one in zip(
            listed([each.listed for each in found.borderline]), found.borderline, strict=True
        )
    ]
    names = ("watchlist", "rule", "since", "statements", "read", "unread", "waiting", "narrowed")
    return {name: getattr(found, name) for name in names} | {
        "rules": [asdict(each) for each in found.rules],
        "added": listed(found.added),
        "dropped": listed(found.dropped, drafted=False),
        "both": found.both,
        "alerts": [asdict(each) for each in found.weeks],
        "alerts_a_week": asdict(found.estimate),
        "borderline": borderline,
        "problems": found.problems,
    }


def _entry(one: Shown) -> dict[str, Any]:
    return {
        "id": one.listed.statement,
        "day": one.day,
        "publisher": one.publisher,
        "title": one.title,
        "url": one.url,
        "withdrawn_at": one.withdrawn_at,
        "rules": sorted(one.listed.rules),
        "besides": sorted(one.besides),
        "highlights": one.highlights,
        "passages": ["".join(piece.text for piece in each.pieces) for each in one.passages],
    }
