"""`communique watchlists`: the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import typer

from communique.cli import backtest, rule_history
from communique.cli.common import JsonOption, console, errors, print_json, print_table
from communique.cli.problems import print_problems
from communique.evaluate import Report, Score, evaluate
from communique.settings import Settings
from communique.watchlists import Problem, load_files, load_watchlists

app = typer.Typer(help="The rules: check, try and measure them.", no_args_is_help=True)
app.command("backtest")(backtest.try_draft)
app.command("history")(rule_history.history)

KINDS = ("missed", "false", "literal")


@app.command()
def check(
    files: list[Path] | None = typer.Argument(
        None, help="Files to check, wherever they lie; none: every watchlist.", metavar="[FILE]..."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Check watchlists: what cannot be used is named with line, column, reason and what was
    expected.

    Exit status 1 when a rule cannot be used.

    Example: communique watchlists check draft.yaml
    """
    loaded = load_files(files) if files else load_watchlists(Settings().watchlists)
    if as_json:
        rules = {w.name: [rule.id for rule in w.rules] for w in loaded.watchlists}
        print_json(
            {
                "watchlists": rules,
                "problems": [str(problem) for problem in loaded.problems],
                "places": [_place(problem) for problem in loaded.problems],
            }
        )
    else:
        rows = [
            {"watchlist": w.name, "rule": r.id, "severity": r.severity, "topic": r.topic}
            for w in loaded.watchlists
            for r in w.rules
        ]
        if rows:
            print_table(("watchlist", "rule", "severity", "topic"), rows)
    _name(loaded.problems)


@app.command()
def measure(
    texts: Path = typer.Argument(help="Labelled texts, a JSON object a line."),
    rule: str | None = typer.Option(
        None, help="Only this rule, with all that it hits, to be read."
    ),
    as_json: bool = JsonOption,
) -> None:
    """Print recall and precision of each rule and topic on labelled texts, with every miss and
    false hit.

    Example: communique watchlists measure ../shared/corpus/texts.jsonl
    """
    if not texts.is_file():
        raise typer.BadParameter(f"there is no file {texts}")
    loaded = load_watchlists(Settings().watchlists)
    report = evaluate(loaded.watchlists, texts)
    if rule is not None:
        report = replace(report, scores=tuple(s for s in report.scores if s.name == rule))
        if not report.scores:
            raise typer.BadParameter(f"there is no rule {rule}; see communique watchlists check")
    if as_json:
        print_json(asdict(report))
    else:
        _print(report, ("hits", *KINDS) if rule else KINDS)
    _name(loaded.problems)
    if report.problems or not report.texts:
        raise typer.Exit(1)


def _name(problems: Sequence[Problem]) -> None:
    print_problems(problems)
    if problems:
        raise typer.Exit(1)


def _place(problem: Problem) -> dict[str, object]:
    names = ("file", "line", "column", "rule", "field", "position", "reason", "expected")
    return {name: getattr(problem, name) for name in names}


def _print(report: Report, kinds: Sequence[str]) -> None:
    numbers = ("found", "missed", "false", "literal", "recall", "precision")
    print_table(("rule", *numbers), [_row(score) for score in report.scores], right=numbers)
    console.print(
        "missed: labelled, not hit. false: hit without a label. literal: the rule's own words in "
        "a text about something else. No recall where no label says what to find.\n"
    )
    for score in report.scores:
        for kind in kinds:
            for text in getattr(score, kind):
                where = f"{kind:7} {score.name} {text.id} ({text.why})"
                words = f" [{' | '.join(text.words)}]" if text.words else ""
                console.print(f"{where}: {text.snippet}{words}", markup=False, highlight=False)
    for problem in report.problems[:3]:
        errors.print(problem, style="red", markup=False, soft_wrap=True)
    console.print(f"{report.texts} texts, {len(report.problems)} lines that are none")


def _row(score: Score) -> dict[str, object]:
    return {
        "rule": score.name,
        "found": score.found,
        "missed": len(score.missed),
        "false": len(score.false),
        "literal": len(score.literal),
        "recall": _share(score.recall) if score.labelled else None,
        "precision": _share(score.precision) if score.labelled else None,
    }


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
