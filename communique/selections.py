"""What a subscription chooses of all that the rules find. Pure: knows no store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from communique.rules import SEVERITIES, Hit
from communique.verdicts import Held

EVERY = "*"


@dataclass(frozen=True, slots=True)
class Selection:
    """watchlist: `*` is every one. severity: the least that is told. rules: ids, alone or as
    watchlist/id; countries: codes that a statement is of or in; of both, empty is all."""

    watchlist: str = EVERY
    severity: str = "info"
    rules: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()

    def concerns(self, watchlist: str) -> bool:
        """Whether a watchlist is one that is subscribed to."""
        return self.watchlist in (EVERY, watchlist)

    def of(self, hits: Iterable[Hit]) -> tuple[Hit, ...]:
        """The hits of its watchlists, whatever it chooses of them."""
        return tuple(hit for hit in hits if self.concerns(hit.rule.watchlist))

    def chosen(self, hits: Iterable[Hit]) -> tuple[Hit, ...]:
        """The hits that are to be told."""
        return tuple(
            hit for hit in self.of(hits) if self._is_asked_for(hit) and self._is_severe(hit)
        )

    def covers(self, *countries: str | None) -> bool:
        """Whether a statement of or in these countries is to be told."""
        return not self.countries or not self.countries.isdisjoint(countries)

    def reason(self, hits: Iterable[Hit]) -> Held:
        """Why none of its watchlists' hits is to be told."""
        asked = any(self._is_asked_for(hit) for hit in self.of(hits))
        return Held.SEVERITY if asked else Held.RULES

    def _is_asked_for(self, hit: Hit) -> bool:
        name = f"{hit.rule.watchlist}/{hit.rule.id}"
        return not self.rules or not self.rules.isdisjoint((hit.rule.id, name))

    def _is_severe(self, hit: Hit) -> bool:
        return SEVERITIES.index(hit.rule.severity) >= SEVERITIES.index(self.severity)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A running subscription, as it is judged for. since: when it began (aware). instant: told at
    once, not in a digest. silent: why it is told nothing at present; None: it is."""

    id: int
    recipient: str
    selection: Selection
    since: datetime
    instant: bool
    silent: Held | None


def subscriber(row: Any, now: datetime) -> Subscriber:
    """A row of `subscriptions` as it stands at `now` (aware)."""
    chosen = Selection(row.watchlist, row.severity, frozenset(row.rules), frozenset(row.countries))
    instant, silent = row.how == "instant", silence(row, now)
    return Subscriber(row.id, row.recipient, chosen, row.created_at, instant, silent)


def silence(row: Any, now: datetime) -> Held | None:
    """Why a subscription (a row of `subscriptions`) is told nothing at `now` (aware); None: it is.
    A pause ends by itself at its time."""
    if row.ended_at is not None:
        return Held.ENDED
    if row.confirmed_at is None:
        return Held.UNCONFIRMED
    if row.paused_at is not None and (row.paused_until is None or now < row.paused_until):
        return Held.PAUSED
    return None
