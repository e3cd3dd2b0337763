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
        places = self.found[words.key]
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
        if not all(places):
            return []
        if len(places) == 2:
            one, other = places
            pairs = _pairs(one, other, node.distance, self.view.titles)
            return pairs + _pairs(other, one, node.distance, self.view.titles)
        reach = node.distance + sum(len(part.terms) for part in node.parts)
        if not _may_be_near(places, reach):
            return []
        groups = []
        for number, own in enumerate(places):
            for start in own:
                group = _nearest(start, number, places, reach)
                if group and self._is_close(group, node.distance):
                    groups.append(group)
        return groups

    def _is_close(self, group: Ranges, distance: int) -> bool:
        """group: its first place begins it."""
        start = last = group[0][0]
        words = 0
        for first, end in group:
            words += end - first
            last = max(last, end)
        return last - start - words <= distance and not start < self.view.titles < last

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
    for start, _ in rarest:
        low, high = start - reach, start + reach
        for others in places:
            after = bisect_left(others, (low, 0))
            if after == len(others) or others[after][0] > high:
                break
        else:
            return True
    return False


def _pairs(ones: Ranges, others: Ranges, distance: int, titles: int) -> list[Ranges]:
    """Each of `ones` with the next of `others` after it, where that is near and in the same field.
    Both are in their order, so one walk along them will do."""
    pairs: list[Ranges] = []
    place, last = 0, len(others)
    for one in ones:
        end = one[1]
        while place < last and others[place][0] < end:
            place += 1
        if place == last:
            break
        other = others[place]
        if other[0] - end <= distance and not one[0] < titles < other[1]:
            pairs.append([one, other])
    return pairs


def _nearest(
    start: tuple[int, int], number: int, places: list[Ranges], reach: int
) -> Ranges | None:
    """A place of each part at or after `start`, the next that overlaps none of the others; None
    where one is further than `reach`."""
    group = [start]
    most = start[0] + reach
    for other, candidates in enumerate(places):
        if other == number:
            continue
        place = bisect_left(candidates, (start[0], 0))
        while place < len(candidates) and _overlaps(candidates[place], group):
            place += 1
        if place == len(candidates) or candidates[place][0] > most:
            return None
        group.append(candidates[place])
    return group


def _overlaps(place: tuple[int, int], group: Ranges) -> bool:
    for first, end in group:  # noqa: SIM110  (innermost: a generator takes twice as long)
        if place[0] < end and first < place[1]:
            return True
    return False


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
