"""Telling a template from an edit: the same notice with other names and numbers is another story.

Where two texts part and meet again between the same words, one passage was put in the place of
another. An editor swaps words of any kind, and adds and cuts besides; a template's swaps are names,
numbers and dates. Where the script shows no names, they are what the two titles differ by, or what
is swapped again and again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from communique.stories.shingles import CHARACTERS, WORDS, Shape, is_character

# Of a template's swaps half are seen to be of names; and there is at least one in so many words.
HALF_OF_THE_SWAPS = 0.5
WORDS_PER_SWAP = 200
# Nearer than this, a name was misspelt or put into another script, not swapped.
MISSPELT = 0.7
CONTEXT = 2
_NUMERALS = frozenset("〇零一二三四五六七八九十百千万亿两")


@dataclass(frozen=True, slots=True)
class Swap:
    """A passage of one text in the place of another's: what only the one has, and the other. Of
    each whether most of it is names and numbers, as far as the script shows it."""

    mine: tuple[str, ...]
    theirs: tuple[str, ...]
    named: bool = False


def is_template(one: Shape, other: Shape, shared: frozenset[str]) -> bool:
    """Whether two texts with these shingles in common are the same notice with other names and
    numbers. Linear in their lengths."""
    one, other = sorted((one, other), key=lambda shape: (len(shape.terms), shape.terms))
    swaps = list(swaps_of(one, other, shared))
    needed = 1 + min(one.size, other.size) // WORDS_PER_SWAP
    borne = [swap for swap in swaps if _in_titles(swap, one, other)]
    if len(borne) >= needed:
        return True
    often = Counter((swap.mine, swap.theirs) for swap in swaps if _is_spelled(swap))
    telling = [s for s in swaps if s.named or s in borne or often[s.mine, s.theirs] > 1]
    return len(telling) >= max(needed, HALF_OF_THE_SWAPS * len(swaps))


def swaps_of(one: Shape, other: Shape, shared: frozenset[str]) -> Iterator[Swap]:
    """Where the texts part and meet again between the same words. A name that was misspelt, or
    put into another script, is no other name."""
    places = {_around(other, gap): gap for gap in _gaps(other, shared)}
    for gap in _gaps(one, shared):
        there = places.get(_around(one, gap))
        if there is None:
            continue
        theirs_there, mine_here = set(_terms(other, there)), set(_terms(one, gap))
        mine = [place for place in gap if one.terms[place] not in theirs_there]
        theirs = [place for place in there if other.terms[place] not in mine_here]
        if mine and theirs:
            swap = Swap(_terms(one, mine), _terms(other, theirs))
            named = _mostly_named(one, mine) and _mostly_named(other, theirs)
            yield replace(swap, named=named and not _is_misspelt(swap))


def _gaps(shape: Shape, shared: frozenset[str]) -> Iterator[range]:
    """The runs of terms that stand in no shared shingle, inside the text."""
    upto, last = 0, len(shape.terms)
    for place, shingle in enumerate(shape.at):
        if shingle not in shared:
            continue
        if 0 < upto < place:
            yield range(upto, place)
        length = CHARACTERS if is_character(shape.terms[place]) else WORDS
        upto = max(upto, min(place + length, last))


def _around(shape: Shape, gap: range) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before = shape.terms[max(gap.start - CONTEXT, 0) : gap.start]
    return tuple(before), tuple(shape.terms[gap.stop : gap.stop + CONTEXT])


def _terms(shape: Shape, places: Iterable[int]) -> tuple[str, ...]:
    return tuple(shape.terms[place] for place in places)


def _mostly_named(shape: Shape, places: list[int]) -> bool:
    named = sum(shape.is_named(place) or shape.terms[place] in _NUMERALS for place in places)
    return 2 * named >= len(places)


def _in_titles(swap: Swap, one: Shape, other: Shape) -> bool:
    mine, theirs = one.title_terms - other.title_terms, other.title_terms - one.title_terms
    return mine.issuperset(swap.mine) and theirs.issuperset(swap.theirs)


def _is_spelled(swap: Swap) -> bool:
    """Whether it is in characters; one for one may be two ways of writing the same."""
    both = swap.mine + swap.theirs
    return len(both) > 2 and all(map(is_character, both))


def _is_misspelt(swap: Swap) -> bool:
    one, other = " ".join(swap.mine), " ".join(swap.theirs)
    if any(map(str.isdigit, one + other)):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= MISSPELT
