"""Where the words of all rules stand in a document: one Aho-Corasick pass (ahocorasick-rs).

The automaton looks for the literal part of each Words in the document's terms joined by blanks; the
tokens then decide (wildcards, marks inside a phrase), and only for what a rule asks about.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ahocorasick_rs import BytesAhoCorasick

from communique.rules.view import View
from communique.rules.words import Words, is_wildcard, wildcard_pattern

Ranges = list[tuple[int, int]]
Starts = dict[int, list[int]]


@dataclass(frozen=True, slots=True)
class _Sought:
    """Words; the number of the automaton's pattern for them, and which of them it begins with; the
    tests for those outside it. stemmed: they are stems. is_exact: the pattern says it all."""

    pattern: int
    stemmed: bool
    gaps: tuple[int, ...]
    first: int
    tests: tuple[tuple[int, re.Pattern[str]], ...]
    is_exact: bool


class WordsIndex:
    """Finds any number of Words in a row of terms."""

    def __init__(
        self, words: Mapping[Words, tuple[str, ...]], *, stemmed: bool = False, offset: int = 0
    ) -> None:
        """words: each with the terms to look for (its own, or their stems). stemmed: whether they
        are stems. offset: the number of the first pattern."""
        numbers: dict[str, int] = {}
        self.sought: dict[str, _Sought] = {}
        for each, terms in words.items():
            pattern, first = literal(terms)
            number = numbers.setdefault(pattern, offset + len(numbers))
            tests = _tests(terms, pattern, first)
            is_exact = len(terms) == 1 and not tests
            self.sought[each.key] = _Sought(number, stemmed, each.gaps, first, tests, is_exact)
        self.stemmed, self._offset, self.end = stemmed, offset, offset + len(numbers)
        patterns = [pattern.encode() for pattern in numbers]
        self._automaton = BytesAhoCorasick(patterns) if patterns else None

    def starts(self, view: View, starts: Starts) -> None:
        """Adds where each pattern that is there begins, by its number: bytes in the row of terms
        (or stems), ascending."""
        if self._automaton is None:
            return
        offset, row = self._offset, view.stem_row if self.stemmed else view.row
        for number, start, _ in self._automaton.find_matches_as_indexes(
            row.terms, overlapping=True
        ):
            starts[number + offset].append(start)


class Found(dict[str, Ranges]):
    """Where Words stand in one document, by their keys, as token ranges [first, last + 1) in their
    order: looked at when somebody asks."""

    def __init__(
        self, view: View, indexes: Sequence[WordsIndex], sought: Mapping[str, _Sought]
    ) -> None:
        """indexes: those of one language. sought: what they look for, together."""
        super().__init__()
        self.starts: Starts = defaultdict(list)
        for index in indexes:
            index.starts(view, self.starts)
        self._view, self._sought = view, sought

    def __missing__(self, key: str) -> Ranges:
        sought = self._sought[key]
        places = self.starts.get(sought.pattern)
        ranges: Ranges = []
        if places is not None:
            view = self._view
            numbers = view.stem_row.numbers if sought.stemmed else view.row.numbers
            if sought.is_exact:
                ranges = [(first, first + 1) for first in map(numbers.__getitem__, places)]
            else:
                ranges = self._phrases(sought, [numbers[place] for place in places])
        self[key] = ranges
        return ranges

    def _phrases(self, sought: _Sought, numbers: Sequence[int]) -> Ranges:
        """numbers: of the terms with which the pattern begins."""
        positions, before, length = self._view.positions, sought.first, len(sought.gaps)
        most, span = len(positions) - length, sought.gaps[-1]
        firsts = [
            first
            for number in numbers
            if 0 <= (first := number - before) <= most
            and positions[first + length - 1] - positions[first] == span
        ]
        if sought.tests or span >= length:
            terms = self._view.stems if sought.stemmed else self._view.terms
            firsts = [first for first in firsts if _pass(sought, terms, positions, first)]
        return [(first, first + length) for first in firsts]


def literal(terms: tuple[str, ...]) -> tuple[str, int]:
    """The longest part of a phrase that holds no wildcard, as it stands in the row of terms, and
    the number of its first term. Of a phrase of wildcards only: how its first term begins."""
    runs: list[tuple[str, int]] = []
    first = 0
    for place, term in enumerate((*terms, "*")):
        if is_wildcard(term):
            if place > first:
                runs.append((f" {' '.join(terms[first:place])} ", first))
            first = place + 1
    if runs:
        return max(runs, key=lambda run: len(run[0]))
    return " " + re.split(r"[*?]", terms[0])[0], 0


def _tests(
    terms: tuple[str, ...], pattern: str, first: int
) -> tuple[tuple[int, re.Pattern[str]], ...]:
    """What the terms outside the pattern must be: those with wildcards, and in "core * network"
    those on the other side of one."""
    held = range(first, first + pattern.count(" ") - 1)
    return tuple(
        (place, wildcard_pattern(term)) for place, term in enumerate(terms) if place not in held
    )


def _pass(sought: _Sought, terms: Sequence[str], positions: Sequence[int], first: int) -> bool:
    """Whether every mark stands between the right words, and what is no part of the pattern is as
    it must be."""
    start = positions[first]
    return all(
        positions[first + place] - start == gap for place, gap in enumerate(sought.gaps)
    ) and all(test.match(terms[first + place]) for place, test in sought.tests)
