"""The questions that analysts ask, as SQL: the files of sql/queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import CursorResult, Engine
from sqlalchemy.exc import DBAPIError

from communique.analysts import GROUP, longest
from communique.database import StoreError
from communique.settings import project_folder

ROWS = 1_000  # fetched at once


@dataclass(frozen=True, slots=True)
class Query:
    """One question. note: what its columns mean and how to change it."""

    name: str
    question: str
    note: str
    sql: str


def queries() -> tuple[Query, ...]:
    """Every question of the cookbook, by name."""
    files = sorted((project_folder("sql") / "queries").glob("*.sql"))
    return tuple(_query(file.stem, file.read_text(encoding="utf-8")) for file in files)


def find_query(name: str) -> Query:
    """The question of this name. Raises StoreError that says which there are."""
    known = {query.name: query for query in queries()}
    if name not in known:
        raise StoreError(f"There is no query {name!r}. There are: {', '.join(known)}.")
    return known[name]


def _query(name: str, sql: str) -> Query:
    said = re.findall(r"^-- ?(.*)$", sql.partition("\nWITH ")[0], re.MULTILINE)
    head, _, note = "\n".join(said).partition("\n\n")
    return Query(name, " ".join(head.split()), note.strip(), sql)


@contextmanager
def asked(engine: Engine, query: Query) -> Iterator[CursorResult[tuple[object, ...]]]:
    """What the store answers, as it comes, however much that is. As an analyst: the views, to read,
    no longer than an analyst's statement may run. Raises StoreError where it runs longer."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{longest(connection)}s'")
        connection.exec_driver_sql(f"SET LOCAL ROLE {GROUP}")
        streaming = connection.execution_options(
            no_parameters=True, stream_results=True, max_row_buffer=ROWS
        )
        try:
            yield streaming.exec_driver_sql(query.sql)
        except DBAPIError as error:
            said = str(error.orig).strip()
            raise StoreError(f"The query {query.name} was not answered: {said}") from error
