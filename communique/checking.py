"""A look at whether the facts of a source hold today: its listings, two newest statements of each,
its host's rules. Nothing of it is stored; `communique sources check` and the pages show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from scrapers import probe
from scrapers.fetch import Fetcher, FetchPolicy
from scrapers.pace import Turn
from scrapers.remarks import remarks
from scrapers.replay import Replay
from scrapers.sources import Source
from scrapers.visit import Fetch


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a source has found. listings: those in use, in the order of its facts."""

    source: Source
    listings: tuple[probe.Listed, ...]
    robots: tuple[probe.Robots, ...]

    @property
    def works(self) -> bool:
        """Whether there is a listing, and each was read with a statement of it."""
        return bool(self.listings) and all(listed.works for listed in self.listings)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should look at, a sentence each."""
        return tuple(remarks(self.source, self.listings))

    @property
    def feeds(self) -> tuple[tuple[str, str], ...]:
        """(kind, address) of what its pages offer that is not among its listings."""
        ours = {facts.url for facts in self.source.listings}
        offered = dict.fromkeys(feed for listed in self.listings for feed in listed.feeds)
        return tuple((kind, url) for kind, url in offered if url not in ours)


@contextmanager
def looking(
    policy: FetchPolicy, turn: Turn, clock: Callable[[], datetime], replay: Replay | None
) -> Iterator[Fetch]:
    """How addresses are answered: as in a run, at the same pace; but nothing is kept. turn: whose
    it is at which host; replay: the archive that answers instead of the network."""
    if replay is not None:
        yield replay.fetch
        return
    with Fetcher(policy, turn=turn, clock=clock) as fetcher:
        yield fetcher.fetch


def look_at(source: Source, fetch: Fetch, now: datetime) -> Look:
    """Looks at a source, one address after the other. now: aware. Raises nothing for what its
    pages do."""
    found = tuple(probe.listings(source, fetch, now))
    return Look(source, found, tuple(probe.robots(source, fetch)))


def rules_in_words(rule: probe.Robots) -> str:
    """What a host's robots.txt says, in words."""
    if not rule.found:
        return "no rules"
    said = [f"forbids {url}" for url in rule.forbidden] or ["allows its listings"]
    if rule.delay:
        said.append(f"asks for {rule.delay:g} s between requests")
    said += [f"names sitemap {url}" for url in rule.sitemaps[:5]]
    return ", ".join(said)


def opinion(suspect: str | None, reader: str) -> str:
    """What is to be said of a reading: why it is doubtful, or how far it was held against another.
    reader: id of the one that read it."""
    if suspect:
        return suspect
    if reader.startswith(("generic/", "feed/", "pdf/")):
        return "no layout: nothing to hold it against"
    return "the generic reader agrees"
