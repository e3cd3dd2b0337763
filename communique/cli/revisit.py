"""`communique revisit`: statements read again before the next collect does it."""

from __future__ import annotations

import uuid
from dataclasses import asdict

import typer

from communique.cli.board import Board
from communique.cli.common import (
    DeskOption,
    JsonOption,
    SourceOption,
    chosen,
    console,
    errors,
    print_json,
    the_line,
)
from communique.cli.ended import print_end
from communique.parallel import Done
from communique.revisiting import revisit_all, what_is_due


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command()(revisit)


def revisit(
    desk: str | None = DeskOption,
    source: str | None = SourceOption,
    days: int = typer.Option(
        30, min=1, max=36_500, help="Only statements first seen in the last so many."
    ),
    run_key: str | None = typer.Option(None, help="Name of the run; the same name goes on in it."),
    as_json: bool = JsonOption,
) -> None:
    """Read statements again that are due: whether they were edited, taken down or put back.

    Due are those first seen 1, 2, 4, 7, 14 and 30 days ago, and every day of the first week those
    that a rule holds for to which somebody subscribes. A collect looks at the same statements after
    its listings, whichever comes first; this walks no listing. A page that has not changed costs a
    line; one that is gone counts as withdrawn when it is still gone six hours later.

    Exit status 1 when a source failed; it is named.

    Example: communique revisit --desk china --days 7
    """
    with the_line() as line:
        sources = chosen(line, desk, source)
        key = run_key or f"revisit:{uuid.uuid4()}"
        due = what_is_due(line, sources, days)
        with Board("revisit", len(due), quiet=as_json) as board:
            done = revisit_all(line, sources, due, run_key=key, onlooker=board)
    if as_json:
        print_json([_row(one) for one in done])
    elif done:
        print_end(done)
        _print_looks(done)
    elif sources:
        console.print("Nothing is due for another look.")
    if not sources:
        errors.print("No enabled source was chosen.")
    if not sources or any(one.failed for one in done):
        raise typer.Exit(1)


def _print_looks(done: list[Done]) -> None:
    counts = [one.coverage.counts for one in done if one.coverage is not None]
    looks = sum(sum(each.values()) for each in counts)
    gone = sum(each["gone"] + each["soft_404"] for each in counts)
    same = sum(each["unchanged"] for each in counts)
    console.print(f"{looks:,} looks: {same:,} as they were, {gone:,} not found.", markup=False)


def _row(done: Done) -> dict[str, object]:
    """A turn as JSON has it; one that ended by our own trouble has no counts."""
    if done.coverage is None:
        return {"source": done.source.id, "state": "failing", "error": done.crash, "counts": {}}
    return asdict(done.coverage)
