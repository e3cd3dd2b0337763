"""`communique explain`: why a statement did or did not reach somebody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import typer
from rich.text import Text

from communique.backtest import looking_only
from communique.cli.common import JsonOption, console, errors, print_json
from communique.cli.passages import indented, marked
from communique.database import database
from communique.explain import Answer, NotFound, Statement, answers, statement_of
from communique.explain_parts import cut, is_there, nearest, telling_parts, why_not
from communique.explain_told import Heard, heard, unheard
from communique.mail.clean import shown
from communique.mail.excerpts import excerpts
from communique.passages import Wording, matched_passages
from communique.rules import Document, Explanation
from communique.search import highlights_in
from communique.settings import Settings
from communique.verdicts import is_late

PASSAGES = 5  # shown of a rule that holds


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command()(explain)


def explain(
    statement: str = typer.Argument(help="Its number, or its address."),
    rule: str | None = typer.Argument(
        None, help="Only this rule, part by part: its id, or watchlist/rule."
    ),
    subscriber: str | None = typer.Option(
        None, help="Only what this recipient was told.", metavar="ADDRESS"
    ),
    as_json: bool = JsonOption,
) -> None:
    """Say why a statement was told, or not: which rules hold for it, where, and who heard of it.

    Of a rule that holds, the words that match are shown in their passage; of one that does not,
    which part failed and why. Then, for each subscription: when it was sent, until when it waits,
    or why it was held back. The rules are those in force, tried on the current wording.

    Exit status 1 when there is no such statement, or no such rule in force.

    Example: communique explain 12 5g-huawei/huawei
    """
    settings = Settings()
    with database(settings) as engine, looking_only(engine) as connection:
        try:
            found = statement_of(connection, statement)
            said = answers(connection, found, rule)
        except NotFound as error:
            errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None
        told = heard(connection, found, said, settings.clock(), subscriber)
    if as_json:
        print_json(_as_json(found, said, told))
        return
    _print_statement(found)
    silent = [
        each for each in said if rule is None and not (each.held or is_there(each.explanation))
    ]
    for each in said:
        if each not in silent:
            _print_answer(found, each, whole=rule is not None)
    if silent:
        console.print("\nNo words of these are there", style="bold", highlight=False)
        _line(f"    {', '.join(sorted(each.name for each in silent))}")
    _print_told(said, told, subscriber)


def _print_statement(found: Statement) -> None:
    console.print(
        Text(f"{found.id}  {shown(found.title)}", style="bold"), soft_wrap=True, highlight=False
    )
    seen = f"first seen {found.first_seen_at:%Y-%m-%d %H:%M} UTC"
    late = is_late(found.published_on, found.first_seen_at, found.date_zone)
    facts = [
        shown(found.publisher),
        f"published {found.published_on}" if found.published_on else "no date",
        seen + (" by a backfill" if found.backfilled else "") + (", late" if late else ""),
        f"wording {found.revision_number}",
        f"withdrawn {found.withdrawn_at:%Y-%m-%d}" if found.withdrawn_at else "",
    ]
    _line(f"    {' · '.join(filter(None, facts))}")
    _line(f"    {shown(found.url)}")


def _print_answer(found: Statement, answer: Answer, *, whole: bool) -> None:
    version, explanation = answer.version, answer.explanation
    holds = "holds" if answer.held else "does not hold"
    console.print(
        Text.assemble(
            ("\n" + answer.name, "bold"),
            f"  (version {version.number}, {version.rule.severity}) ",
            (holds, "green" if answer.held else "yellow"),
        ),
        soft_wrap=True,
        highlight=False,
    )
    if answer.held and explanation.spans:
        wording = Wording(found.title, found.text)
        passages = matched_passages(wording, [asdict(span) for span in explanation.spans])
        texts, more = excerpts(wording, passages, PASSAGES)
        for each in texts:
            indented(marked(each))
        if more:
            indented(Text(f"and {more} more", style="dim"))
    if whole:
        _print_tree(explanation, 1)
    elif not answer.held:
        _line(f"    {why_not(explanation)}")
        for part in nearest(explanation):
            _line(f"    - {cut(part.node)}: {part.reason}")
    elif not explanation.spans:
        _line(f"    {explanation.reason}")


def _print_tree(explanation: Explanation, depth: int) -> None:
    """Part by part; of many parts, those that say little are counted."""
    sign = "+" if explanation.held else "-"
    _line(f"{'    ' * depth}{sign} {cut(explanation.node)}: {explanation.reason}")
    parts, silent, some_far = telling_parts(explanation)
    for part in parts:
        _print_tree(part, depth + 1)
    if silent:
        far = ", or their words are too far apart" if some_far else ""
        _line(f"{'    ' * (depth + 1)}- and {silent} others: not there{far}")


def _print_told(said: Sequence[Answer], told: Iterable[Heard], subscriber: str | None) -> None:
    every = tuple(told)
    console.print("\nWho was told", style="bold", highlight=False)
    for each in every:
        ended = ", ended" if each.ended else ""
        of = "every watchlist" if each.watchlist == "*" else each.watchlist
        _line(f"{each.recipient}  ({of}, {each.how}{ended})")
        for telling in each.tellings:
            _line(f"    {telling.said}")
            if telling.rules:
                _line(f"        {', '.join(telling.rules)}")
    if subscriber and not every:
        _line(f"{subscriber} has no subscription to any of these watchlists.")
    if subscriber is None:
        for name in unheard(said, every):
            _line(f"Nobody is subscribed to {name}.")
        if not every and not any(each.held for each in said):
            _line("Nobody: no rule holds.")


def _as_json(found: Statement, said: Sequence[Answer], told: Sequence[Heard]) -> dict[str, Any]:
    document = Document(found.title, found.text)
    rules = [
        {
            "watchlist": each.version.rule.watchlist,
            "rule": each.version.rule.id,
            "version": each.version.number,
            "severity": each.version.rule.severity,
            "held": each.held,
            "highlights": highlights_in(document, each.explanation.spans),
            "explanation": asdict(each.explanation),
        }
        for each in said
    ]
    return {
        "statement": {key: said for key, said in asdict(found).items() if key != "text"},
        "rules": rules,
        "told": [asdict(each) for each in told],
        "nobody_subscribed_to": unheard(said, told),
    }


def _line(said: str) -> None:
    console.print(said, markup=False, highlight=False, soft_wrap=True)
