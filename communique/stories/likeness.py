"""What two texts are to each other: one story, a part and its whole, or neither.

Decided on the true sets of shingles, not on signatures; the figures were tuned on labelled texts,
see docs/decisions/007-stories.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from communique.stories.shingles import Shape
from communique.stories.templates import is_template

# Below these two texts may be equal word for word and say different things: "Closed on Monday."
# In words; two Chinese characters count as one.
LEAST_VERBATIM, LEAST_EDITED = 20, 40
# Of a short text a name or two are much: a notice's sibling is as near as its repost.
SAME, SAME_WHILE_SHORT, SHORT = 0.40, 0.50, 100
# A part may have a heading of its own. One that is nearly as long is a repost.
WHOLLY, PART_AT_MOST = 0.85, 0.8


class Relation(StrEnum):
    """What a text is to another one."""

    SAME = "the same story"
    PART = "part of the other"
    WHOLE = "holds the other"
    TEMPLATE = "the same notice of something else"
    OTHER = "another story"


@dataclass(frozen=True, slots=True)
class Likeness:
    """jaccard: shared shingles among all; contained: shared ones among the shorter text's.
    length: of the one text, measured by the other."""

    relation: Relation
    jaccard: float
    contained: float
    length: float

    @property
    def is_part(self) -> bool:
        """Whether the other text holds the one, though they may be near enough for one story."""
        return self._nested and self.length <= PART_AT_MOST

    @property
    def is_whole(self) -> bool:
        """The same the other way round."""
        return self._nested and self.length >= 1 / PART_AT_MOST

    @property
    def _nested(self) -> bool:
        told = (Relation.SAME, Relation.PART, Relation.WHOLE)
        return self.relation in told and self.contained >= WHOLLY


def likeness(one: Shape, other: Shape) -> Likeness:
    """What `one` is to `other`. Linear in their lengths."""
    shared = one.shingles & other.shingles
    shorter, longer = sorted((len(one.shingles), len(other.shingles)))
    if not shorter:
        return Likeness(Relation.OTHER, 0.0, 0.0, 1.0)
    jaccard, contained = len(shared) / (shorter + longer - len(shared)), len(shared) / shorter
    relation = _relation(one, other, shared, jaccard, contained)
    length = len(one.shingles) / len(other.shingles)
    return Likeness(relation, jaccard, contained, length)


def _relation(
    one: Shape, other: Shape, shared: frozenset[str], jaccard: float, contained: float
) -> Relation:
    size = min(one.size, other.size)
    if size < LEAST_VERBATIM:
        return Relation.OTHER
    if one.terms == other.terms:
        return Relation.SAME
    if size < LEAST_EDITED or max(jaccard, contained) < SAME:
        return Relation.OTHER
    if jaccard >= (SAME_WHILE_SHORT if size < SHORT else SAME):
        return Relation.TEMPLATE if is_template(one, other, shared) else Relation.SAME
    if contained >= WHOLLY:
        return Relation.PART if len(one.shingles) < len(other.shingles) else Relation.WHOLE
    return Relation.OTHER
