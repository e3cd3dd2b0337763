"""The shape of a text: its shingles, and how much it says.

A shingle is three words in a row, or four characters in scripts that part no words; each starts at
one token and takes the next as they come, so a Chinese text with Latin names needs no seams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from communique.text import Tokens

WORDS, CHARACTERS = 3, 4
# Of a text of a thousand pages the first fifty tell what it is.
MOST_TERMS = 30_000
# Where the tokenizer makes a token of each character, from Thai on.
_FIRST_CHARACTER = "\u0e00"


@dataclass(frozen=True, slots=True)
class Shape:
    """A text as it is compared. terms: of the text; at[i]: the shingle that starts at term i.

    size: how much it says, in words; two characters count as one.
    """

    title_terms: frozenset[str] = field(repr=False)
    text: str = field(repr=False)
    tokens: Tokens = field(repr=False)
    terms: list[str] = field(repr=False)
    at: Sequence[str] = field(repr=False)
    size: float
    shingles: frozenset[str] = field(repr=False)

    def is_named(self, place: int) -> bool:
        """Whether a term is a number, or a name as far as its capital tells: one that begins a
        sentence does not count."""
        if any(map(str.isdigit, self.terms[place])):
            return True
        positions = self.tokens.positions
        inside = place > 0 and positions[place] - positions[place - 1] == 1
        return inside and self.text[self.tokens.starts[place]].isupper()


def shape_of(title: Sequence[str], text: str, tokens: Tokens) -> Shape:
    """The shape of a text and its tokens; title: its terms. Linear in their number."""
    terms = tokens.terms[:MOST_TERMS]
    spelled = [] if text.isascii() else list(map(is_character, terms))
    if any(spelled):
        ends = [place + (CHARACTERS if one else WORDS) for place, one in enumerate(spelled)]
        # What has no end inside the text stands last, so the places of the others hold.
        at = [" ".join(terms[n:end]) for n, end in enumerate(ends) if end <= len(terms)]
    else:
        at = list(map(" ".join, zip(terms, terms[1:], terms[2:], strict=False)))
    size = len(terms) - sum(spelled) / 2
    return Shape(frozenset(title), text, tokens, terms, at, size, frozenset(at))


def is_character(term: str) -> bool:
    """Whether a term is one character of a script that parts no words."""
    return term >= _FIRST_CHARACTER and (len(term) == 1 or not term[1].isalnum())


def run_at(terms: Sequence[str], start: int, words: int, characters: int) -> str | None:
    """The run that starts at a term: so many words, or characters; None where the text ends."""
    length = characters if is_character(terms[start]) else words
    run = terms[start : start + length]
    return " ".join(run) if len(run) == length else None
