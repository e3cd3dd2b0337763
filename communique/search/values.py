"""What passes in and out of a search, all frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from communique.rules import Span

Order = Literal["newest", "best"]


class SearchError(Exception):
    """A search that cannot be done as it was asked; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Place:
    """A statement's place among all, the newest first. day: of publication, else of first sight
    (UTC)."""

    day: date
    statement_id: int

    def __str__(self) -> str:
        return f"{self.day.isoformat()}.{self.statement_id}"

    @classmethod
    def parse(cls, written: str) -> Place:
        """The place that `str` wrote. Raises SearchError."""
        day, _, number = written.partition(".")
        try:
            return cls(date.fromisoformat(day), int(number))
        except ValueError:
            raise SearchError(
                f"{written[:40]!r} is no place to go on from: take it from the answer before, "
                "as in 2026-03-01.1234"
            ) from None


@dataclass(frozen=True, slots=True)
class Found:
    """A statement that matches, in its current wording. spans: the characters that match, the
    title's first, in their order; empty where the query asks for facts only. score: among the best;
    None among the newest."""

    id: int
    source: str
    publisher: str
    country: str | None
    language: str
    url: str
    title: str
    text: str
    published_on: date | None
    first_seen_at: datetime
    withdrawn_at: datetime | None
    topics: tuple[str, ...]
    story_id: int
    spans: tuple[Span, ...]
    day: date
    score: float | None = None

    @property
    def place(self) -> Place:
        """Where it stands among all."""
        return Place(self.day, self.id)


@dataclass(frozen=True, slots=True)
class Results:
    """A page of what was found.

    next: what to give as `after` for the next page; None: that was all. partial: the time, or the
    number of statements that may be examined for one page, was up before the page was full.
    looked_until: the day down to which every statement was looked at; None: all of them were.
    examined: how many were read. ranked: among how many the best were chosen; None: not ranked.
    """

    hits: Sequence[Found]
    next: str | None
    partial: bool
    looked_until: date | None
    examined: int
    ranked: int | None = None

    @property
    def more(self) -> bool:
        """Whether there may be another page."""
        return self.next is not None
