"""`communique db queries`, `db query`: the questions that analysts ask, asked."""

from __future__ import annotations

import csv
import sys
from typing import Any

import typer

from communique import cookbook
from communique.cli.common import (
    JsonOption,
    console,
    counted,
    print_json,
    print_records,
    print_table,
)
from communique.database import StoreError, database
from communique.exports.tables import plain_cell
from communique.settings import Settings

MOST_SHOWN = 200  # rows of a table; CSV and JSON have all


def add_to(app: typer.Typer) -> None:
    """Hangs these commands on `communique db`."""
    app.command("queries")(list_queries)
    app.command()(query)


def list_queries(as_json: bool = JsonOption) -> None:
    """List the questions of the cookbook. The files are in sql/queries, to be changed at will.

    Example: communique db queries
    """
    rows = [{"name": each.name, "question": each.question} for each in cookbook.queries()]
    if as_json:
        print_json(rows)
    else:
        print_table(("name", "question"), rows)


def query(
    name: str = typer.Argument(help="Its name, as `communique db queries` shows it."),
    as_csv: bool = typer.Option(
        False, "--csv", help="Print CSV, every row; no text in it is run as a formula."
    ),
    as_json: bool = JsonOption,
    sql: bool = typer.Option(False, "--sql", help="Print the query itself, to change it."),
) -> None:
    """Ask one question of the cookbook, as an analyst: what the views hold, to read.

    Example: communique db query statements_by_country_and_month --csv
    """
    found = _named(name)
    if as_csv and as_json:
        raise typer.BadParameter("choose --csv or --json")
    if sql:
        typer.echo(found.sql.rstrip())
        return
    with database(Settings()) as engine, cookbook.asked(engine, found) as answer:
        columns = tuple(answer.keys())
        if as_csv:
            writer = csv.writer(sys.stdout)
            writer.writerow(columns)
            writer.writerows([plain_cell(value) for value in row] for row in answer)
        elif as_json:
            print_json([dict(row._mapping) for row in answer])
        else:
            _print(found, columns, answer)


def _named(name: str) -> cookbook.Query:
    try:
        return cookbook.find_query(name)
    except StoreError as error:
        raise typer.BadParameter(str(error)) from error


def _print(found: cookbook.Query, columns: tuple[str, ...], answer: Any) -> None:
    rows = answer.fetchmany(MOST_SHOWN)
    console.print(found.question, style="bold", markup=False)
    print_records(columns, [row._mapping for row in rows])
    more = f", the first {MOST_SHOWN}; --csv has all" if answer.fetchone() else ""
    console.print(f"{counted(len(rows), 'row')}{more}", markup=False)
