"""Where the words of all rules stand in a document: one Aho-Corasick pass (ahocorasick-rs).

The automaton looks for the literal part of each Words in the document's terms joined by blanks; the
tokens then decide (wildcards, marks inside a phrase).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter

from ahocorasick_rs import AhoCorasick

from communique.rules.view import View
from communique.rules.words import Words, is_wildcard, wildcard_pattern

Ranges = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Sought:
    """Words; which of them the automaton's pattern begins with; the tests for those outside it.
    is_exact: the pattern says it all."""

    key: str
    gaps: tuple[int, ...]
    first: int
    tests: tuple[tuple[int, re.Pattern[str]], ...]
    length: int
    is_exact: bool


class WordsIndex:
    """Finds any number of Words in a row of terms."""

    def __init__(self, sought: Mapping[Words, tuple[str, ...]]) -> None:
        """sought: Words, each with the terms to look for (its own, or their stems)."""
        by_pattern: dict[str, list[_Sought]] = defaultdict(list)
        for words, terms in sought.items():
            pattern, first = literal(terms)
            tests, length = _tests(terms, pattern, first), len(terms)
            is_exact = length == 1 and not tests
            by_pattern[pattern].append(
                _Sought(words.key, words.gaps, first, tests, length, is_exact)
            )
        self._sought = list(by_pattern.values())
        self._automaton = AhoCorasick(list(by_pattern)) if by_pattern else None

    def find(self, view: View, terms: list[str]) -> dict[str, Ranges]:
        """Where each Words (by its key) stands, as token ranges [first, last + 1) in their order.
        terms: the view's, or their stems."""
        if self._automaton is None or not terms:
            return {}
        row = f" {' '.join(terms)} "
        matches = self._automaton.find_matches_as_indexes(row, overlapping=True)
        found: dict[str, Ranges] = defaultdict(list)
        place = passed = 0
        for pattern, start, _ in sorted(matches, key=itemgetter(1)):
            # The number of a term is the number of blanks before it; all are counted once.
            place, passed = place + row.count(" ", passed, start), start
            for sought in self._sought[pattern]:
                first = place - sought.first
                if sought.is_exact or _holds(sought, view, terms, first):
                    found[sought.key].append((first, first + sought.length))
        return found


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


def _holds(sought: _Sought, view: View, terms: list[str], first: int) -> bool:
    gaps = sought.gaps
    if first < 0 or first + len(gaps) > len(terms):
        return False
    if len(gaps) > 1:
        start = view.positions[first]
        if any(view.positions[first + n] - start != gap for n, gap in enumerate(gaps)):
            return False
    return all(test.match(terms[first + place]) for place, test in sought.tests)
