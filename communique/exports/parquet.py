"""Parquet, by pyarrow: an extra, because it is heavier than all the rest."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, BinaryIO

from communique.exports.values import HIGHLIGHTS, About, Column, ExportError, Row, Written

GROUP = 2_000  # rows that are compressed together, and held in memory


def require_pyarrow() -> Any:
    """pyarrow and its Parquet module. Raises ExportError where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ExportError(
            "Parquet needs pyarrow, which is not installed. In this environment: "
            "uv sync --inexact --extra parquet, or pip install 'communique[parquet]'"
        ) from error
    return pyarrow


def write_parquet(
    file: BinaryIO,
    columns: Iterable[Column],
    rows: Iterable[Row],
    about: About,  # noqa: ARG001 (a Writer)
) -> Written:
    """Parquet with the columns' own types: times in UTC to the microsecond, days as days, topics as
    lists, highlights as lists of records. Raises ExportError without pyarrow."""
    arrow = require_pyarrow()
    columns = tuple(columns)
    schema = arrow.schema([(column.name, _type(arrow, column.type)) for column in columns])
    names, waiting, count = [column.name for column in columns], iter(rows), 0
    with arrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while batch := list(islice(waiting, GROUP)):
            kept = [{name: row[name] for name in names} for row in batch]
            writer.write_table(arrow.Table.from_pylist(kept, schema=schema))
            count += len(batch)
    return Written(count)


def _type(arrow: Any, declared: str) -> Any:
    if declared == HIGHLIGHTS:
        number, words = arrow.int32(), arrow.string()
        fields = (("field", words), ("start", number), ("end", number), ("words", words))
        return arrow.list_(arrow.struct(fields))
    if declared.endswith("[]"):
        return arrow.list_(_type(arrow, declared[:-2]))
    known = {
        "bigint": arrow.int64(),
        "integer": arrow.int32(),
        "smallint": arrow.int16(),
        "boolean": arrow.bool_(),
        "double precision": arrow.float64(),
        "date": arrow.date32(),
        "timestamp with time zone": arrow.timestamp("us", tz="UTC"),
        "text": arrow.string(),
    }
    if declared not in known:
        raise ExportError(f"Parquet: no type is known for PostgreSQL's {declared}")
    return known[declared]
