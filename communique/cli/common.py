"""What several commands share: the open line, the desks, tables and JSON."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from communique.database import database
from communique.jobs import Line, open_line
from communique.settings import Settings
from scrapers.errors import SourceFactsError
from scrapers.facts import find
from scrapers.sources import DESKS, Source

# What moves a terminal's cursor, colours it, or turns what stands around it.
_COMMANDS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

LEAST = 16  # characters of a long value that a column must have room for


class _Console(Console):
    """A console to which strangers' words are only words: `channel:a:` is no emoji either."""

    def __init__(self, **options: Any) -> None:
        super().__init__(emoji=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(visible(o) if isinstance(o, str) else o for o in objects), **options)


def visible(words: str) -> str:
    """A stranger's words as a terminal may have them: without commands; lines and indents stay."""
    return _COMMANDS.sub(" ", words)


# A file or a pipe is no terminal: tables keep their lines whole there.
console = _Console(width=None if sys.stdout.isatty() else 200)
errors = _Console(stderr=True)


def _desk(value: str | None) -> str | None:
    if value is not None and value not in DESKS:
        raise typer.BadParameter(f"no desk {value!r}; there are {', '.join(DESKS)}")
    return value


DeskOption = typer.Option(
    None, "--desk", help=f"One of {', '.join(DESKS)}.", callback=_desk, metavar="DESK"
)
RequiredDesk = typer.Option(
    ..., "--desk", help=f"One of {', '.join(DESKS)}.", callback=_desk, metavar="DESK"
)
SourceOption = typer.Option(None, "--source", help="Id of one source.")
JsonOption = typer.Option(False, "--json", help="Print JSON for a machine.")


@contextmanager
def the_line() -> Iterator[Line]:
    """The store opened and the facts and rules read, as the environment says."""
    settings = Settings()
    if not settings.database_url and not (settings.home / "postgres").exists():
        home = settings.home.resolve()
        errors.print(f"A new store in {home} (COMMUNIQUE_HOME).", markup=False, soft_wrap=True)
    try:
        with database(settings) as engine:
            yield open_line(settings, engine)
    except KeyboardInterrupt:
        errors.print("Stopped. What was recorded stays; the same command goes on from there.")
        raise typer.Exit(130) from None


def chosen(line: Line, desk: str | None, source: str | None) -> tuple[Source, ...]:
    """The sources that the options name. A wrong name is a usage error that says what would do."""
    if source is None:
        return line.desk(desk)
    found = named(line.sources, source)
    if desk not in (None, found.desk):
        raise typer.BadParameter(f"{source} belongs to desk {found.desk}, not {desk}")
    return (found,)


def named(sources: Iterable[Source], source: str) -> Source:
    """The source with this id; a wrong one is a usage error that says which was meant."""
    try:
        return find(sources, source)
    except SourceFactsError as error:
        raise typer.BadParameter(str(error)) from error


def parse_day(value: str) -> date:
    """A calendar day such as 2019-01-01."""
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise typer.BadParameter(f"{value!r} is no day such as 2019-01-01") from error


def print_json(value: object) -> None:
    """One JSON document on stdout; times in ISO 8601."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def counted(number: int, what: str) -> str:
    """A number and what it counts, as in "1 statement" and "1,234 statements"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _plain(value: object) -> str | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def print_table(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, right: Sequence[str] = ()
) -> None:
    """A table as wide as the terminal; values are shown as text, never as markup."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(
            column.replace("_", " "),
            justify="right" if column in right else "left",
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    console.print(table)


def print_records(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """A table, or where the terminal is too narrow to read one, a paragraph for each row."""
    wide = [max(cell_len(_cell(row.get(name))) for row in (*rows, {})) for name in columns]
    room = sum(
        max(len(name), min(width, LEAST)) + 1 for name, width in zip(columns, wide, strict=True)
    )
    if room <= console.width:
        print_table(columns, rows)
        return
    margin = max(map(len, columns)) + 2
    for row in rows:
        for name in columns:
            head = f"{name.replace('_', ' '):{margin}}"
            said = _cell(row.get(name)).replace("\n", "\n" + " " * margin)
            console.print(f"[bold]{head}[/]{said}", highlight=False, soft_wrap=True)
        console.print()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple):
        return _cell(", ".join(map(str, value)))
    return escape(visible(str(value)))
