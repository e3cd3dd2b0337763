"""What can go wrong at a host, where, for how long, and how it must be told.

An episode is a fault at one place of a host for a few days: at the whole host, at its robots.txt,
at its listing, or at the pages of every other statement.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.guards import GUARDS

HEALTHY = "healthy"

# How a page that answers so must be told. A name is a reply of tests.world.replies.
PAGE_FAULTS = {
    "404": "gone",
    "410": "gone",
    "401": "blocked",
    "403": "blocked",
    "451": "blocked",
    "login": "blocked",
    "429": "blocked",
    "429, come back in an hour": "blocked",
    "soft 404": "soft_404",
    "soft 404, sent on": "soft_404",
    "home": "soft_404",
    "error page": "soft_404",
    "500": "broken",
    "502": "broken",
    "503": "broken",
    "503, come back in an hour": "broken",
    "503, come back in a second": HEALTHY,
    "500 once": HEALTHY,
    "maintenance": "broken",
    "slow drip": "broken",
    "slow head": "broken",
    "silence": "broken",
    "reset": "broken",
    "reset in the middle": "broken",
    "no HTTP": "broken",
    "redirects in a circle": "broken",
    "redirects without end": "broken",
    "redirect to loopback": "broken",
    "redirect to localhost": "broken",
    "redirect to a private network": "broken",
    "redirect to a cloud's facts": "broken",
    "redirect to a file": "broken",
    "redirect to nowhere": "broken",
    "ten megabytes": "broken",
    "gzip bomb": "broken",
    "deflate bomb": "broken",
    "gzip bomb in a bomb": "broken",
    "brotli that was not asked for": "broken",
    "gzip that is none": "broken",
    "gzip, cut": "broken",
    "cut short": "broken",
    "chunks cut short": "broken",
    "empty": "broken",
    "picture": "broken",
    "tangle": "broken",
    "304 out of the blue": "broken",
    "script": "unreadable",
    "nine megabytes": HEALTHY,
    "bare deflate": HEALTHY,
    "gzip": HEALTHY,
    "chunks": HEALTHY,
} | {f"guard: {name}": "blocked" for name in GUARDS}

LISTING_FAULTS = PAGE_FAULTS | {
    "nothing listed": "unreadable",
    "one listed": "unreadable",
    "endless": HEALTHY,
}

ROBOTS_FAULTS = {
    "disallow": "disallowed",
    "500": "broken",
    "503": "broken",
    "429": "blocked",
    "slow drip": "broken",
    "silence": "broken",
    "reset": "broken",
    "404": HEALTHY,
    "403": HEALTHY,
    "page": HEALTHY,
    "home": HEALTHY,
    "redirects in a circle": HEALTHY,
    "redirect to loopback": "broken",
    "ten megabytes": "broken",
}

HOST_FAULTS = {
    "reset": "broken",
    "silence": "broken",
    "slow drip": "broken",
    "500": "broken",
    "503, come back in an hour": "broken",
    "403": "blocked",
    "no HTTP": "broken",
    "redirects in a circle": "broken",
    "guard: cloudflare managed": "blocked",
    "guard: radware perfdrive": "blocked",
    "guard: jiasule, first page": "blocked",
    "guard: anti-dos cookie": "blocked",
}

PLACES = {
    "host": HOST_FAULTS,
    "robots": ROBOTS_FAULTS,
    "listing": LISTING_FAULTS,
    "pages": PAGE_FAULTS,
}
# A page that is not there two days running is withdrawn, and truly so.
ONE_DAY = ("gone", "soft_404")


@dataclass(frozen=True)
class Episode:
    """A fault at a place of a host, from its first to its last day. cured: the day's second run
    finds nothing wrong any more."""

    place: str
    name: str
    first: int
    last: int
    cured: bool

    @property
    def outcome(self) -> str:
        return PLACES[self.place][self.name]


def episodes(hosts: int, days: int, chance: random.Random) -> list[tuple[Episode, ...]]:
    """For each host its episodes, with healthy days between them. Every fault of every place has
    its turn, as often as there is room."""
    deck: list[tuple[str, str]] = []
    per_host = 1 if days < 12 else 3
    plans: list[tuple[Episode, ...]] = []
    for _ in range(hosts):
        plan: list[Episode] = []
        share = days // per_host
        for turn in range(per_host if chance.random() < 0.95 else 0):
            if not deck:
                deck = [(place, name) for place, names in PLACES.items() for name in names]
                chance.shuffle(deck)
            place, name = deck.pop()
            plan.append(_episode(place, name, turn * share, share, chance))
        plans.append(tuple(plan))
    return plans


def _episode(place: str, name: str, start: int, share: int, chance: random.Random) -> Episode:
    first = start + chance.randrange(0, max(1, share - 4))
    length = chance.choice((1, 1, 2, 3))
    if place == "pages" and PAGE_FAULTS[name] in ONE_DAY:
        length = 1
    cured = length == 1 and place in ("host", "listing") and chance.random() < 0.3
    return Episode(place, name, first, first + length - 1, cured)
