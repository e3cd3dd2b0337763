"""How what is wrong in a watchlist is shown: its place, its reason, and a caret below it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer
from rich.cells import cell_len

from communique.cli.common import errors, visible
from communique.watchlists import Problem, Watchlist, load_files

AROUND = 70  # characters shown on either side of the place


def usable_watchlist(file: Path, name: str | None) -> Watchlist:
    """The watchlist that a file holds, under this name. Ends with exit status 2 where any of it
    cannot be used, each problem named with its place."""
    loaded = load_files([file], name)
    print_problems(loaded.problems)
    if loaded.problems:
        raise typer.Exit(2)
    return loaded.watchlists[0]


def print_problems(problems: Iterable[Problem]) -> None:
    """Each problem with its place, and where a column is known the line with a caret below it."""
    for problem in problems:
        errors.print(str(problem), style="red", markup=False, highlight=False, soft_wrap=True)
        if problem.column is not None:
            for line in _pointed(problem.file, problem.line, problem.column):
                errors.print(f"    {line}", markup=False, highlight=False, soft_wrap=True)


def _pointed(file: Path, number: int, column: int) -> tuple[str, ...]:
    try:
        lines = file.read_text("utf-8-sig", "replace").splitlines()
    except OSError:
        return ()
    if number > len(lines):
        return ()
    start = max(0, column - 1 - AROUND)
    before = visible(lines[number - 1][start : column - 1])
    after = visible(lines[number - 1][column - 1 : column - 1 + AROUND])
    lead = "…" if start else ""
    if not start:
        before = before.lstrip()
    return f"{lead}{before}{after}", " " * cell_len(lead + before) + "^"
