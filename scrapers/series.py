"""Statements whose addresses carry a running number: which numbers were skipped."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

# A publisher that leaves out more than this does not number its statements one by one.
WIDEST = 20
MOST_GUESSES = 50


@dataclass(frozen=True, slots=True)
class Skip:
    """Numbers missing between two addresses. guesses: the addresses that they would have."""

    after: str
    before: str
    guesses: tuple[str, ...]


def number_in(series: str, url: str) -> int | None:
    """The running number in an address, by a regular expression with one group; None: none."""
    found = re.search(series, url)
    if found is None or not found.groups() or not (found[1] or "").isdecimal():
        return None
    return int(found[1])


def skips(
    series: str, known: Iterable[str], new: Collection[str], settled: Iterable[tuple[str, str]]
) -> Iterator[Skip]:
    """The numbers skipped next to a new address, the newest first; at most fifty addresses in all,
    and only where fewer than twenty numbers in a row are missing.

    known: addresses of the series, new ones among them; settled: pairs of addresses between which
    was looked before, whose numbers are not guessed again.
    """
    numbers = {n: url for url in known if (n := number_in(series, url)) is not None}
    fresh = {number_in(series, url) for url in new}
    tried = {n for pair in settled for n in _between(series, *pair)}
    left, ordered = MOST_GUESSES, sorted(numbers, reverse=True)
    for upper, lower in pairwise(ordered):
        if not {upper, lower} & fresh or not 1 < upper - lower <= WIDEST:
            continue
        missing = [n for n in range(upper - 1, lower, -1) if n not in tried]
        if not missing or len(missing) > left:
            continue
        left -= len(missing)
        guesses = tuple(_renumbered(series, numbers[lower], number) for number in missing)
        yield Skip(numbers[lower], numbers[upper], guesses)


def guesses_between(series: str, after: str, before: str) -> tuple[str, ...]:
    """The addresses that the numbers between two addresses would have, newest first."""
    found = reversed(_between(series, after, before))
    return tuple(_renumbered(series, after, number) for number in found)[:WIDEST]


def _between(series: str, after: str, before: str) -> range:
    lower, upper = number_in(series, after), number_in(series, before)
    if lower is None or upper is None:
        return range(0)
    return range(lower + 1, upper)


def _renumbered(series: str, url: str, number: int) -> str:
    """The address with a higher number, padded with zeros to the width of its own."""
    found = re.search(series, url)
    if found is None:
        raise ValueError(f"{url} has no number of the series {series}")
    start, end = found.span(1)
    return f"{url[:start]}{number:0{end - start}}{url[end:]}"
