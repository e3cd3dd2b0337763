"""Two texts compared as a reader sees them: by words, in Chinese and its like by characters.

White space is no difference, nor are the two ways to encode an accent, nor characters that nobody
sees; only where a blank parts two words, or no longer does, is it one. Terms (`communique.text`)
would not do: a reader sees letters' case, signs and plurals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from communique.alignment import Opcode, aligned
from communique.text import sentence_spans

# The most edited places of one text.
MOST_CHANGES = 5_000
# Equal words between two changes that are read as one with them, if either changes as many.
GLUE = 3
# How far a passage that was put in or taken out is moved to begin where a sentence does.
FURTHEST = 100

_MARKS = r"\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
_INDIC = r"\u0900-\u0963\u0966-\u0dff"
_UNSEEN = r"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_UNSPACED = r"\u2e80-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff\u0e00-\u0eff"
_LETTER = rf"(?:[^\W{_UNSPACED}]|[{_MARKS}{_INDIC}{_UNSEEN}])"
# A word (U.S, 1,000 and don't are one), a character of a script without blanks, any other sign.
_WORD = re.compile(rf"{_LETTER}+(?:[.,:'’]{_LETTER}+)*|[^\s]", re.DOTALL)
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_BLANKS = re.compile(r"\s+")
_SENTENCE_END = frozenset(".!?…。！？｡．؟।॥။።")
_CLAUSE_END = frozenset(",;:，；：、،؛")


class Change(NamedTuple):
    """An edited place: earlier[start:end] became later[later_start:later_end], in characters.
    Either may be empty. coarse: it may hold more than the edit."""

    start: int
    end: int
    later_start: int
    later_end: int
    coarse: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What a reader sees of a text, in columns. keys: what is compared; starts, ends: where each
    stands; apart: whether a blank stands before it; weights: 1 for a word, 0 for a sign."""

    text: str
    keys: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    apart: list[bool] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)


# Words i1 to i2 became words j1 to j2; whether that is coarse.
_Edit = tuple[int, int, int, int, bool]


def words_of(text: str) -> Words:
    """A text as the words that are compared. Never fails; linear in its length."""
    words, end = Words(text), 0
    for found in _WORD.finditer(text):
        key = found[0] if found[0].isascii() else _seen(found[0])
        if not key:
            continue
        words.keys.append(key)
        words.starts.append(found.start())
        words.ends.append(found.end())
        words.apart.append(_BLANKS.search(text, end, found.start()) is not None)
        words.weights.append(int(key[0].isalnum()))
        end = found.end()
    return words


def compare(earlier: str, later: str) -> tuple[Change, ...]:
    """The edited places in reading order; none where a reader sees no difference.

    Sentences are aligned first, then the words of those that differ. Changes that only a few equal
    words part are one, and what was put in or taken out begins, where it may, as a sentence does.
    Bounded in time and memory by `communique.alignment`.
    """
    old, new = words_of(earlier), words_of(later)
    edits = _grouped(old, new, _edits(old, new))
    if len(edits) > MOST_CHANGES:
        edits = [(edits[0][0], edits[-1][1], edits[0][2], edits[-1][3], True)]
    edits = _grouped(old, new, _slid(old, new, edits))
    return tuple(
        Change(*_range(old, i1, i2), *_range(new, j1, j2), coarse)
        for i1, i2, j1, j2, coarse in edits
    )


def _seen(word: str) -> str:
    """A word without what nobody sees, its accents encoded in one way."""
    normal = unicodedata.normalize("NFC", word)
    return "".join(c for c in normal if unicodedata.category(c) not in ("Cf", "Cc"))


def _range(words: Words, start: int, end: int) -> tuple[int, int]:
    if start < end:
        return words.starts[start], words.ends[end - 1]
    place = words.ends[start - 1] if start else 0
    return place, place


def _edits(old: Words, new: Words) -> list[_Edit]:
    in_old, in_new = _sentences(old), _sentences(new)
    named = ([" ".join(words.keys[a:b]) for a, b in spans]
             for words, spans in ((old, in_old), (new, in_new)))  # fmt: skip
    out: list[_Edit] = []
    for group in aligned(*named):
        i1, i2 = _joined(in_old, group.i1, group.i2, len(old.keys))
        j1, j2 = _joined(in_new, group.j1, group.j2, len(new.keys))
        if group.tag == "equal":
            out += _parted_or_joined(old, new, Opcode("equal", i1, i2, j1, j2))
            continue
        for inner in aligned(old.keys[i1:i2], new.keys[j1:j2]):
            moved = Opcode(inner.tag, inner.i1 + i1, inner.i2 + i1, inner.j1 + j1, inner.j2 + j1)
            if inner.tag == "equal":
                out += _parted_or_joined(old, new, moved)
            else:
                out.append((*moved[1:], inner.tag == "coarse"))
    return out


