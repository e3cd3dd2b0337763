"""Matched passages: the sentences that a rule's spans lie in. A title is one passage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from communique.text import passage
from communique.text.sentences import PASSAGE_LIMIT

# A passage up to this length is whole sentences for each span in it, not cut around one of them.
UNCUT = PASSAGE_LIMIT // 2


@dataclass(frozen=True, slots=True)
class Wording:
    """Title and text of one revision."""

    title: str
    text: str

    def field(self, name: str) -> str:
        """The characters that a span of field `title` or `text` points into."""
        return self.title if name == "title" else self.text


@dataclass(frozen=True, slots=True, order=True)
class Passage:
    """Where a matched passage stands, and the spans inside it; offsets in characters of the
    original. `place` orders the title before the text."""

    place: int
    start: int
    end: int
    spans: tuple[tuple[int, int], ...]

    @property
    def field(self) -> str:
        """`title` or `text`."""
        return "text" if self.place else "title"


def matched_passages(wording: Wording, spans: Iterable[Mapping[str, Any]]) -> tuple[Passage, ...]:
    """The passages around `spans` ({"field", "start", "end"}) in reading order. Spans in one
    sentence share a passage, overlapping ones are joined; spans outside the text are dropped."""
    found: list[Passage] = []
    for place, start, end in sorted({_located(span) for span in spans}):
        text = wording.text if place else wording.title
        if not 0 <= start < end <= len(text):
            continue
        last = found[-1] if found and found[-1].place == place else None
        if last and end <= last.end <= last.start + UNCUT:
            found[-1] = replace(last, spans=_joined(last.spans, (start, end)))
            continue
        left, right = passage(text, start, end) if place else (0, len(text))
        if last and left < last.end:
            both = _joined(last.spans, (start, end))
            found[-1] = Passage(place, min(left, last.start), max(right, last.end), both)
        else:
            found.append(Passage(place, left, right, ((start, end),)))
    return tuple(found)


def words_of(wording: Wording, passages: Iterable[Passage]) -> frozenset[tuple[str, str]]:
    """The passages' words with white space folded, by field: equal where nothing was edited."""
    return frozenset(
        (each.field, " ".join(wording.field(each.field)[each.start : each.end].split()))
        for each in passages
    )


def _located(span: Mapping[str, Any]) -> tuple[int, int, int]:
    return (0 if span["field"] == "title" else 1, int(span["start"]), int(span["end"]))


def _joined(
    spans: tuple[tuple[int, int], ...], span: tuple[int, int]
) -> tuple[tuple[int, int], ...]:
    last_start, last_end = spans[-1]
    if span[0] <= last_end:
        return (*spans[:-1], (last_start, max(last_end, span[1])))
    return (*spans, span)
