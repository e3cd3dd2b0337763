"""Exports: what a query finds, as a file of any size."""

from collections.abc import Mapping

from communique.exports.feeds import write_atom, write_rss
from communique.exports.files import whole_file
from communique.exports.parquet import require_pyarrow, write_parquet
from communique.exports.rows import columns_of, rows_of
from communique.exports.tables import write_csv, write_jsonl
from communique.exports.values import About, ExportError, Selection, Writer, Written

FORMATS: Mapping[str, Writer] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
    "rss": write_rss,
    "atom": write_atom,
}

__all__ = [
    "FORMATS",
    "About",
    "ExportError",
    "Selection",
    "Writer",
    "Written",
    "columns_of",
    "require_pyarrow",
    "rows_of",
    "whole_file",
]
