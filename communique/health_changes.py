"""Which sources changed state, told so that two hundred that fail alike are one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from communique.health import NOT_RUN, WORST_FIRST, alike
from communique.standing import Standing

RECOVERED = "recovered"
# More sources of a desk than this with the same error are told as one.
MOST_ALIKE = 5
MOST_ENTRIES = 40


def changes(found: Sequence[Standing], before: Mapping[str, str] | None) -> list[dict[str, Any]]:
    """The sources whose state is another than `before` (by source; None: nobody was told yet), a
    section for each state they are in now, the worst first: its entries, groups of sources that
    changed alike, and how many more there are. Plain values, fit for JSON."""
    told = before or {}
    watched = Counter(each.desk for each in found)
    sections: dict[str, list[Standing]] = {}
    for each in found:
        was = told.get(each.source, NOT_RUN)
        if each.state == was or each.state == NOT_RUN or (each.state == "ok" and was == NOT_RUN):
            continue
        sections.setdefault(RECOVERED if each.state == "ok" else each.state, []).append(each)
    order = (*(state for state in WORST_FIRST if state in sections), RECOVERED)
    return [_section(s, sections[s], told, watched) for s in order if s in sections]


def _section(
    state: str, changed: Sequence[Standing], told: Mapping[str, str], watched: Mapping[str, int]
) -> dict[str, Any]:
    kinds: dict[tuple[str, str], list[Standing]] = {}
    for each in changed:
        kinds.setdefault((each.desk, alike(each.said)), []).append(each)
    groups = [_group(state, same, watched) for same in kinds.values() if len(same) > MOST_ALIKE]
    single = [each for same in kinds.values() if len(same) <= MOST_ALIKE for each in same]
    return {
        "state": state,
        "number": len(changed),
        "groups": groups,
        "entries": [_entry(each, told.get(each.source, NOT_RUN)) for each in single[:MOST_ENTRIES]],
        "more": max(0, len(single) - MOST_ENTRIES),
    }


def _group(state: str, same: Sequence[Standing], watched: Mapping[str, int]) -> dict[str, Any]:
    desk = same[0].desk
    chosen = "ok" if state == RECOVERED else state
    return {
        "desk": desk,
        "number": len(same),
        "watched": watched[desk],
        "since": min(each.since for each in same).isoformat(),
        "said": "" if state == RECOVERED else same[0].said,
        "sources": [each.source for each in same[:3]],
        "command": f"communique coverage --desk {desk} --state {chosen}",
    }


def _entry(standing: Standing, was: str) -> dict[str, Any]:
    return {
        "source": standing.source,
        "publisher": standing.publisher,
        "was": was,
        "since": standing.since.isoformat(),
        "said": "" if standing.state == "ok" else without_address(standing),
        "address": standing.address,
        "command": f"communique coverage --source {standing.source}",
    }


def without_address(standing: Standing) -> str:
    """Why, without the address, which is shown beside it."""
    return standing.said.replace(f" ({standing.address})", "", 1)
