"""Weighing: which of two statements echoes the other, and who used a passage first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
    for other in others:
        if other.story_id == one.story_id or other.statement_id == one.statement_id:
            continue
        for passage in shared[other.revision_id]:
            users = [each for each in others if _covered(passage, shared[each.revision_id])]
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


def _covered(passage: Passage, passages: Sequence[Passage]) -> bool:
    return any(each.start <= passage.start and passage.end <= each.end for each in passages)
