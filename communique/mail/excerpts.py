"""Matched words in their context: short pieces of the original, cleaned only after cutting, so
that offsets stay true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from communique.mail.clean import shown_part
from communique.passages import Passage, Wording

# A sentence up to this many characters is shown whole; of a longer one, what stands near a match.
WHOLE = 400
AROUND = 140
MOST_PIECES = 24

Mark = Literal["", "hit", "old", "new"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters. mark: `hit` a matched word, `old` taken out, `new` put in."""

    text: str
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One passage as it is shown. field: `title` or `text`."""

    field: str
    pieces: tuple[Piece, ...]


def excerpts(
    wording: Wording, passages: Iterable[Passage], most: int
) -> tuple[tuple[Excerpt, ...], int]:
    """The first `most` passages to show, and how many more there are."""
    every = tuple(passages)
    return tuple(_excerpt(wording, each) for each in every[:most]), max(0, len(every) - most)


def joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Neighbours of one mark become one piece; empty ones go."""
    out: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if out and out[-1].mark == piece.mark:
            out[-1] = Piece(out[-1].text + piece.text, piece.mark)
        else:
            out.append(piece)
    return tuple(out)


def _excerpt(wording: Wording, passage: Passage) -> Excerpt:
    text = wording.field(passage.field)
    long = passage.end - passage.start > WHOLE
    pieces: list[Piece] = []
    at = passage.start
    for number, (start, end) in enumerate(passage.spans):
        pieces.append(_between(text[at:start], long, first=number == 0))
        pieces.append(Piece(shown_part(_cut(text[start:end], WHOLE)), "hit"))
        at = end
        if len(pieces) >= MOST_PIECES:
            break
    pieces.append(_after(text[at : passage.end], long))
    return Excerpt(passage.field, joined(pieces))


def _between(text: str, long: bool, *, first: bool) -> Piece:
    if not long or len(text) <= 2 * AROUND:
        return Piece(shown_part(text))
    ending = _from_word(text[-AROUND:])
    beginning = "" if first else _to_word(text[:AROUND])
    return Piece(shown_part(f"{beginning}… {ending}"))


def _after(text: str, long: bool) -> Piece:
    if not long or len(text) <= 2 * AROUND:
        return Piece(shown_part(text))
    return Piece(shown_part(f"{_to_word(text[:AROUND])}…"))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[-limit // 2 :]}"


def _from_word(text: str) -> str:
    """Without the half word at its start, where there are words to tell apart."""
    _, space, rest = text.partition(" ")
    return rest if space and len(rest) > AROUND // 2 else text


def _to_word(text: str) -> str:
    rest, space, _ = text.rpartition(" ")
    return f"{rest} " if space and len(rest) > AROUND // 2 else text
