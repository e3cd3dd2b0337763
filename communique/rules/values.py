"""What passes in and out of the rules, all frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "notice", "urgent"]
SEVERITIES: tuple[Severity, ...] = ("info", "notice", "urgent")


class RuleError(Exception):
    """A query that cannot be a rule. position: offset in the query, from 0, where the trouble
    begins; reason: what is wrong there and what to write instead."""

    def __init__(self, reason: str, position: int) -> None:
        self.reason = reason
        self.position = position
        self.message = f"{reason} (at character {position + 1})"
        super().__init__(reason, position)

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Rule:
    """One query with a severity. not_inside: words or phrases (no operators) of which a match is no
    part: 华为 inside 升华为 does not count. topic: what a statement that matches is about. note:
    why the rule is there, for whoever reads its alerts."""

    watchlist: str
    id: str
    name: str
    severity: Severity
    query: str
    not_inside: tuple[str, ...] = ()
    topic: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What a rule is tried on: the wording, its language (ISO code; script and region are ignored)
    and the facts that `source:`, `country:` ... ask for."""

    title: str
    text: str
    language: str = ""
    source: str = ""
    publisher: str = ""
    country: str | None = None
    host_country: str | None = None
    kind: str = ""
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a document's title or text, as it was published."""

    field: Literal["title", "text"]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that holds for a document. spans: what matched, the title's first, in their order,
    none overlapping; empty if the rule asks for facts only."""

    rule: Rule
    spans: tuple[Span, ...]
