"""`communique show`, and what a run saw: what the store holds, without SQL."""

from __future__ import annotations

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
