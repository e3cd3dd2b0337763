"""What an edit did to matched passages: sentences are paired, then compared word by word."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from communique.mail.alignment import Opcode, TooLong, Work, aligned
from communique.mail.clean import shown_part
from communique.mail.excerpts import Piece, joined
from communique.passages import Passage, Wording
from communique.text import sentence_spans

# Words of a spaced script, single characters of any other, and what stands between them.
_TOKEN = re.compile(r"[^\W\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|\s+|.", re.DOTALL)
MOST_TOKENS = 600
# Of each wording, between what both begin and end with.
MOST_SENTENCES = 400
# Less in common than this, and marking single words would only confuse.
REWRITTEN = 0.35
TOO_LONG = "Too long to compare in full: what is shown need not all be changed, nor be all that is."


@dataclass(frozen=True, slots=True)
class Change:
    """One edited place. before, after: empty where a passage was put in or taken out. note: what
    the reader must know of how it is shown, else empty."""

    field: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    note: str = ""


def changes(
    before: Wording,
    after: Wording,
    passages_before: Iterable[Passage],
    passages_after: Iterable[Passage],
) -> tuple[Change, ...]:
    """The edits that touch a matched passage of either wording, in reading order, and always that
    of a title.

    Sentences are aligned with difflib (Ratcliff and Obershelp), white space folded; within an
    aligned group the same is done on words, in Chinese and its like on characters. All of it is
    bounded: what would take too long is shown from its first match on, and noted.
    """
    work = Work()
    out: list[Change] = []
    if " ".join(before.title.split()) != " ".join(after.title.split()):
        out.append(_change("title", before.title, after.title, work))
    old, new = sentence_spans(before.text), sentence_spans(after.text)
    touched_old = _touched(old, passages_before)
    touched_new = _touched(new, passages_after)
    opcodes, plain = _sentences(_folded(before.text, old), _folded(after.text, new), work)
    for tag, i1, i2, j1, j2 in opcodes:
        here, there = _within(touched_old, i1, i2), _within(touched_new, j1, j2)
        if tag == "equal" or (here is None and there is None):
            continue
        if plain:
            i1, j1 = here or i1, there or j1
        sides = _cut(before.text, old[i1:i2]), _cut(after.text, new[j1:j2])
        out.append(_plain("text", *sides) if plain else _change("text", *sides, work))
    return tuple(out)


def _sentences(old: list[str], new: list[str], work: Work) -> tuple[list[Opcode], bool]:
    """The opcodes, and whether they only say between which sentences all edits lie."""
    try:
        return aligned(old, new, MOST_SENTENCES, work), False
    except TooLong as error:
        return error.outline, True


def _change(field: str, before: str, after: str, work: Work) -> Change:
    (old, cut_old), (new, cut_new) = _tokens(before), _tokens(after)
    try:
        opcodes = aligned(old, new, MOST_TOKENS + 1, work)
    except TooLong:
        return _plain(field, before, after)
    same = sum(i2 - i1 for tag, i1, i2, _, _ in opcodes if tag == "equal")
    if 2 * same < REWRITTEN * (len(old) + len(new)):
        opcodes = [("replace", 0, len(old), 0, len(new))]
    return _shown(field, old, new, opcodes, TOO_LONG if cut_old or cut_new else "")


def _plain(field: str, before: str, after: str) -> Change:
    (old, _), (new, _) = _tokens(before), _tokens(after)
    return _shown(field, old, new, [("replace", 0, len(old), 0, len(new))], TOO_LONG)


def _shown(
    field: str, old: list[str], new: list[str], opcodes: Sequence[Opcode], note: str = ""
) -> Change:
    pieces_before: list[Piece] = []
    pieces_after: list[Piece] = []
    for tag, i1, i2, j1, j2 in opcodes:
        same = tag == "equal"
        pieces_before.append(Piece(shown_part("".join(old[i1:i2])), "" if same else "old"))
        pieces_after.append(Piece(shown_part("".join(new[j1:j2])), "" if same else "new"))
    return Change(field, _bridged(joined(pieces_before)), _bridged(joined(pieces_after)), note)


def _bridged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """A blank between two edited words is edited with them."""
    marks = [piece.mark for piece in pieces]
    around = zip(["", *marks], pieces, [*marks[1:], ""], strict=False)
    return joined(
        Piece(piece.text, left if piece.text == " " and left == right else piece.mark)
        for left, piece, right in around
    )


def _tokens(text: str) -> tuple[list[str], bool]:
    """The first tokens of a text, and whether there are more."""
    bounded = text[: 20 * MOST_TOKENS]
    matches = islice(_TOKEN.finditer(bounded), MOST_TOKENS + 1)
    found = [" " if m[0].isspace() else m[0] for m in matches]
    if len(found) <= MOST_TOKENS and len(text) <= 20 * MOST_TOKENS:
        return found, False
    return [*found[:MOST_TOKENS], "…"], True


def _folded(text: str, sentences: Sequence[tuple[int, int]]) -> list[str]:
    return [" ".join(text[start:end].split()) for start, end in sentences]


def _cut(text: str, sentences: Sequence[tuple[int, int]]) -> str:
    return text[sentences[0][0] : sentences[-1][1]] if sentences else ""


def _touched(sentences: Sequence[tuple[int, int]], passages: Iterable[Passage]) -> list[int]:
    """Numbers of the sentences that a matched passage of the text lies in, ascending."""
    starts, ends = [start for start, _ in sentences], [end for _, end in sentences]
    touched: set[int] = set()
    for each in passages:
        if each.field == "text":
            touched |= {*range(bisect_right(ends, each.start), bisect_left(starts, each.end))}
    return sorted(touched)


def _within(touched: Sequence[int], start: int, end: int) -> int | None:
    """The first touched sentence from start to before end."""
    place = bisect_left(touched, start)
    return touched[place] if place < len(touched) and touched[place] < end else None
