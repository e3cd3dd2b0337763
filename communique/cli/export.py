"""`communique export`: what a query finds, as a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import BinaryIO, NoReturn

import typer
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from communique.cli.common import counted, errors, the_line
from communique.cli.evidence import EvidenceOption, write_bundle
from communique.cli.search import SinceOption, UntilOption, check_period, refuse, tell_waiting
from communique.exports import (
    FORMATS,
    About,
    ExportError,
    Selection,
    Written,
    columns_of,
    require_pyarrow,
    rows_of,
    whole_file,
)
from communique.exports.values import Row
from communique.jobs import Line
from communique.mail.clean import shown
from communique.rules import RuleError, parse


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command()(export)


def export(
    query: str | None = typer.Argument(
        None, help="What to export, as `communique search` has it; without it, every statement."
    ),
    file_format: str | None = typer.Option(
        None,
        "--format",
        help=f"One of {', '.join(FORMATS)}; where not said, as the file's name ends.",
        metavar="FORMAT",
    ),
    out: Path | None = typer.Option(
        None, help="The file to write; it appears when it is whole. Without it, standard output."
    ),
    since: date | None = SinceOption,
    until: date | None = UntilOption,
    limit: int | None = typer.Option(None, min=1, help="The newest so many; useful for a feed."),
    bom: bool = typer.Option(False, "--bom", help="CSV: begin as some spreadsheets know UTF-8 by."),
    raw: bool = typer.Option(
        False, "--raw", help="CSV: no apostrophe before what a spreadsheet would run as a formula."
    ),
    evidence: int | None = EvidenceOption,
) -> None:
    """Export what a query finds, any number of statements, the newest first.

    csv, jsonl and parquet hold the columns of the view analyst.statements, and `highlights`: which
    characters matched. rss and atom are feeds. In CSV, a text that begins with = + - or @ gets an
    apostrophe before it, and how many did is said.

    Exit status 1 when the file could not be written; then whatever had its name keeps it.

    Example: communique export 'huawei OR 华为' --format csv --out huawei.csv --since 2020-01-01
    """
    if evidence is not None:
        if any(each is not None for each in (query, file_format, since, until, limit)):
            raise typer.BadParameter(
                "--evidence is one statement's: leave out the query, --format, --since, --until "
                "and --limit"
            )
        write_bundle(evidence, out)
        return
    check_period(since, until)
    chosen = _format_of(file_format, out)
    selection = Selection(query, since, until, limit)
    try:
        if query is not None:
            parse(query)
        if chosen == "parquet":
            require_pyarrow()
        with the_line() as line, _output(chosen, out) as file:
            written = _write(line, selection, chosen, file, bom=bom, raw=raw)
    except RuleError as error:
        refuse(query or "", error)
    except DBAPIError as error:
        said = shown(str(error.orig), 300)
        _fail(f"The store broke off, and nothing whole was written: {said}", error)
    except ExportError as error:
        _fail(str(error), error)
    _tell(written, out)


def _fail(said: str, error: Exception) -> NoReturn:
    errors.print(said, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1) from error


def _format_of(asked: str | None, out: Path | None) -> str:
    found = asked or (out.suffix.lstrip(".").casefold() if out else "")
    if found not in FORMATS:
        said = f"no format {found!r}" if found else "say which --format"
        raise typer.BadParameter(f"{said}; there are {', '.join(FORMATS)}")
    if out is not None and out.is_dir():
        raise typer.BadParameter(f"{out} is a folder: name a file")
    if out is not None and not out.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent}")
    if found == "parquet" and out is None and sys.stdout.isatty():
        raise typer.BadParameter("Parquet is nothing for a terminal: name a file with --out")
    return found


@contextmanager
def _output(chosen: str, out: Path | None) -> Iterator[BinaryIO]:
    if out is not None:
        with whole_file(out) as file:
            yield file
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:  # whoever read it has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ExportError(f"Nobody reads on: the {chosen} is not whole.") from error
    except OSError as error:  # such as a full disk behind it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        said = error.strerror or str(error)
        raise ExportError(f"The {chosen} is not whole: standard output, {said}") from error


def _write(
    line: Line, selection: Selection, chosen: str, file: BinaryIO, *, bom: bool, raw: bool
) -> Written:
    title = shown(selection.query or "every statement", 200)
    key = f"{chosen} {selection.query} {selection.since} {selection.until}"
    about = About(f"Communiqué: {title}", key, line.settings.clock(), bom=bom, raw=raw)
    # One moment of the store, however long it takes to write it down.
    with line.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        tell_waiting(connection)
        return FORMATS[chosen](file, columns_of(connection), _counted(connection, selection), about)


def _counted(connection: Connection, selection: Selection) -> Iterator[Row]:
    """The rows, their number shown on a terminal as they come."""
    columns = (TextColumn("{task.completed:,.0f} statements"), TimeElapsedColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal) as progress:
        task = progress.add_task("export", total=None)
        for row in rows_of(connection, selection):
            yield row
            progress.advance(task)


def _tell(written: Written, out: Path | None) -> None:
    where = f" in {out}" if out else ""
    errors.print(f"{counted(written.rows, 'statement')}{where}.", markup=False, highlight=False)
    if written.guarded:
        errors.print(
            f"{written.guarded:,} texts begin as a formula does: an apostrophe stands before each "
            "(--raw leaves them as they are).",
            markup=False,
            highlight=False,
        )
