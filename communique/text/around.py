"""Where Chinese words stand, without the tokens of all the rest.

In a script without blanks a character is a token by itself. So a word of such characters is found
by comparing codes, a whole text at once (numpy); what stands between two tokens is nothing, a
token, or a mark that breaks a phrase, and that each character tells by its class. A text with a
character that takes others in (a combining mark, a compatibility form, jamo) is tokenized whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from communique.text.bulk import Array, read
from communique.text.classes import (
    APOSTROPHE,
    CHARACTER,
    CLOSE,
    COMMA,
    DIGIT,
    DOT,
    LINE,
    OPEN,
    SPACE,
    STOP,
    WORD,
)
from communique.text.tokens import Tokens, tokenize_columns

SHORT = 100  # characters; fewer are sooner walked through
# What a character is to a phrase: nothing, a mark that breaks it, (part of) a term; or only a walk
# can tell.
_NOTHING, _BREAK, _TERM, _ODD = range(4)
_ROLES = {
    **dict.fromkeys((SPACE, LINE, OPEN, CLOSE, APOSTROPHE), _NOTHING),
    **dict.fromkeys((STOP, DOT, COMMA), _BREAK),
    **dict.fromkeys((CHARACTER, WORD, DIGIT), _TERM),
}


def tokens_of(text: str, words: Iterable[Sequence[str]]) -> Tokens:
    """The tokens of every place where one of these words stands, at least, with the positions that
    they have to each other. words: as their terms, each one character of a script without blanks,
    side by side. Linear in the text's length, as `tokenize_columns`."""
    if len(text) < SHORT:
        return tokenize_columns(text)
    kinds, folds = read(text)
    roles = _roles()[kinds]
    if roles.max() >= _ODD or not folds[roles == _TERM].all():
        return tokenize_columns(text)
    apart = roles != _NOTHING
    apart[_empty_lines(kinds)] = True
    places = np.flatnonzero(apart)
    codes = folds[places]
    wanted = np.zeros(len(codes), bool)
    for terms in words:
        for place in _where(codes, terms):
            wanted[place : place + len(terms)] = True
    numbers = np.flatnonzero(wanted)
    starts = places[numbers]
    kept = codes[numbers].tobytes().decode("utf-32-le")
    return Tokens(list(kept), starts.tolist(), (starts + 1).tolist(), numbers.tolist())


def _where(codes: Array, terms: Sequence[str]) -> list[int]:
    """Where these terms stand side by side, as the places of their first."""
    first = np.flatnonzero(codes[: max(0, len(codes) - len(terms) + 1)] == ord(terms[0]))
    for number, term in enumerate(terms[1:], 1):
        first = first[codes[first + number] == ord(term)]
    return [int(place) for place in first.tolist()]


def _empty_lines(kinds: Array) -> Array:
    """Line ends after which, behind blanks at most, the next line ends."""
    lines = kinds == ord(LINE)
    if not lines.any():
        return np.zeros(0, np.intp)
    kept = np.flatnonzero(kinds != ord(SPACE))
    ends = lines[kept]
    found: Array = kept[:-1][ends[:-1] & ends[1:]]
    return found


@cache
def _roles() -> Array:
    roles = np.full(256, _ODD, np.uint8)
    for kind, role in _ROLES.items():
        roles[ord(kind)] = role
    return roles
