"""All sources with how they stand, narrowed down and put in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from communique.health import NOT_RUN, TURN_WITHIN, WORST_FIRST
from communique.standing import Standing
from scrapers.sources import Source

DISABLED = "disabled"
STATES = (*WORST_FIRST, DISABLED)

Order = Literal["worst", "publisher", "newest", "turn"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; empty: all. country: of the publisher or of where a mission sits. q: words
    of the name, the id or an address."""

    desk: str = ""
    state: str = ""
    country: str = ""
    q: str = ""
    order: Order = "worst"


@dataclass(frozen=True, slots=True)
class Row:
    """A source and how it stands; standing None: nobody collects it, or it is new to the store."""

    source: Source
    standing: Standing | None

    @property
    def state(self) -> str:
        """As `communique/health.py` explains them, or `disabled`, `not_run`."""
        if not self.source.enabled:
            return DISABLED
        return self.standing.state if self.standing else NOT_RUN

    @property
    def expected_by(self) -> datetime | None:
        """When the next turn must have begun."""
        last = self.standing.last_run if self.standing else None
        return last + TURN_WITHIN if last else None


def rows(sources: Iterable[Source], standings: Iterable[Standing], asked: Filters) -> list[Row]:
    """The sources that the filters leave, in the order they ask for."""
    stands = {one.source: one for one in standings}
    found = [Row(source, stands.get(source.id)) for source in sources]
    kept = [row for row in found if _is_asked(row, asked)]
    return sorted(kept, key=_KEYS[asked.order])


def countries(sources: Iterable[Source]) -> list[str]:
    """Codes of all countries that a filter can name."""
    return sorted({code for one in sources for code in (one.country, one.host_country) if code})


def _is_asked(row: Row, asked: Filters) -> bool:
    source = row.source
    return (
        asked.desk in ("", source.desk)
        and asked.state in ("", row.state)
        and asked.country in ("", source.country, source.host_country)
        and all(word in _words(source) for word in asked.q.casefold().split())
    )


def _words(source: Source) -> str:
    known: Sequence[str] = (source.id, source.publisher, *(facts.url for facts in source.listings))
    return " ".join(known).casefold()


def _worst(row: Row) -> Any:
    since = row.standing.since.timestamp() if row.standing else 0.0
    return STATES.index(row.state), since, row.source.id


def _newest(row: Row) -> Any:
    newest = row.standing.newest if row.standing else None
    return -(newest or date.min).toordinal(), row.source.id


def _turn(row: Row) -> Any:
    last = row.standing.last_run if row.standing else None
    return last.timestamp() if last else 0.0, row.source.id


_KEYS: dict[str, Callable[[Row], Any]] = {
    "worst": _worst,
    "publisher": lambda row: (row.source.publisher.casefold(), row.source.id),
    "newest": _newest,
    "turn": _turn,
}
