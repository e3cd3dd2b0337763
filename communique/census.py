"""Counting the sources: how many there are of what, which are watched, what is confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from scrapers.sources import Source


@dataclass(frozen=True, slots=True)
class Census:
    """Counts of some sources. seen, inferred: their listings, confirmed or not. states: how those
    that are enabled stand, by the last turn of each; empty where nobody asked the store."""

    sources: int
    enabled: int
    disabled: int
    seen: int
    inferred: int
    states: Mapping[str, int] = field(default_factory=dict)


def count(sources: Iterable[Source], states: Mapping[str, str] | None = None) -> Census:
    """Counts these sources; states: by source id."""
    found = list(sources)
    enabled = [source for source in found if source.enabled]
    listings = Counter(facts.confidence for source in found for facts in source.listings)
    standing = Counter((states or {}).get(source.id) for source in enabled)
    return Census(
        sources=len(found),
        enabled=len(enabled),
        disabled=len(found) - len(enabled),
        seen=listings["seen"],
        inferred=listings["inferred"],
        states={state: number for state, number in standing.items() if state is not None},
    )


def count_by(
    sources: Iterable[Source],
    key: Callable[[Source], str],
    states: Mapping[str, str] | None = None,
) -> dict[str, Census]:
    """Counts by what `key` says of each, in the order in which that first appears."""
    groups: dict[str, list[Source]] = {}
    for source in sources:
        groups.setdefault(key(source), []).append(source)
    return {name: count(members, states) for name, members in groups.items()}
