"""How far a crawl goes, and how far one listing's walk has come."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from scrapers import periods
from scrapers.sources import ListingFacts, Source
from scrapers.values import Entry, Known, Walked
from scrapers.visit import Fetch

# A backfill goes no deeper than this into a listing, and a collect that has turned so many pages
# without meeting what it knows fails loudly: the rest is a backfill's work.
MOST_PAGES = 5000
MOST_PAGES_COLLECT = 20

# What the store knows of these canonical addresses of the source; unknown ones are absent.
Lookup = Callable[[Sequence[str]], Mapping[str, Known]]
Entries = Sequence[tuple[str, Entry]]


@dataclass(slots=True)
class Allowance:
    """How long a crawl may go on asking. ends: of time.monotonic; None: as long as it takes. left:
    how many addresses, pages of listings among them, it had no time to ask for."""

    ends: float | None = None
    left: int = 0

    def spent(self) -> bool:
        """Whether nothing more is to be asked for."""
        return self.ends is not None and time.monotonic() >= self.ends


@dataclass(frozen=True, slots=True)
class Plan:
    """How far a crawl goes.

    now: the run's clock (aware). since: walk the listings page by page back to this day (a
    backfill); None: turn a page only while something on it is not known. until: leave alone what
    a listing dates after this day. walked: when each listing was last walked; one that never was
    is read one page deep, what is older is a backfill's work. listings: visit only these; None:
    all of the source. unread: by listing, further pages that the last run could not read.
    pending: addresses that are due for a look whether a listing names them or not. back_to: a
    collect has missed something since this day: walk back to it, known or not. resume: by
    listing, the page that a killed backfill goes on from. later: second opinions are heard when
    all is fetched. deep: a collect turns at least so many pages of a listing that was walked
    before, and takes from those beyond what it knows only what was put in among that. allowance:
    when it has to end; what is left then, the next crawl finds.
    """

    now: datetime
    since: date | None = None
    until: date | None = None
    walked: Mapping[str, datetime] = field(default_factory=dict)
    listings: frozenset[str] | None = None
    unread: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pending: tuple[tuple[str, Entry], ...] = ()
    back_to: date | None = None
    resume: Mapping[str, str] = field(default_factory=dict)
    later: bool = False
    deep: int = 1
    allowance: Allowance = field(default_factory=Allowance)

    @property
    def most_pages(self) -> int:
        """How deep a listing is read."""
        return MOST_PAGES_COLLECT if self.since is None else MOST_PAGES


@dataclass(slots=True)
class Walk:
    """One listing's walk. queue: pages to read; again: those the last run could not read; all: the
    pages known so far; named: addresses in their order; met: whether one of them was
    known; begun: whether its own address was read; stale: pages in succession that brought nothing
    unknown; beyond: what comes now is older than what is known."""

    source: Source
    facts: ListingFacts
    fetch: Fetch
    lookup: Lookup
    plan: Plan
    queue: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    all: dict[str, None] = field(default_factory=dict)
    named: dict[str, None] = field(default_factory=dict)
    met: bool = False
    begun: bool = False
    stale: int = 0
    beyond: bool = False
    jumped: bool = False

    @property
    def read(self) -> bool:
        """Whether a later walk may count on what this one has read: what an earlier one could not
        read of days is asked for page by page."""
        return self.begun or periods.period_of(self.facts.url) is not None

    def result(self) -> Walked:
        """What the walk says of the series that the listing is."""
        comparable = (
            self.plan.since is None
            and self.facts.url in self.plan.walked
            and periods.period_of(self.facts.url) is None
            and bool(self.named)
        )
        return Walked(self.facts.url, tuple(self.named), self.met if comparable else None)
