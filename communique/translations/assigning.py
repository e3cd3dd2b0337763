"""Which of a publisher's texts are versions of each other: one to one, the surest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from communique.text import Tokens
from communique.translations.anchors import Anchors, anchors_of
from communique.translations.likeness import as_long, evidence, likeness
from communique.translations.names import COMMON

WINDOW = 2  # days between a statement and its version, at most
# Tuned on labelled texts, see docs/decisions/009-language-versions.md. SURE: on the same day;
# SURER: on another one, where the next day's statement is often much like it.
SURE, SURER = 0.46, 0.60
EVIDENCE = 2.5
# The second best must be this much worse, or nobody knows which of them it is.
MARGIN = 1.3
LEAST_LENGTH = 0.05
# Days about the day of publication, and what naming one of them weighs.
NEWS, ITS_DAY = 3, 0.3


@dataclass(frozen=True, eq=False)
class Text:
    """A statement as it is compared, by its current wording. language: without script or region.
    story_id: two that are one story do not compete for their version in another language. tokens:
    of the text, where they are known."""

    statement_id: int
    story_id: int
    on: date
    language: str
    title: str
    text: str
    tokens: Tokens | None = None

    @cached_property
    def anchors(self) -> Anchors:
        """Worked out when it is first asked for: most texts have nothing to be compared with."""
        return anchors_of(self.title, self.text, self.language, self.tokens)

    @property
    def length(self) -> int:
        """In characters, title included."""
        return len(self.title) + len(self.text)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two statements that are versions of each other, the lower number first; score: 0 to 1."""

    statement_id: int
    other_id: int
    score: float


def pairs_of(
    new: Iterable[Text],
    known: Sequence[Text],
    taken: Collection[tuple[int, str]] = (),
    common: Mapping[str, float] = COMMON,
) -> list[Pair]:
    """The pairs that the new texts are part of. known: all texts of one publisher from about those
    days, the new ones included. taken: statements, with a language, that have a version in it
    already. common: as `likeness` has it. At most as many comparisons as `new` times `known`, and
    as many again for the rivals of what is found."""
    scores = _Scores(known, common)
    edges = {
        (min(a, b, key=_number), max(a, b, key=_number), score)
        for a in new
        for b, score in scores.of(a)
    }
    used = set(taken)
    pairs: list[Pair] = []
    for a, b, score in sorted(
        edges, key=lambda edge: (-edge[2], _number(edge[0]), _number(edge[1]))
    ):
        slots = {(a.statement_id, b.language), (b.statement_id, a.language)}
        if used & slots or not scores.is_sure(a, b, score):
            continue
        used |= slots
        pairs.append(Pair(a.statement_id, b.statement_id, round(score, 4)))
    return pairs


def _number(text: Text) -> int:
    return text.statement_id


class _Scores:
    """The scores of texts among all those known, each worked out once."""

    def __init__(self, known: Sequence[Text], common: Mapping[str, float]) -> None:
        self._known, self._common = known, common
        self._of_day: dict[date, Mapping[str, float]] = {}
        self._found: dict[int, list[tuple[Text, float]]] = {}

    def of(self, one: Text) -> list[tuple[Text, float]]:
        """Every text that may be its version, with the score."""
        if one.statement_id not in self._found:
            self._found[one.statement_id] = list(self._scored(one))
        return self._found[one.statement_id]

    def _scored(self, one: Text) -> Iterator[tuple[Text, float]]:
        for other in self._known:
            if other.language == one.language or abs((other.on - one.on).days) > WINDOW:
                continue
            if as_long(one.language, one.length, other.language, other.length) < LEAST_LENGTH:
                continue
            score = likeness(one.anchors, other.anchors, self._common_on(one.on))
            if score > SURE / MARGIN:
                yield other, score

    def _common_on(self, day: date) -> Mapping[str, float]:
        """That statements of these days name them tells little either."""
        if day not in self._of_day:
            days = (day + timedelta(days=days) for days in range(-NEWS, NEWS + 1))
            self._of_day[day] = {**self._common, **{f"{d.month}/{d.day}": ITS_DAY for d in days}}
        return self._of_day[day]

    def is_sure(self, one: Text, other: Text, score: float) -> bool:
        """Whether they are versions of each other, and no other pair of either is nearly as
        good."""
        if score < (SURE if one.on == other.on else SURER):
            return False
        if evidence(one.anchors, other.anchors, self._common_on(one.on)) < EVIDENCE:
            return False
        rivals = (*self._rivals(one, other), *self._rivals(other, one))
        return score >= MARGIN * max(rivals, default=0.0)

    def _rivals(self, one: Text, other: Text) -> Iterator[float]:
        """What `one` scores with those of the other's language that say something else."""
        for rival, score in self.of(one):
            same_language = rival.language == other.language
            if same_language and rival.story_id != other.story_id:
                yield score
