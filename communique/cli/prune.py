"""`communique db prune`: captures that nothing rests on, after some months."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from communique.cli.common import JsonOption, console, errors, print_json, print_table
from communique.database import database
from communique.retention import oldest_kept
from communique.retention import prune as prune_months
from communique.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command()(prune)


def prune(
    keep_months: int = typer.Option(..., "--keep-months", min=1, help="Months that stay whole."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only say what would go."),
    as_json: bool = JsonOption,
) -> None:
    """Remove notes of old visits that nothing rests on. The archive itself stays as it is.

    What proves a wording stays, however old; so do the newest visit to each address, the last
    reading of it, and the last thirty readings of each page of a listing. A month that is left
    empty is dropped. Safe to stop and to run again.

    Example: communique db prune --keep-months 12 --dry-run
    """
    settings = Settings()
    now = settings.clock()
    columns = (TextColumn("{task.completed:,.0f} captures looked at"), TimeElapsedColumn())
    with (
        database(settings) as engine,
        Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar,
    ):
        task = bar.add_task("", total=None)
        months = list(
            prune_months(
                engine,
                now,
                keep_months,
                dry_run=dry_run,
                watch=lambda rows: bar.advance(task, rows),
            )
        )
    removed = sum(month.removed for month in months)
    if as_json:
        print_json({"dry_run": dry_run, "removed": removed, "months": [asdict(m) for m in months]})
        return
    rows = [asdict(month) | {"month": f"{month.month:%Y-%m}"} for month in months]
    if rows:
        print_table(("month", "removed", "kept", "dropped"), rows, right=("removed", "kept"))
    would = "would be removed" if dry_run else "removed"
    before = f"{oldest_kept(now, keep_months):%Y-%m-%d}"
    console.print(f"{removed:,} captures from before {before} {would}.", markup=False)
