"""Weighing: which of two statements echoes the other, and who used a passage first."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TypeAlias

from communique.echoes.passages import Passage
from communique.echoes.users import Sighting

# What a wording shares with each of the others (keys: revisions), as seen from it.
Shared: TypeAlias = Mapping[int, Sequence[Passage]]


@dataclass(frozen=True, slots=True)
class Found:
    """A passage, as seen from the later wording. first: nobody is known to have used it before
    the earlier one."""

    later: int
    earlier: int
    passage: Passage
    first: bool

    @property
    def key(self) -> tuple[int, int, int, int]:
        """What tells it from every other."""
        return self.later, self.earlier, self.passage.start, self.passage.other_start


def weigh(one: Sighting, shared: Shared, known: Mapping[int, Sighting]) -> Iterator[Found]:
    """The echoes between a wording and those it shares passages with, in either direction.

    A wording of the same story counts for who was first, but is no echo. A passage is an echo of
    the first wording of its statement that has it, and not once more of each later one.
    """
    others = [known[revision] for revision in shared]
    reaches = [_reach(shared[revision]) for revision in shared]
    covering: dict[tuple[int, int], list[Sighting]] = {}
    for other in others:
        if other.story_id == one.story_id or other.statement_id == one.statement_id:
            continue
        for passage in shared[other.revision_id]:
            place = passage.start, passage.end
            if place not in covering:
                both = zip(others, reaches, strict=True)
                covering[place] = [each for each, reach in both if _covers(reach, *place)]
            users = covering[place]
            if any(_supersedes(each, other) for each in users):
                continue
            if any(_supersedes(each, one) for each in users):
                continue
            if other.precedes(one):
                first = not any(each.precedes(other) for each in users)
                yield Found(one.revision_id, other.revision_id, passage, first)
            else:
                first = not any(each.precedes(one) for each in users)
                yield Found(other.revision_id, one.revision_id, passage.turned(), first)


def united(found: Iterable[Found]) -> list[Found]:
    """Each once. Seen from either side, a passage is first used only where both say so: each side
    knows of users that the other does not."""
    kept: dict[tuple[int, int, int, int], Found] = {}
    for each in found:
        before = kept.get(each.key)
        first = each.first and (before is None or before.first)
        kept[each.key] = replace(each, first=first)
    return list(kept.values())


def _supersedes(one: Sighting, other: Sighting) -> bool:
    return one.statement_id == other.statement_id and one.number < other.number


def _reach(passages: Sequence[Passage]) -> tuple[list[int], list[int]]:
    """Where each of these passages begins, in order, and how far the text is covered from there or
    from before."""
    ordered = sorted((each.start, each.end) for each in passages)
    return [start for start, _ in ordered], list(accumulate((end for _, end in ordered), max))


def _covers(reach: tuple[list[int], list[int]], start: int, end: int) -> bool:
    """Whether one of the passages holds this one whole."""
    before = bisect_right(reach[0], start)
    return before > 0 and reach[1][before - 1] >= end
