"""Whether a query holds for a document, and where."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from communique.rules.facts import is_so
from communique.rules.index import Ranges
from communique.rules.query import And, Fact, Near, Node, Not, Phrase, TextField
from communique.rules.values import Document
from communique.rules.view import View
from communique.rules.words import Words


@dataclass(frozen=True, slots=True)
class Case:
    """One rule tried on one document. found: where the words of all rules stand, by their keys;
    masked: the token ranges inside which this rule sees nothing."""

    document: Document
    view: View
    found: Mapping[str, Ranges]
    masked: Ranges

    @classmethod
    def of(
        cls,
        document: Document,
        view: View,
        found: Mapping[str, Ranges],
        masks: tuple[Phrase | Near, ...],
    ) -> Case:
        """The case with the rule's masks laid over the document."""
        bare = cls(document, view, found, [])
        masked = [window for mask in masks for window in bare.windows(mask)]
        return cls(document, view, found, _outermost(masked))

    def ranges(self, words: Words, field: TextField | None) -> Ranges:
        """Where the words stand, masked places left out."""
        places = self.found.get(words.key, [])
        if field is None and not self.masked:
            return places
        titles = self.view.titles
        return [
            (first, end)
            for first, end in places
            if (field is None or (field == "title") == (first < titles))
            and not self._is_masked(first, end)
        ]

    def windows(self, node: Phrase | Near) -> Ranges:
        """The whole stretch of each occurrence; of a Near, those that hold no smaller one."""
        if isinstance(node, Phrase):
            return self.ranges(node.words, node.field)
        return _innermost(
            [(min(group)[0], max(end for _, end in group)) for group in self.groups(node)]
        )

    def groups(self, node: Near) -> list[Ranges]:
        """The occurrences of a Near: the places of its parts. From each part's every place, the
        nearest places of the others after it: that is the smallest window which begins there."""
        places = [self.ranges(part, node.field) for part in node.parts]
        reach = node.distance + sum(len(part.terms) for part in node.parts)
        if not all(places) or not _may_be_near(places, reach):
            return []
        if len(places) == 2:
            one, other = places
            pairs = _pairs(one, other, node.distance) + _pairs(other, one, node.distance)
            return [pair for pair in pairs if self._is_close(pair, node.distance)]
        groups = []
        for number, own in enumerate(places):
            for start in own:
                group = _nearest(start, number, places)
                if group and self._is_close(group, node.distance):
                    groups.append(group)
        return groups

    def _is_close(self, group: Ranges, distance: int) -> bool:
        first, last = min(group)[0], max(end for _, end in group)
        if first < self.view.titles < last:
            return False
        return last - first - sum(end - start for start, end in group) <= distance

    def _is_masked(self, first: int, end: int) -> bool:
        # Outermost ranges sorted by beginning are sorted by end too: the last that begins at or
        # before `first` reaches furthest of those that could contain it.
        place = bisect_left(self.masked, (first + 1, 0)) - 1
        return place >= 0 and end <= self.masked[place][1]


def holds(node: Node, case: Case) -> Ranges | None:
    """The token ranges that make a node hold (none for facts and absences); None if it does not."""
    if isinstance(node, Phrase):
        return case.ranges(node.words, node.field) or None
    if isinstance(node, Near):
        return [place for group in case.groups(node) for place in group] or None
    if isinstance(node, Fact):
        return [] if is_so(node, case.document) else None
    if isinstance(node, Not):
        return [] if holds(node.node, case) is None else None
    results = [holds(child, case) for child in node.nodes]
    positive = [ranges for ranges in results if ranges is not None]
    if not positive or (isinstance(node, And) and len(positive) < len(results)):
        return None
    return [place for ranges in positive for place in ranges]


def _may_be_near(places: list[Ranges], reach: int) -> bool:
    """Whether any place of the rarest part has one of every other part around it. Most words that
    a rule wants near each other are not, and this is how to know it soon."""
    rarest = min(places, key=len)
    return any(
        all(_reaches(start[0], others, reach) for others in places if others is not rarest)
        for start in rarest
    )


def _reaches(place: int, others: Ranges, reach: int) -> bool:
    after = bisect_left(others, (place - reach, 0))
    return after < len(others) and others[after][0] <= place + reach


def _pairs(ones: Ranges, others: Ranges, distance: int) -> list[Ranges]:
    """Each of `ones` with the next of `others` after it, where that is near."""
    pairs = []
    for one in ones:
        place = bisect_left(others, (one[1], 0))
        if place < len(others) and others[place][0] - one[1] <= distance:
            pairs.append([one, others[place]])
    return pairs


def _nearest(start: tuple[int, int], number: int, places: list[Ranges]) -> Ranges | None:
    group = [start]
    for other, candidates in enumerate(places):
        if other == number:
            continue
        place = bisect_left(candidates, (start[0], 0))
        while place < len(candidates) and _overlaps(candidates[place], group):
            place += 1
        if place == len(candidates):
            return None
        group.append(candidates[place])
    return group


def _overlaps(place: tuple[int, int], group: Ranges) -> bool:
    return any(place[0] < end and first < place[1] for first, end in group)


def _innermost(ranges: Ranges) -> Ranges:
    kept: Ranges = []
    for first, end in sorted(ranges, key=lambda one: (one[0], -one[1])):
        while kept and kept[-1][1] >= end:
            kept.pop()
        kept.append((first, end))
    return kept


def _outermost(ranges: Ranges) -> Ranges:
    kept: Ranges = []
    for first, end in sorted(ranges, key=lambda one: (one[0], -one[1])):
        if not kept or end > kept[-1][1]:
            kept.append((first, end))
    return kept
