"""What an edit did to matched passages: sentences are paired, then compared word by word."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from communique.alignment import aligned
from communique.comparing import Change as Edit
from communique.comparing import compare
from communique.mail.clean import shown_part
from communique.mail.excerpts import Mark, Piece, joined
from communique.passages import Passage, Wording
from communique.text import sentence_spans

# Of an edited place, in characters; and sentences that are compared with each other.
MOST_SHOWN = 4_000
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

    Sentences are aligned, and the words of those that differ (`communique.comparing`). What is too
    much to compare or to show is shown from its first match on, and noted.
    """
    out: list[Change] = []
    if compare(before.title, after.title):
        out.append(_change("title", before.title, after.title))
    old, new = sentence_spans(before.text), sentence_spans(after.text)
    touched_old = _touched(old, passages_before)
    touched_new = _touched(new, passages_after)
    for tag, i1, i2, j1, j2 in aligned(_folded(before.text, old), _folded(after.text, new)):
        here, there = _within(touched_old, i1, i2), _within(touched_new, j1, j2)
        if tag == "equal" or (here is None and there is None):
            continue
        if plain := max(i2 - i1, j2 - j1) > MOST_SENTENCES:
            i1, j1 = here or i1, there or j1
        sides = _cut(before.text, old[i1:i2]), _cut(after.text, new[j1:j2])
        out.append(_plain("text", *sides) if plain else _change("text", *sides))
    return tuple(out)


def _change(field: str, before: str, after: str) -> Change:
    (old, cut_old), (new, cut_new) = _bounded(before), _bounded(after)
    edits = compare(old, new)
    edited = max(
        sum(e.end - e.start for e in edits), sum(e.later_end - e.later_start for e in edits)
    )
    if edited > (1 - REWRITTEN) * max(len(old), len(new)):
        edits = (Edit(0, len(old), 0, len(new)),)
    note = TOO_LONG if cut_old or cut_new or any(edit.coarse for edit in edits) else ""
    return _shown(field, old, new, edits, note)


def _plain(field: str, before: str, after: str) -> Change:
    (old, _), (new, _) = _bounded(before), _bounded(after)
    return _shown(field, old, new, [Edit(0, len(old), 0, len(new))], TOO_LONG)


def _shown(field: str, old: str, new: str, edits: Sequence[Edit], note: str = "") -> Change:
    before = [(edit.start, edit.end) for edit in edits]
    after = [(edit.later_start, edit.later_end) for edit in edits]
    return Change(field, _pieces(old, before, "old"), _pieces(new, after, "new"), note)


def _pieces(text: str, edited: Iterable[tuple[int, int]], mark: Mark) -> tuple[Piece, ...]:
    pieces, at = list[Piece](), 0
    for start, end in edited:
        pieces.append(Piece(shown_part(text[at:start])))
        pieces.append(Piece(shown_part(text[start:end]), mark))
        at = end
    return joined([*pieces, Piece(shown_part(text[at:]))])


def _bounded(text: str) -> tuple[str, bool]:
    """The beginning of a text, and whether there is more."""
    if len(text) <= MOST_SHOWN:
        return text, False
    return f"{text[:MOST_SHOWN].rsplit(' ', 1)[0]}…", True


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
