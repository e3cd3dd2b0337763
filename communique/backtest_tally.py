"""What a back-test counts while it reads. Memory grows with what was found, not with what was
read."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from communique.backtest_doubt import UNIQUE, Doubt
from communique.backtest_reading import Place, Read
from communique.backtest_trial import Tried

BORDERLINE = 10  # hits that are shown as borderline
KEPT = 200  # of which they are chosen in the end
MOST_WORDINGS = 100_000  # that are told apart


@dataclass(frozen=True, slots=True)
class Listed:
    """A statement that a draft adds or drops. rules: which of its rules hold anew, or no longer.
    besides: which of the draft's other rules on trial hold there."""

    statement: int
    day: date
    rules: frozenset[str]
    besides: frozenset[str]


@dataclass(frozen=True, slots=True)
class Borderline:
    """A hit of the draft's that little would have undone. listed: with the one rule in `rules`."""

    listed: Listed
    story: int
    doubt: Doubt


class Tally:
    """What has been read until now."""

    def __init__(self) -> None:
        self.read = self.both = 0
        self.added: list[Listed] = []
        self.dropped: list[Listed] = []
        self.stories_before: dict[int, int] = {}
        self.stories_after: dict[int, int] = {}
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.kept: Counter[str] = Counter()
        self._words: Counter[tuple[str, ...]] = Counter()
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        self._doubts: list[tuple[float, int, Borderline]] = []

    def add(self, batch: Read) -> None:
        """Counts a batch."""
        self.read += batch.statements
        for place, tried in batch.hits:
            self._add(place, tried)

    def _add(self, place: Place, tried: Tried) -> None:
        self.before.update(tried.before)
        self.after.update(tried.after)
        kept = tried.before & tried.after
        self.kept.update(kept)
        self.both += bool(kept)
        for stories, rules in (
            (self.stories_before, tried.before),
            (self.stories_after, tried.after),
        ):
            if rules:
                day = place.day.toordinal()
                stories[place.story] = min(day, stories.get(place.story, day))
        gained, lost = tried.after - tried.before, tried.before - tried.after
        if gained:
            self.added.append(self._listed(place, gained, tried))
        if lost:
            self.dropped.append(self._listed(place, lost, tried))
        if tried.doubt:
            mine = self._listed(place, frozenset({tried.doubt.rule}), tried)
            self._remember(Borderline(mine, place.story, tried.doubt))

    def _listed(self, place: Place, rules: frozenset[str], tried: Tried) -> Listed:
        # The same few sets stand in every entry: one of each will do.
        besides = tried.after - rules
        one, other = (self._sets.setdefault(each, each) for each in (rules, besides))
        return Listed(place.statement, place.day, one, other)

    def _remember(self, one: Borderline) -> None:
        """Keeps the most borderline ones; of equals the first ones read."""
        words = one.doubt.words
        if len(self._words) < MOST_WORDINGS or words in self._words:
            self._words[words] += 1
        entry = (one.doubt.score, -one.listed.statement, one)
        if len(self._doubts) < KEPT:
            heapq.heappush(self._doubts, entry)
        elif entry[:2] > self._doubts[0][:2]:
            heapq.heapreplace(self._doubts, entry)

    def shortlist(self) -> list[Borderline]:
        """The most borderline hits, the most doubtful first."""
        ranked = [self._rarely_worded(entry) for _, _, entry in self._doubts]
        return sorted(ranked, key=_doubtfulness)

    def _rarely_worded(self, one: Borderline) -> Borderline:
        hits = sum(self._words.values())
        if hits < 2 or not one.doubt.words or self._words[one.doubt.words] != 1:
            return one
        reasons = (*one.doubt.reasons, f"no other of {hits:,} hits that were read has its words")
        doubt = replace(one.doubt, score=one.doubt.score + UNIQUE, reasons=reasons)
        return replace(one, doubt=doubt)


def most_borderline(ranked: Iterable[Borderline]) -> tuple[Borderline, ...]:
    """The most doubtful of these, one of each story."""
    stories: dict[int, Borderline] = {}
    for one in sorted(ranked, key=_doubtfulness):
        stories.setdefault(one.story, one)
    return tuple(stories.values())[:BORDERLINE]


def _doubtfulness(one: Borderline) -> tuple[float, int]:
    return -one.doubt.score, one.listed.statement
