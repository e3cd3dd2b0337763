"""What an edit did to matched passages: sentences are paired, then compared word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from communique.mail.clean import shown_part
from communique.mail.excerpts import Piece, joined
from communique.passages import Passage, Wording
from communique.text import sentence_spans

# Words of a spaced script, single characters of any other, and what stands between them.
_TOKEN = re.compile(r"[^\W\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|\s+|.", re.DOTALL)
MOST_TOKENS = 600
MOST_SENTENCES = 4_000
# Less in common than this, and marking single words would only confuse.
REWRITTEN = 0.35


@dataclass(frozen=True, slots=True)
class Change:
    """One edited place. before, after: empty where a passage was put in or taken out."""

    field: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


def changes(
    before: Wording,
    after: Wording,
    passages_before: Iterable[Passage],
    passages_after: Iterable[Passage],
) -> tuple[Change, ...]:
    """The edits that touch a matched passage of either wording, in reading order, and always that
    of a title.

    Sentences are aligned with difflib (Ratcliff and Obershelp), white space folded; within an
    aligned group the same is done on words, in Chinese and its like on characters.
    """
    out: list[Change] = []
    if " ".join(before.title.split()) != " ".join(after.title.split()):
        out.append(_change("title", before.title, after.title))
    old = sentence_spans(before.text)[:MOST_SENTENCES]
    new = sentence_spans(after.text)[:MOST_SENTENCES]
    touched_old = _touched(old, passages_before)
    touched_new = _touched(new, passages_after)
    matcher = SequenceMatcher(
        None, _folded(before.text, old), _folded(after.text, new), autojunk=False
    )
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal" or not (touched_old & {*range(i1, i2)} or touched_new & {*range(j1, j2)}):
            continue
        out.append(_change("text", _cut(before.text, old[i1:i2]), _cut(after.text, new[j1:j2])))
    return tuple(out)


def _change(field: str, before: str, after: str) -> Change:
    old, new = _tokens(before), _tokens(after)
    pieces_before: list[Piece] = []
    pieces_after: list[Piece] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    opcodes = matcher.get_opcodes()
    if matcher.ratio() < REWRITTEN:
        opcodes = [("replace", 0, len(old), 0, len(new))]
    for tag, i1, i2, j1, j2 in opcodes:
        same = tag == "equal"
        pieces_before.append(Piece(shown_part("".join(old[i1:i2])), "" if same else "old"))
        pieces_after.append(Piece(shown_part("".join(new[j1:j2])), "" if same else "new"))
    return Change(field, _bridged(joined(pieces_before)), _bridged(joined(pieces_after)))


def _bridged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """A blank between two edited words is edited with them."""
    marks = [piece.mark for piece in pieces]
    around = zip(["", *marks], pieces, [*marks[1:], ""], strict=False)
    return joined(
        Piece(piece.text, left if piece.text == " " and left == right else piece.mark)
        for left, piece, right in around
    )


def _tokens(text: str) -> list[str]:
    bounded = text[: 20 * MOST_TOKENS]
    found = [" " if m[0].isspace() else m[0] for m in _TOKEN.finditer(bounded)]
    if len(found) <= MOST_TOKENS and len(text) <= 20 * MOST_TOKENS:
        return found
    return [*found[:MOST_TOKENS], "…"]


def _folded(text: str, sentences: Sequence[tuple[int, int]]) -> list[str]:
    return [" ".join(text[start:end].split()) for start, end in sentences]


def _cut(text: str, sentences: Sequence[tuple[int, int]]) -> str:
    return text[sentences[0][0] : sentences[-1][1]] if sentences else ""


def _touched(sentences: Sequence[tuple[int, int]], passages: Iterable[Passage]) -> set[int]:
    """Numbers of the sentences that a matched passage of the text lies in."""
    marked = [(each.start, each.end) for each in passages if each.field == "text"]
    return {
        number
        for number, (start, end) in enumerate(sentences)
        if any(left < end and start < right for left, right in marked)
    }
