"""What the search index decides of a back-test, so that little has to be read.

Where the index tells of every rule on trial, of those in force and of the draft's, whether it holds
for a statement (`search.bounds`), that is believed: it is exact. Read is what it leaves in doubt
for any of them; what had several wordings, since the index keeps the terms of all, where it may
match; and what the index does not know in its current wording yet. So what is counted and listed is
what trying every text would find. How borderline a hit is stands in its text alone: of the draft's
hits that need not be read, the newest NEWEST are read for that.
"""

from __future__ import annotations

import heapq
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from communique.backtest_candidates import asked_of
from communique.backtest_lookups import Lookups
from communique.backtest_reading import Place
from communique.backtest_trial import Sides, Tried
from communique.rules import Document
from communique.rules.query import Node
from communique.search.asking import EVERYTHING, tsquery_of
from communique.search.bounds import Part, parts_of
from communique.search.reading import known_sources

NEWEST = 1_000  # of the draft's hits that the index decides: read for what is borderline


@dataclass(frozen=True, slots=True)
class Decided:
    """ids: the numbers of the statements to read, sorted. hits: of the others those for which a
    rule on trial holds or held, as the index says. statements: how many there are in all. unknown:
    how many of these the index does not know in their current wording yet. narrowed: false where a
    rule asks for nothing that the index could look up, so that every statement is read."""

    ids: Sequence[int]
    hits: Sequence[tuple[Place, Tried]]
    statements: int
    unknown: int
    narrowed: bool


def decided(connection: Connection, sides: Sides, since: date) -> Decided:
    """What the index says of the rules on trial for statements of this day or later, and what is
    left to be read. Nothing is written; the transaction keeps a few settings."""
    lookups, questions = Lookups(connection), _Questions(sides)
    unknown, statements = lookups.unknown(), lookups.count()
    sources = known_sources(connection)
    parts = {node: parts_of(node, sources) for node in questions.nodes}
    if not all(_is_narrow(lookups, part) for those in parts.values() for part in those):
        return Decided(lookups.every(), (), statements, len(unknown), narrowed=False)
    to_read = {*unknown, *_doubtful(lookups, parts, sources)}
    held = _held(lookups, parts, to_read)
    places = list(lookups.places(sorted(held), since))
    newest = _newest(places, held, questions.judged)
    tried = {bits: questions.tried(bits) for bits in set(held.values())}
    hits = [
        (place, tried[held[place.statement]]) for place in places if place.statement not in newest
    ]
    return Decided(array("q", sorted(to_read | newest)), hits, statements, len(unknown), True)


class _Questions:
    """What the rules on trial ask, each question once. Which of them hold is told by a number: the
    first question's bit is the lowest."""

    def __init__(self, sides: Sides) -> None:
        self._before: dict[Node, list[str]] = defaultdict(list)
        self._after: dict[Node, list[str]] = defaultdict(list)
        for rule in sides.before:
            self._before[asked_of(rule, sides.givers_before)].append(rule.id)
        for rule in sides.after:
            self._after[asked_of(rule, sides.givers_after)].append(rule.id)
        self.nodes: tuple[Node, ...] = tuple(dict.fromkeys([*self._before, *self._after]))
        judged = {rule.id for rule in sides.judged}
        # The questions of the rules whose hits are ranked by how borderline they are.
        self.judged = sum(
            1 << bit
            for bit, node in enumerate(self.nodes)
            if judged.intersection(self._after.get(node, ()))
        )

    def tried(self, bits: int) -> Tried:
        """What holds, where these questions do."""
        those = [node for bit, node in enumerate(self.nodes) if bits >> bit & 1]
        before, after = (
            frozenset(rule for node in those for rule in rules.get(node, ()))
            for rules in (self._before, self._after)
        )
        return Tried(before, after, None)


def _is_narrow(lookups: Lookups, part: Part) -> bool:
    """Whether what is doubtful is anything that can be looked up."""
    if part.sources is not None or part.doubtful is False:
        return True
    return part.doubtful is not True and lookups.is_placed(part.doubtful)


def _doubtful(
    lookups: Lookups, parts: Mapping[Node, Sequence[Part]], sources: Sequence[Document]
) -> set[int]:
    """What has to be read for any of these questions."""
    found: set[int] = set()
    reworded = set(lookups.reworded(EVERYTHING))
    for node, those in parts.items():
        for part in those:
            found.update(lookups.asking(part.doubtful, part.sources))
        if reworded:
            found.update(lookups.reworded(tsquery_of(node, sources)))
    return found


def _held(
    lookups: Lookups, parts: Mapping[Node, Sequence[Part]], to_read: set[int]
) -> dict[int, int]:
    """The questions that hold for a statement, by its number, where all are decided."""
    held: dict[int, int] = defaultdict(int)
    for bit, those in enumerate(parts.values()):
        for part in those:
            for number in lookups.asking(part.sure, part.sources):
                held[number] |= 1 << bit
    for number in to_read.intersection(held):
        del held[number]
    return held


def _newest(places: Iterable[Place], held: Mapping[int, int], judged: int) -> set[int]:
    """The newest statements for which any of the questions in `judged` holds."""
    wanted = (place for place in places if held[place.statement] & judged)
    newest = heapq.nlargest(NEWEST, wanted, key=lambda place: (place.day, place.statement))
    return {place.statement for place in newest}
