"""`communique stories`: what stories are made of, put right by hand, told anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from sqlalchemy import text

from communique.cli.common import (
    JsonOption,
    console,
    counted,
    errors,
    print_json,
    print_table,
    the_line,
)
from communique.mail.clean import shown
from communique.stories.corrections import Corrected, NotThere
from communique.stories.corrections import merge as merge_stories
from communique.stories.corrections import split as split_story
from communique.stories.rebuilding import Rebuilt
from communique.stories.rebuilding import rebuild as rebuild_stories

app = typer.Typer(
    help="Stories: statements that say the same thing. Show them, put them right, tell them anew.",
    no_args_is_help=True,
)

NoteOption = typer.Option(None, "--note", help="Why, for whoever asks later.")
MOVES_SHOWN = 50

_STORY = text("SELECT story_id, part_of FROM communique.statements WHERE id = :id")
_STATEMENTS = text("""
SELECT id, source_id AS source, published_on, first_seen_at, withdrawn_at, part_of, title, url
FROM communique.statements WHERE story_id = :story
ORDER BY coalesce(published_on, CAST(first_seen_at AT TIME ZONE 'UTC' AS date)),
         coalesce(published_at, first_seen_at), id
""")
_PARTS = text("""
SELECT id, source_id AS source, published_on, story_id, part_of, title, url
FROM communique.statements
WHERE part_of = ANY (CAST(:ids AS bigint[])) OR id = ANY (CAST(:wholes AS bigint[])) ORDER BY id
""")
_CORRECTIONS = text("""
SELECT statement_id, other_id, same, made_at, note FROM communique.story_corrections
WHERE statement_id = ANY (CAST(:ids AS bigint[])) OR other_id = ANY (CAST(:ids AS bigint[]))
ORDER BY id
""")


@app.command()
def show(
    statement: int = typer.Argument(help="Number of a statement."), as_json: bool = JsonOption
) -> None:
    """Show the story of a statement: its statements in the order of posting, what is a part of
    them or holds them, and what was put right by hand.

    Exit status 1 when there is no such statement.

    Example: communique stories show 12
    """
    found = _story(statement)
    if found is None:
        errors.print(f"There is no statement {statement}.")
        raise typer.Exit(1)
    if as_json:
        print_json(found)
        return
    console.print(f"Story {found['story']}: {counted(len(found['statements']), 'statement')}")
    print_table(
        ("id", "source", "published_on", "first_seen_at", "title"), _plain(found["statements"])
    )
    if found["parts"]:
        console.print("\nLinked: a statement that is part of another one holds nothing else.")
        print_table(("id", "part_of", "source", "published_on", "title"), _plain(found["parts"]))
    if found["corrections"]:
        console.print("\nPut right by hand:")
        said = [
            each | {"one_story": "yes" if each["same"] else "no"} for each in found["corrections"]
        ]
        columns = ("statement_id", "other_id", "one_story", "made_at", "note")
        print_table(columns, _plain(said))


@app.command()
def split(
    statements: list[int] = typer.Argument(help="Numbers of the statements that go."),
    stays: int = typer.Option(..., "--from", help="A statement of the story that they leave."),
    note: str | None = NoteOption,
    as_json: bool = JsonOption,
) -> None:
    """Split statements from a story; together they become one of their own.

    This holds from now on, also when all stories are told anew. What was held back of them as the
    same story is judged again; whoever was told is not told again. Split one at a time where they
    are not one story among themselves.

    Example: communique stories split 14 17 --from 12 --note "another year's notice"
    """
    with the_line() as line, _refused(), line.engine.begin() as connection:
        done = split_story(connection, statements, stays, line.settings.clock(), note)
    _report(done, as_json)


@app.command()
def merge(
    statement: int = typer.Argument(help="Number of a statement of the one story."),
    other: int = typer.Argument(help="Number of a statement of the other story."),
    note: str | None = NoteOption,
    as_json: bool = JsonOption,
) -> None:
    """Make two stories one, each with all its statements.

    This holds from now on, also when all stories are told anew. Nobody is told again of what they
    were told of.

    Example: communique stories merge 12 31
    """
    with the_line() as line, _refused(), line.engine.begin() as connection:
        done = merge_stories(connection, statement, other, line.settings.clock(), note)
    _report(done, as_json)


@app.command()
def rebuild(
    apply: bool = typer.Option(False, "--apply", help="Do it; otherwise only show what changes."),
    as_json: bool = JsonOption,
) -> None:
    """Tell all stories anew from the stored texts, and show what changes by that.

    Needed when the way of telling them has changed. Without --apply nothing is changed. What was
    put right by hand stands, and a story keeps its number wherever that can be.

    Example: communique stories rebuild --apply
    """
    columns = ("told anew", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        the_line() as line,
        Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar,
    ):
        task = bar.add_task("wordings", total=None)
        done = rebuild_stories(
            line.engine,
            line.settings.clock(),
            apply=apply,
            progress=lambda ready, of: bar.update(task, completed=ready, total=of),
        )
    if as_json:
        print_json(asdict(done) | {"applied": apply})
        return
    _print_rebuilt(done, apply)


def _print_rebuilt(done: Rebuilt, applied: bool) -> None:
    moves = [asdict(move) for move in done.moves[:MOVES_SHOWN]]
    for move in moves:
        move["story"] = "a new one" if move["story"] is None else move["story"]
    if moves:
        print_table(("statement_id", "before", "story", "title"), _plain(moves))
    if more := len(done.moves) - len(moves):
        console.print(f"... and {more} more; --json lists them all.")
    verb = "" if applied else "would "
    said = (
        f"{done.wordings} wordings read. {len(done.moves)} statements {verb}change their story, "
        f"{done.parts} {verb}change what they are part of."
    )
    console.print(said, highlight=False, soft_wrap=True)
    if applied:
        console.print(f"{done.judged_again} messages held back before are judged again.")
    elif done.moves or done.parts:
        console.print("Nothing was changed: `communique stories rebuild --apply` does it.")


def _story(statement: int) -> dict[str, Any] | None:
    with the_line() as line, line.engine.connect() as connection:
        row = connection.execute(_STORY, {"id": statement}).one_or_none()
        if row is None:
            return None
        asked = connection.execute(_STATEMENTS, {"story": row.story_id}).mappings()
        statements = [dict(each) for each in asked]
        ids = [each["id"] for each in statements]
        wholes = [each["part_of"] for each in statements if each["part_of"] is not None]
        parts = connection.execute(_PARTS, {"ids": ids, "wholes": wholes}).mappings()
        by_hand = connection.execute(_CORRECTIONS, {"ids": ids}).mappings()
        return {
            "story": row.story_id,
            "statements": statements,
            "parts": [dict(each) for each in parts],
            "corrections": [dict(each) for each in by_hand],
        }


@contextmanager
def _refused() -> Iterator[None]:
    """A statement that is not where it should be is the user's mistake: one line, nothing done."""
    try:
        yield
    except NotThere as error:
        errors.print(f"Nothing was changed: {error}.", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _report(done: Corrected, as_json: bool) -> None:
    if as_json:
        print_json(asdict(done))
        return
    said = f"Story {done.story_id} has {counted(done.statements, 'statement')} now."
    if done.judged_again:
        said += f" {done.judged_again} messages held back before are judged again."
    console.print(said, highlight=False, soft_wrap=True)


def _plain(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Strangers' words without control characters."""
    return [
        {
            name: shown(value, 200) if isinstance(value, str) else value
            for name, value in each.items()
        }
        for each in rows
    ]
