"""The one tokenizer: rules, the search box, SQL and highlighting see the same terms.

- Words of letters and digits are tokens, folded (see `fold`). Hyphens, slashes, quotation marks,
  brackets and symbols part words and are nothing else: "Clean-Network" is two terms in a row.
- Inside a word an apostrophe is nothing (Xi'an = Xian), except that it parts an elided article
  (l'Europe) and that 's is no part of the word (5G's = 5G). So is a letter's own bracket
  ([C]lean). Dots of an abbreviation are nothing (U.S. = US); those of Mr. and of an initial end
  no sentence. 3.5 and 1,000 stay together; a comma parts all else ("in 2020,5G").
- Chinese, kana, Hangul and Thai: a token per character, so that a word is a phrase of its
  characters and blanks or particles around it do not matter (청정 네트워크 = 청정네트워크는).
- Sentence and clause marks, an em dash and an empty line break a phrase: positions jump there.
  A line break alone does not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from communique.text.bulk import bulk
from communique.text.classes import classes
from communique.text.walk import Walked, walk

BREAK = 1_000  # how far positions jump at a mark: further than any phrase is long
LONG = 300  # characters from which on it pays to take most tokens at once


@dataclass(frozen=True, slots=True)
class Token:
    """A term and where it stands: original[start:end]. position counts terms, and jumps by BREAK
    at every mark that breaks a phrase."""

    term: str
    start: int
    end: int
    position: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text as columns: what matching thousands of rules can afford."""

    terms: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[Token]:
        return map(Token, self.terms, self.starts, self.ends, self.positions)

    def __len__(self) -> int:
        return len(self.terms)


def tokenize(text: str) -> list[Token]:
    """The tokens of a text in their order. Never fails; linear in the text's length."""
    return list(tokenize_columns(text))


def tokenize_columns(text: str) -> Tokens:
    """`tokenize` without an object per token."""
    if len(text) >= LONG:
        return _placed(bulk(text))
    walked = Walked()
    walk(walked, text, text.translate(classes()), 0, len(text))
    return _placed(walked)


def _placed(walked: Walked) -> Tokens:
    """The tokens with their positions: their numbers, and BREAK more for each place where one mark
    or several stand."""
    starts = walked.starts
    positions: list[int] = []
    begun = breaks = 0
    for stop in walked.stops:
        if stop in walked.silent:
            continue
        token = bisect_left(starts, stop, begun)
        if token > begun or not breaks:
            positions += range(begun + breaks, token + breaks)
            begun = token
            breaks += BREAK
    positions += range(begun + breaks, len(starts) + breaks)
    return Tokens(walked.terms, starts, walked.ends, positions)
