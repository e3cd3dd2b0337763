"""How surely two texts in two languages say the same: a score from 0 to 1, and why.

No translation is made. Versions of one statement name the same names, numbers and days about as
often and in the same order, and are as long as their languages make them; two statements of one
day differ in at least one of these. What is not there to be compared is no evidence: a text that
names little is never paired.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

from communique.translations.anchors import Anchors
from communique.translations.names import COMMON, TOPIC, topics

# How long a text becomes, in characters, measured against English: Chinese as one ministry's
# statements have it, the others as translators reckon. Of short texts the logarithm of the ratio
# deviates by a tenth; SPREAD leaves room for other hands.
LENGTHS: Mapping[str, float] = dict(
    zip(
        ("en", "zh", "ja", "ko", "th", "ar", "he", "de", "fr", "es", "it", "pt", "nl", "ru"),
        (1.0, 0.275, 0.45, 0.5, 0.95, 0.85, 0.8, 1.12, 1.14, 1.12, 1.1, 1.08, 1.08, 1.06),
        strict=True,
    )
)
SPREAD = 0.25
# Raise it with any change to what is paired; older pairs are then looked at anew.
VERSION = 1
NUMBER, LATIN, CAPITALISED = 1.5, 1.0, 0.5
LONGEST = 250  # anchors whose order is compared
ORDER = 0.3  # what the order counts for


def likeness(one: Anchors, other: Anchors, common: Mapping[str, float] = COMMON) -> float:
    """The score of two texts. common: what names weigh that tell little here, such as a mission's
    own country; others weigh 1. Grows with the square of the number of anchors, up to LONGEST."""
    if one.language == other.language or not (one.said and other.said):
        return 0.0
    shared, all_there_is = _weights(one, other, common)
    latin_shared, latin = _latin(one, other)
    if not all_there_is:
        return 0.0
    agreement = (shared + latin_shared) / (all_there_is + latin)
    as_expected = as_long(one.language, one.length, other.language, other.length)
    return agreement * as_expected * (1 - ORDER + ORDER * _order(one, other, common))


def evidence(one: Anchors, other: Anchors, common: Mapping[str, float] = COMMON) -> float:
    """How much two texts have in common that few others have: the weight of each thing they both
    name, counted once."""
    both = set(one.said) & set(other.said)
    return sum(_weight(anchor, one, other, common) for anchor in both) + _latin(one, other)[0]


def as_long(language: str, length: int, other_language: str, other_length: int) -> float:
    """How well two lengths, in characters, agree: 1 where they are as their languages make them."""
    expected = math.log(LENGTHS.get(language, 1.0) / LENGTHS.get(other_language, 1.0))
    found = math.log(max(length, 1) / max(other_length, 1))
    return math.exp(-(((found - expected) / SPREAD) ** 2) / 2)


def _weights(one: Anchors, other: Anchors, common: Mapping[str, float]) -> tuple[float, float]:
    """What they share of what they say, and all of it; a second mention counts less."""
    counts, others = Counter(one.said), Counter(other.said)
    shared = total = 0.0
    for anchor in counts.keys() | others.keys():
        weight = _weight(anchor, one, other, common)
        times, other_times = math.log1p(counts[anchor]), math.log1p(others[anchor])
        shared += weight * min(times, other_times)
        total += weight * max(times, other_times)
    return shared, total


def _weight(anchor: str, one: Anchors, other: Anchors, common: Mapping[str, float]) -> float:
    if anchor in common:
        return common[anchor]
    if anchor in topics():
        return TOPIC if {one.language, other.language} == {"en", "zh"} else 0.0
    return NUMBER if anchor[0] == "#" or "/" in anchor else 1.0


def _latin(one: Anchors, other: Anchors) -> tuple[float, float]:
    """What Latin words that stand in both texts are worth, and what they could be worth: those of
    a Chinese text stand in its English version; of two texts in Latin script, capitalised ones."""
    if one.spaceless != other.spaceless:
        few, many = (one, other) if one.spaceless else (other, one)
        return LATIN * len(few.latin & many.terms), LATIN * len(few.latin)
    if one.spaceless:
        both = len(one.latin & other.latin)
        return LATIN * both, LATIN * max(len(one.latin), len(other.latin))
    both = len(one.latin & other.latin)
    return CAPITALISED * both, CAPITALISED * min(len(one.latin), len(other.latin))


def _order(one: Anchors, other: Anchors, common: Mapping[str, float]) -> float:
    """How much of the shorter sequence of anchors stands in the other one in the same order."""
    left, right = (_sequence(each, common) for each in (one, other))
    shorter = min(len(left), len(right))
    return _longest_common(left, right) / shorter if shorter else 0.0


def _sequence(anchors: Anchors, common: Mapping[str, float]) -> Sequence[str]:
    telling = (a for a in anchors.said if a not in common and a not in topics())
    return [anchor for anchor, _ in groupby(telling)][:LONGEST]


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence (Hunt and Szymanski's row by row)."""
    row = [0] * (len(other) + 1)
    for anchor in one:
        before = 0
        for place, found in enumerate(other, 1):
            above = row[place]
            row[place] = before + 1 if anchor == found else max(above, row[place - 1])
            before = above
    return row[-1]
