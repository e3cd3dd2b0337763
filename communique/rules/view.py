"""A document as the rules see it: the tokens of title and text in one row, normalised once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from communique.rules.query import TextField
from communique.rules.values import Document, Span
from communique.text import BREAK, tokenize_columns
from communique.text.around import tokens_of
from communique.text.stems import has_stemmer
from communique.text.stems import stems as stems_of

# Title and text are further apart than any phrase can reach, marks in it included.
_APART = BREAK * 100


@dataclass(frozen=True, slots=True)
class Row:
    """Terms in one row, each between blanks, in UTF-8. numbers: for each byte, the number of the
    term that it belongs to; the blank before a term is its own."""

    terms: bytes = b""
    numbers: memoryview = field(default=memoryview(b""), repr=False)


@dataclass(frozen=True, slots=True)
class View:
    """terms, starts, ends, positions: the title's tokens, then the text's; `titles` of them are the
    title's. Offsets are those of the field that the token stands in. stems: the terms' stems; the
    terms themselves where the language has none or nobody asked. row, stem_row: terms and stems
    as one row each."""

    terms: list[str]
    starts: list[int]
    ends: list[int]
    positions: list[int]
    titles: int
    stems: list[str]
    row: Row = Row()
    stem_row: Row = Row()

    def spans(self, ranges: list[tuple[int, int]]) -> tuple[Span, ...]:
        """The characters of token ranges [first, last + 1): sorted, overlapping ones merged."""
        merged: list[tuple[TextField, int, int]] = []
        titles, reached, last = self.titles, -1, "title"
        for first, end in sorted(ranges) if len(ranges) > 1 else ranges:
            inside: TextField = "title" if first < titles else "text"
            start, stop = self.starts[first], self.ends[end - 1]
            if start < reached and inside == last:
                start, stop = merged.pop()[1], max(stop, reached)
            merged.append((inside, start, stop))
            reached, last = stop, inside
        return tuple([Span(*each) for each in merged])


def view_of(
    document: Document, *, stemmed: bool = True, words: Sequence[Sequence[str]] | None = None
) -> View:
    """Tokenizes title and text. stemmed: whether any rule needs stems. words: only where these may
    stand, as `tokens_of` has them; None: all of it."""
    if words is None:
        title, text = tokenize_columns(document.title), tokenize_columns(document.text)
    else:
        title, text = tokens_of(document.title, words), tokens_of(document.text, words)
    before = (title.positions[-1] if title.positions else 0) + _APART
    terms = title.terms + text.terms
    stems = terms
    if stemmed and has_stemmer(document.language):
        stems = stems_of(terms, document.language)
    row = _row(terms)
    return View(
        terms,
        title.starts + text.starts,
        title.ends + text.ends,
        [position - before for position in title.positions] + text.positions,
        len(title),
        stems,
        row,
        row if stems is terms else _row(stems),
    )


def _row(terms: list[str]) -> Row:
    row = f" {' '.join(terms)} ".encode()
    numbers = np.cumsum(np.frombuffer(row, np.uint8) == ord(" "), dtype=np.int32)
    numbers -= 1
    return Row(row, numbers.data)
