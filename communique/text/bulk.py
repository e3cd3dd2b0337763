"""Tokens of a long text, most of them at once.

A text's words are nearly all plain: letters with blanks or marks around them. Those are cut out of
arrays over all characters (numpy); only stretches with anything odd in them (an apostrophe, a dot
inside, a combining mark) are walked through. The tokens are those that `walk` alone would find.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from communique.text.classes import CHARACTER, DIGIT, DOT, LINE, RETURN, WORD, classes
from communique.text.fold import fold_word, simplified
from communique.text.walk import ABBREVIATIONS, EMPTY_LINE, Walked, walk

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

_CODES = 0x110000
_LETTER, _CHARACTER, _MARK, _APART, _ODD, _CLAUSE = 1, 2, 4, 8, 16, 32
# What each class is to a plain word. Marks and blanks end the stretch that it stands in.
_ROLES = {
    "w": _LETTER, "d": _LETTER, "c": _CHARACTER, ".": _CLAUSE, ",": _CLAUSE, "!": _MARK | _APART,
    "s": _APART, "n": _APART, "r": _APART, "]": 0,
}  # fmt: skip
_NOTHING = np.zeros(0, np.intp)


def bulk(text: str) -> Walked:
    """What `walk` finds in the whole of a text, in the same order; stops are ascending."""
    kinds, folds = read(text)
    roles = _roles()[kinds]
    odd = _in_odd_stretches(kinds, roles, folds)
    plain = roles.copy()
    plain[odd] = 0
    tokens, starts, ends = _plain(plain & _LETTER != 0, plain & _CHARACTER != 0, folds)
    walked = Walked(silent=_silent(tokens, ends, kinds))
    names = kinds.tobytes().decode("ascii")
    for low, high in _edges(odd):
        walk(walked, text, names, low, high)
    stops = np.flatnonzero(plain & (_MARK | _CLAUSE)).tolist()
    walked.stops = sorted([*stops, *walked.stops, *_empty_lines(names, kinds)])
    return _merged(walked, tokens, starts, ends)


def read(text: str) -> tuple[Array, Array]:
    """For each character its class, as the code of its letter, and the code of the one character
    that it folds to (0: none, or several)."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    tables = _tables()
    kinds = tables.kinds[codes]
    if not kinds.all():
        tables.learn(codes[kinds == 0])
        kinds = tables.kinds[codes]
    return kinds, tables.folds[codes]


class _Tables:
    """code point -> its class, and the one character that it folds to (0: none, or several)."""

    def __init__(self) -> None:
        self.kinds = np.zeros(_CODES, np.uint8)
        self.folds = np.zeros(_CODES, np.uint32)

    def learn(self, codes: Array) -> None:
        """Looks up what is not known yet."""
        for code in np.unique(codes).tolist():
            kind = classes()[code]
            folded = simplified()[code] if kind == CHARACTER else ""
            if kind in (WORD, DIGIT):
                folded = fold_word(chr(code))
            self.folds[code] = ord(folded) if len(folded) == 1 else 0
            self.kinds[code] = ord(kind)


@cache
def _tables() -> _Tables:
    return _Tables()


@cache
def _roles() -> Array:
    roles = np.full(256, _ODD, np.uint8)
    for kind, role in _ROLES.items():
        roles[ord(kind)] = role
    return roles


@cache
def _empty_line() -> re.Pattern[str]:
    return re.compile(EMPTY_LINE, re.VERBOSE)


def _empty_lines(names: str, kinds: Array) -> list[int]:
    """Where the line ends that an empty line follows."""
    found: list[int] = []
    reached = 0
    for place in np.flatnonzero((kinds == ord(LINE)) | (kinds == ord(RETURN))).tolist():
        match = _empty_line().match(names, place) if place >= reached else None
        if match:
            found.append(place)
            reached = match.end()
    return found


def _in_odd_stretches(kinds: Array, roles: Array, folds: Array) -> Array:
    """Which characters stand in a stretch (between blanks and marks) that has to be walked."""
    words = roles & _LETTER != 0
    odd: Array = (roles & _ODD != 0) | ((folds == 0) & (roles & (_LETTER | _CHARACTER) != 0))
    odd[:-1] |= (roles[:-1] & _CLAUSE != 0) & words[1:]  # 3.5, U.S.
    # An initial: a dot after a single letter.
    initial = (kinds[1:] == ord(DOT)) & (kinds[:-1] == ord(WORD))
    initial[1:] &= ~words[:-2]
    odd[1:] |= initial
    if not odd.any():
        return odd
    apart = roles & _APART != 0
    stretches = np.cumsum(apart, dtype=np.int32)
    walked = np.zeros(int(stretches[-1]) + 1, bool)
    walked[stretches[odd]] = True
    inside: Array = walked[stretches] & ~apart
    return inside


def _edges(odd: Array) -> list[tuple[int, int]]:
    """The stretches that are odd."""
    edges = (np.flatnonzero(odd[1:] != odd[:-1]) + 1).tolist()
    edges = [0] * bool(odd[0]) + edges + [len(odd)] * bool(odd[-1])
    return list(zip(edges[::2], edges[1::2], strict=True))


def _plain(letters: Array, characters: Array, folds: Array) -> tuple[list[str], Array, Array]:
    """The plain tokens: their terms, where they begin and end."""
    begins = letters.copy()
    begins[1:] &= ~letters[:-1]
    begins |= characters
    kept = np.flatnonzero(letters | characters)
    if not len(kept):
        return [], _NOTHING, _NOTHING
    first = begins[kept]
    row = np.full(len(kept) + int(first.sum()), ord(" "), np.uint32)
    row[np.arange(len(kept)) + np.cumsum(first)] = folds[kept]
    places = np.flatnonzero(first)
    lasts = np.append(places[1:], len(kept)) - 1
    return row[1:].tobytes().decode("utf-32-le").split(" "), kept[places], kept[lasts] + 1


def _silent(terms: list[str], ends: Array, kinds: Array) -> set[int]:
    """Where a dot follows an abbreviation at once."""
    inside = ends[: np.searchsorted(ends, len(kinds))]
    places = np.flatnonzero(kinds[inside] == ord(DOT)).tolist()
    return {int(ends[place]) for place in places if terms[place] in ABBREVIATIONS}


def _merged(walked: Walked, terms: list[str], starts: Array, ends: Array) -> Walked:
    """Walked and plain tokens in one order; walked ones are few."""
    plain = Walked(terms, starts.tolist(), ends.tolist())
    merged = Walked(stops=walked.stops, silent=walked.silent) if walked.terms else plain
    done = 0
    places = np.searchsorted(starts, walked.starts).tolist() if walked.terms else []
    for number, place in enumerate([*places, len(terms)] if places else []):
        if place > done:
            merged.terms += plain.terms[done:place]
            merged.starts += plain.starts[done:place]
            merged.ends += plain.ends[done:place]
            done = place
        if number < len(places):
            merged.terms.append(walked.terms[number])
            merged.starts.append(walked.starts[number])
            merged.ends.append(walked.ends[number])
    merged.stops, merged.silent = walked.stops, walked.silent
    return merged
