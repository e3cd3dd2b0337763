"""Matched passages: the sentences that a rule's spans lie in. A title is one passage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


@dataclass(slots=True)
class _Growing:
    """A passage while further spans may join it."""

    place: int
    start: int
    end: int
    spans: list[tuple[int, int]]

    def add(self, span: tuple[int, int]) -> None:
        """Adds a span that begins no earlier than those before it."""
        last_start, last_end = self.spans[-1]
        if span[0] <= last_end:
            self.spans[-1] = (last_start, max(last_end, span[1]))
        else:
            self.spans.append(span)


def matched_passages(wording: Wording, spans: Iterable[Mapping[str, Any]]) -> tuple[Passage, ...]:
    """The passages around `spans` ({"field", "start", "end"}) in reading order. Spans in one
    sentence share a passage, overlapping ones are joined; spans outside the text are dropped.
    Linear in the number of spans."""
    found: list[_Growing] = []
    for place, start, end in sorted({_located(span) for span in spans}):
        text = wording.text if place else wording.title
        if not 0 <= start < end <= len(text):
            continue
        last = found[-1] if found and found[-1].place == place else None
        if last and end <= last.end <= last.start + UNCUT:
            last.add((start, end))
            continue
        left, right = passage(text, start, end) if place else (0, len(text))
        if last and left < last.end:
            last.start, last.end = min(left, last.start), max(right, last.end)
            last.add((start, end))
        else:
            found.append(_Growing(place, left, right, [(start, end)]))
    return tuple(Passage(one.place, one.start, one.end, tuple(one.spans)) for one in found)


def words_of(wording: Wording, passages: Iterable[Passage]) -> frozenset[tuple[str, str]]:
    """The passages' words with white space folded, by field: equal where nothing was edited."""
    return frozenset(
        (each.field, " ".join(wording.field(each.field)[each.start : each.end].split()))
        for each in passages
    )


def _located(span: Mapping[str, Any]) -> tuple[int, int, int]:
    return (0 if span["field"] == "title" else 1, int(span["start"]), int(span["end"]))
