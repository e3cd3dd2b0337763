"""What an address of *Trends* asks for, and what it comes to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from sqlalchemy import Connection

from communique.pages.trends_counting import FURTHER, PATIENCE, Counting
from communique.pages.trends_firsts import By
from communique.pages.trends_shown import OverTime, Spread, View, over_time, spread
from communique.pages.trends_span import Span, SpanError, Unit, span_of
from communique.pages.trends_subjects import Subject, SubjectError, subjects_of
from communique.pages.trends_verdicts import Verdicts

_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
Values = Annotated[list[str], Query(default_factory=list)]
REFUSED = (SubjectError, SpanError)


@dataclass(frozen=True, slots=True)
class TrendAsked:
    """As an address has it. q, rule, topic: what is counted, three of them in all; period, since,
    until: as `span_of` takes them; further: whether to take more time."""

    q: tuple[str, ...]
    rule: tuple[str, ...]
    topic: tuple[str, ...]
    by: By = "country"
    count: Counting = "statements"
    view: View = "time"
    period: str = ""
    since: str = ""
    until: str = ""
    per: Unit | None = None
    further: bool = False

    def address(self, **changed: Any) -> dict[str, Any]:
        """What an address of the same asks for, to be given to `url`. changed: instead of what is
        asked now; `further` counts only where it is named here."""
        own: dict[str, Any] = {
            "q": self.q,
            "rule": self.rule,
            "topic": self.topic,
            "by": self.by if self.by != "country" else "",
            "count": self.count if self.count != "statements" else "",
            "view": self.view if self.view != "time" else "",
            "period": self.period,
            "since": self.since,
            "until": self.until,
            "per": self.per,
        }
        return own | changed

    def subjects(self, connection: Connection) -> tuple[Subject, ...]:
        """What is counted. Raises SubjectError."""
        return subjects_of(connection, self.q, self.rule, self.topic)

    def span(self, connection: Connection, today: date) -> Span:
        """The days. Raises SpanError."""
        return span_of(
            connection, today, period=self.period, since=self.since, until=self.until, per=self.per
        )

    def patience(self) -> float:
        """Seconds in which to count."""
        return FURTHER if self.further else PATIENCE


def trend_asked(
    q: Values,
    rule: Values,
    topic: Values,
    by: By = "country",
    count: Counting = "statements",
    view: View = "time",
    period: Literal["", "13w", "1y", "all"] = "",
    since: str = "",
    until: str = "",
    per: Literal["", "week", "month", "year"] = "",
    further: bool = False,
) -> TrendAsked:
    """What an address asks for; empty values are none. Days that are named outweigh a period."""
    queries, rules, topics = (tuple(filter(None, map(_plain, each))) for each in (q, rule, topic))
    since, until = _plain(since), _plain(until)
    period = "" if since or until else period
    return TrendAsked(
        queries, rules, topics, by, count, view, period, since, until, per or None, further
    )


AskedOf = Annotated[TrendAsked, Depends(trend_asked)]


def verdicts_of(request: Request) -> Verdicts:
    """What this process remembers of statements that were read to count them."""
    verdicts: Verdicts = request.app.state.verdicts
    return verdicts


def counted(
    connection: Connection,
    asked: TrendAsked,
    subjects: Sequence[Subject],
    today: date,
    verdicts: Verdicts,
    patience: float,
) -> OverTime:
    """The mentions that are asked for. Raises SpanError."""
    return over_time(
        connection,
        subjects,
        asked.span(connection, today),
        verdicts,
        by=asked.by,
        counting=asked.count,
        patience=patience,
    )


def spread_of(
    connection: Connection,
    asked: TrendAsked,
    subjects: Sequence[Subject],
    today: date,
    verdicts: Verdicts,
    patience: float,
) -> Spread:
    """The first mentions that are asked for."""
    return spread(connection, subjects, today, verdicts, by=asked.by, patience=patience)


def _plain(value: str) -> str:
    """Without what no address of ours holds, and PostgreSQL takes no text with."""
    return _CONTROLS.sub(" ", value).strip()
