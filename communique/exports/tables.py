"""CSV and JSON Lines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, BinaryIO

from communique.exports.values import HIGHLIGHTS, About, Column, Row, Written

# What spreadsheets take for a formula (OWASP, "CSV Injection"). Apostrophes before it count, so
# that taking one away always gives back what was there.
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠\t\r\n]")


def write_csv(
    file: BinaryIO, columns: Iterable[Column], rows: Iterable[Row], about: About
) -> Written:
    """CSV (RFC 4180, UTF-8): times in ISO 8601, topics parted by semicolons, highlights as JSON.

    A text that a spreadsheet would run as a formula gets an apostrophe before it, unless
    `about.raw`; `Written.guarded` counts them. Where a text matches ^'+[=+-@...], taking away one
    apostrophe gives the original.
    """
    names = [column.name for column in columns]
    count = guarded = 0
    out = io.TextIOWrapper(file, encoding="utf-8-sig" if about.bom else "utf-8", newline="")
    writer = csv.writer(out)
    writer.writerow(names)
    for row in rows:
        cells = [_cell(name, row[name]) for name in names]
        if not about.raw:
            risky = [_is_formula(row[name], cell) for name, cell in zip(names, cells, strict=True)]
            cells = [f"'{cell}" if is_so else cell
                     for cell, is_so in zip(cells, risky, strict=True)]  # fmt: skip
            guarded += sum(risky)
        writer.writerow(cells)
        count += 1
    out.flush()
    out.detach()
    return Written(count, guarded)


def write_jsonl(
    file: BinaryIO,
    columns: Iterable[Column],
    rows: Iterable[Row],
    about: About,  # noqa: ARG001 (a Writer)
) -> Written:
    """JSON Lines (UTF-8): one object a line, times in ISO 8601."""
    names = [column.name for column in columns]
    count = 0
    for row in rows:
        line = json.dumps({name: row[name] for name in names}, ensure_ascii=False, default=_plain)
        # U+2028 ends a line for some readers.
        line = (
            line.replace("\u2028", "\\u2028")
            .replace("\u2029", "\\u2029")
            .replace("\x85", "\\u0085")
        )
        file.write(line.encode("utf-8") + b"\n")
        count += 1
    return Written(count)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == HIGHLIGHTS:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(_plain(value))


def plain_cell(value: Any) -> str:
    """A cell as `write_csv` has it: times in ISO 8601, lists parted by semicolons, and an
    apostrophe before a text that a spreadsheet would run as a formula."""
    cell = _cell("", value)
    return f"'{cell}" if _is_formula(value, cell) else cell


def _is_formula(value: Any, cell: str) -> bool:
    return isinstance(value, str | list) and bool(_FORMULA.match(cell))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
