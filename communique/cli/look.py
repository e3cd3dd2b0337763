"""`communique show`, and what a run saw: what the store holds, without SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import typer
from sqlalchemy import text

from communique.cli.common import (
    JsonOption,
    console,
    errors,
    print_json,
    print_table,
    the_line,
)
from communique.coverage import SourceCoverage
from communique.health import TROUBLED
from communique.schema import OUTCOMES

_STATEMENT = text("SELECT * FROM analyst.statements WHERE id = :id")
_REVISIONS = text("""
    SELECT number, seen_at, title, capture_id, sha256, fetched_at, warc, record_id,
           reader, reread, suspect
    FROM analyst.revisions WHERE statement_id = :id ORDER BY number
""")


def add_to(app: typer.Typer) -> None:
    """Hangs these commands on the application."""
    app.command()(show)


def show(
    statement: int = typer.Argument(help="Number of the statement."),
    evidence: bool = typer.Option(False, "--evidence", help="Show where the raw bytes lie."),
    as_json: bool = JsonOption,
) -> None:
    """Show one statement: its facts, its wordings, its text.

    Example: communique show 12 --evidence
    """
    with the_line() as line, line.engine.connect() as connection:
        found = connection.execute(_STATEMENT, {"id": statement}).mappings().one_or_none()
        revisions = [dict(r) for r in connection.execute(_REVISIONS, {"id": statement}).mappings()]
    if found is None:
        errors.print(f"There is no statement {statement}.")
        raise typer.Exit(1)
    if as_json:
        print_json(dict(found) | {"revisions": revisions})
        return
    facts = {name: value for name, value in found.items() if name not in ("text", "title")}
    console.print(found["title"], style="bold", markup=False)
    print_table(("fact", "value"), [{"fact": k, "value": v} for k, v in facts.items()])
    print_table(("number", "seen_at", "capture_id", "reader", "title"), revisions)
    for revision in revisions:
        if revision["suspect"]:
            said = f"revision {revision['number']} is doubtful: {revision['suspect']}"
            console.print(said, markup=False, highlight=False, soft_wrap=True)
    for revision in revisions if evidence else ():
        console.print(f"\nrevision {revision['number']}")
        for name in ("fetched_at", "sha256", "warc", "record_id"):
            said = f"  {name} {revision[name]}"
            console.print(said, markup=False, highlight=False, soft_wrap=True)
    console.print("\n" + found["text"], markup=False, highlight=False, soft_wrap=True)


def print_coverage(done: Sequence[SourceCoverage]) -> None:
    """The coverage table of a run that just ended."""
    print_rows([asdict(row) | dict(row.counts) for row in done])


def print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """A coverage table: outcome columns that are zero everywhere are left out."""
    used = [name for name in OUTCOMES if any(row[name] for row in rows)]
    numbers = ["listings_read", "listings_failed", "listed", "known", *used, *_doubts(rows)]
    columns = ["source", "state", "since", *numbers, "newest"]
    print_table(columns, rows, right=numbers)
    for row in rows:
        if row["error"]:
            said = f"{row['source']}: {row['error']}"
            console.print(said, markup=False, highlight=False, soft_wrap=True)
    if not rows:
        console.print("Nothing was collected yet: communique collect")
    failing = sum(row["state"] in TROUBLED for row in rows)
    new = sum(row["new"] for row in rows)
    revised = sum(row["revised"] for row in rows)
    console.print(f"{len(rows)} sources, {failing} failing; {new} new, {revised} revised.")


def _doubts(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return ["suspect"] if any(row["suspect"] for row in rows) else []