def _sentences(words: Words) -> list[tuple[int, int]]:
    """Each sentence as the words from start to before end; every word is in one."""
    spans, at = list[tuple[int, int]](), 0
    for _, stop in sentence_spans(words.text):
        start = at
        while at < len(words.keys) and words.starts[at] < stop:
            at += 1
        if start < at:
            spans.append((start, at))
    if at < len(words.keys):
        spans.append((at, len(words.keys)))
    return spans


def _joined(spans: Sequence[tuple[int, int]], start: int, end: int, last: int) -> tuple[int, int]:
    first = spans[start][0] if start < len(spans) else last
    return first, spans[end - 1][1] if start < end else first


def _parted_or_joined(old: Words, new: Words, same: Opcode) -> Iterator[_Edit]:
    """Words that are equal, but run together in one wording and stand apart in the other."""
    _, i1, i2, j1, _ = same
    shift, done = j1 - i1, i1
    for i in range(i1 + 1, i2):
        if old.apart[i] == new.apart[i + shift] or i <= done:
            continue
        if any(_IS_UNSPACED.match(key) for key in old.keys[i - 1 : i + 1]):
            continue
        start = i - 1
        while start > max(done, i - GLUE) and not (old.apart[start] or new.apart[start + shift]):
            start -= 1
        end = i + 1
        while end < min(i2, i + GLUE) and not (old.apart[end] or new.apart[end + shift]):
            end += 1
        yield start, end, start + shift, end + shift, False
        done = end


def _grouped(old: Words, new: Words, edits: Sequence[_Edit]) -> list[_Edit]:
    """Neighbouring changes as one: a single word that stays between two that change is read with
    them. Ends when nothing is left to join, after three rounds or so."""
    before, out = list(edits), list[_Edit]()
    while True:
        out = []
        for edit in before:
            if out and _belongs(old, new, out[-1], edit):
                last = out.pop()
                edit = (last[0], edit[1], last[2], edit[3], last[4] or edit[4])
            out.append(edit)
        if len(out) == len(before):
            return out
        before = out


def _belongs(old: Words, new: Words, one: _Edit, other: _Edit) -> bool:
    between = range(one[1], other[0])
    if len(between) > 4 * GLUE:
        return False
    glue = sum(old.weights[i] for i in between)
    return glue <= min(GLUE, _weight(old, new, one), _weight(old, new, other))


def _weight(old: Words, new: Words, edit: _Edit) -> int:
    """Changed words, as far as that matters."""
    i1, i2, j1, j2, _ = edit
    few = 4 * GLUE
    return max(sum(old.weights[i1 : min(i2, i1 + few)]), sum(new.weights[j1 : min(j2, j1 + few)]))


def _slid(old: Words, new: Words, edits: Sequence[_Edit]) -> list[_Edit]:
    """Of the ways to say the same insertion or deletion, the one that begins where a sentence, a
    clause or a word does."""
    out: list[_Edit] = []
    for number, (i1, i2, j1, j2, coarse) in enumerate(edits):
        if i1 != i2 and j1 != j2:
            out.append((i1, i2, j1, j2, coarse))
            continue
        room_before = i1 - (out[-1][1] if out else 0)
        after = edits[number + 1][0] if number + 1 < len(edits) else len(old.keys)
        words, start, end = (old, i1, i2) if i1 != i2 else (new, j1, j2)
        by = _best_slide(words, start, end, min(room_before, FURTHEST), min(after - i2, FURTHEST))
        out.append((i1 + by, i2 + by, j1 + by, j2 + by, coarse))
    return out


def _best_slide(words: Words, start: int, end: int, left: int, right: int) -> int:
    keys, least, most = words.keys, 0, 0
    while least > -left and keys[start + least - 1] == keys[end + least - 1]:
        least -= 1
    while most < right and keys[start + most] == keys[end + most]:
        most += 1
    score = {
        by: _break(words, start + by) + _break(words, end + by) for by in range(least, most + 1)
    }
    return max(score, key=lambda by: (score[by], -abs(by)))


def _break(words: Words, place: int) -> int:
    """How deep the text is parted before this word."""
    if place in (0, len(words.keys)):
        return 5
    if "\n" in words.text[words.ends[place - 1] : words.starts[place]]:
        return 4
    for depth, signs in ((3, _SENTENCE_END), (2, _CLAUSE_END)):
        if words.keys[place - 1] in signs:
            return depth
    return int(words.apart[place])
