"""Tsqueries joined by AND, OR and NOT; any of them may hold for every statement, or for none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

# A tsquery, or that it holds for every statement, or for none.
Asked: TypeAlias = str | bool


def negated(asked: Asked) -> Asked:
    """What holds where this does not."""
    return not asked if isinstance(asked, bool) else f"!({asked})"


def all_of(asked: Iterable[Asked]) -> Asked:
    """What holds where all of these do; of none: everywhere."""
    return _joined(asked, " & ", deciding=False)


def any_of(asked: Iterable[Asked]) -> Asked:
    """What holds where any of these does; of none: nowhere."""
    return _joined(asked, " | ", deciding=True)


def _joined(asked: Iterable[Asked], operator: str, *, deciding: bool) -> Asked:
    kept = list(dict.fromkeys(asked))
    if any(each is deciding for each in kept):
        return deciding
    left = [each for each in kept if isinstance(each, str)]
    if not left:
        return not deciding
    return left[0] if len(left) == 1 else operator.join(f"({each})" for each in left)
