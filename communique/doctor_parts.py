"""What a check is given, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import Connection, Engine, text

from communique.settings import Settings
from scrapers.errors import SourceFactsError
from scrapers.facts import load_sources
from scrapers.sources import Source

State: TypeAlias = Literal["ok", "look", "broken"]


class NotKnown(Exception):
    """A check cannot be made, since something is amiss that another check tells; the message says
    which."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a check found. state: `ok`; `look`: it works, but somebody should look at it; `broken`:
    something promised does not hold. advice: what to do next; empty: nothing."""

    state: State
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What checks look at. now: the settings' clock (aware, UTC). engine: None where there is no
    store that can be used."""

    settings: Settings
    now: datetime
    engine: Engine | None = None

    @contextmanager
    def store(self) -> Iterator[Connection]:
        """The store, in a transaction that can only read. Raises NotKnown where there is none."""
        if self.engine is None:
            raise NotKnown("not known without the store: see `database`")
        with self.engine.connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            yield connection
            connection.rollback()

    def sources(self) -> tuple[Source, ...]:
        """The enabled sources. Raises NotKnown where the facts cannot be used."""
        try:
            return self.facts()
        except SourceFactsError as error:
            raise NotKnown("not known while the facts cannot be read: see `sources`") from error

    def facts(self) -> tuple[Source, ...]:
        """The enabled sources. Raises SourceFactsError where the facts cannot be used."""
        found = load_sources(self.settings.sources)
        return tuple(source for source in found if source.enabled)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at. seconds: how long that may take."""

    name: str
    look: Callable[[Patient], Said]
    seconds: float = 20


def ok(found: str) -> Said:
    """All is well."""
    return Said("ok", found)


def look(found: str, advice: str) -> Said:
    """It works, but somebody should look at it."""
    return Said("look", found, advice)


def broken(found: str, advice: str) -> Said:
    """Something promised does not hold."""
    return Said("broken", found, advice)


def named(names: list[str], most: int = 4) -> str:
    """The first of these names, and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def ago(then: datetime, now: datetime) -> str:
    """How long ago that was, such as "5 min", "3 h" and "4 days"."""
    minutes = max(0, round((now - then).total_seconds() / 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def size(number: float) -> str:
    """Bytes as people read them: "812 MB", "1.4 GB"."""
    return f"{number / 1e6:,.0f} MB" if number < 1e9 else f"{number / 1e9:,.1f} GB"
