"""What passes in and out of an export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO, Protocol, TypeAlias

Row: TypeAlias = Mapping[str, Any]

HIGHLIGHTS = "highlights"


class ExportError(Exception):
    """An export that cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which statements, the newest first. query: of the rules' language; None: all. since, until:
    days of publication (where unknown, of first sight in UTC), both included. limit: of the
    newest; None: every one."""

    query: str | None = None
    since: date | None = None
    until: date | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column as PostgreSQL declares it (`bigint`, `text[]`, ...); `highlights` is our own."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself. title: of a feed; key: tells one feed from another; made_at:
    aware, UTC. bom: a byte order mark for spreadsheets. raw: no apostrophe before formulas."""

    title: str
    key: str
    made_at: datetime
    bom: bool = False
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What was written. guarded: cells that would have been formulas."""

    rows: int
    guarded: int = 0


class Writer(Protocol):
    """Writes rows as they come, holding no more than a batch of them."""

    def __call__(
        self, file: BinaryIO, columns: Iterable[Column], rows: Iterable[Row], about: About
    ) -> Written: ...
