"""Which days *Trends* looks at, and into which weeks, months or years they are gathered."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import Connection, text

Unit = Literal["week", "month", "year"]
PRESETS = {"13w": "13 weeks", "1y": "1 year", "all": "all"}
USUAL = "1y"
MOST_WEEKS, MOST_MONTHS = 106, 180  # from which on months, and years, are counted
EARLIEST = date(1945, 1, 1)  # nothing that we watch is older
MOST_STARTS, DAYS = 700, {"week": 7, "month": 28, "year": 365}
# Days that are counted at once, the newest first: so what is seldom said is counted in few looks,
# and of what is said daily at least the newest weeks.
LOTS = (91, 280, 1_100)
_DAY = "coalesce(published_on, CAST(first_seen_at AT TIME ZONE 'UTC' AS date))"
_FIRST = text(f"SELECT min({_DAY}) FROM communique.statements WHERE {_DAY} >= :earliest")  # noqa: S608


class SpanError(Exception):
    """A period that makes no sense; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Span:
    """Whole weeks (Monday to Sunday), months or years. since: the first day; until: the day after
    the last. today: the day, in UTC, on which this was asked."""

    unit: Unit
    since: date
    until: date
    today: date

    @property
    def starts(self) -> tuple[date, ...]:
        """The first day of each week, month or year, the earliest first."""
        starts, start = [], self.since
        while start < self.until:
            starts.append(start)
            start = following(start, self.unit)
        return tuple(starts)

    @property
    def running(self) -> date | None:
        """The first day of the one that has not ended; None: all have."""
        last = start_of(self.until - timedelta(days=1), self.unit)
        return last if self.until > self.today else None

    @property
    def last(self) -> date:
        """The last day that is counted."""
        return self.until - timedelta(days=1)

    def lots(self) -> Iterator[tuple[date, date]]:
        """The days that are counted at once, the newest first: the first day and the day after the
        last, both at the edge of a week, month or year."""
        until, sizes = self.until, iter(LOTS)
        while until > self.since:
            days = next(sizes, None)
            since = self.since
            if days is not None:
                since = max(since, start_of(until - timedelta(days=days), self.unit))
            yield since, until
            until = since


def span_of(
    connection: Connection,
    today: date,
    *,
    period: str = "",
    since: str = "",
    until: str = "",
    per: Unit | None = None,
) -> Span:
    """The span of what somebody asks for. period: one of PRESETS, which counts where since and
    until are empty; both are days as ISO writes them. What is asked for in part is counted whole:
    the week of `since`, the week of `until`. per: None: as long as the days need it. Raises
    SpanError."""
    if period and period not in PRESETS:
        raise SpanError(f"period: one of {', '.join(PRESETS)}")
    last = _day("until", until) or today
    first = _day("since", since) or _first(connection, period or USUAL, last, anyhow=bool(until))
    if last < first:
        raise SpanError(f"The period ends ({last}) before it begins ({first}).")
    unit = per or _unit(first, last)
    if (last - first).days > MOST_STARTS * DAYS[unit]:
        raise SpanError(f"per={unit}: no more than {MOST_STARTS} of them; name a later `since`.")
    return Span(unit, start_of(first, unit), following(start_of(last, unit), unit), today)


def _first(connection: Connection, period: str, last: date, *, anyhow: bool) -> date:
    """The first day of a preset: none before anything is stored, where zero would mean nothing."""
    stored: date = connection.execute(_FIRST, {"earliest": EARLIEST}).scalar_one() or last
    if period == "all":
        return min(stored, last)
    weeks = {"13w": 12, "1y": 51}[period] + anyhow
    return min(max(start_of(last, "week") - timedelta(weeks=weeks), stored), last)


def _unit(first: date, last: date) -> Unit:
    weeks = math.ceil((last - first).days / 7)
    if weeks <= MOST_WEEKS:
        return "week"
    return "month" if weeks * 7 / 30.44 <= MOST_MONTHS else "year"


def start_of(day: date, unit: Unit) -> date:
    """The first day of the week (a Monday), month or year that a day is in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def following(start: date, unit: Unit) -> date:
    """The first day of the next one."""
    if unit == "week":
        return start + timedelta(weeks=1)
    return start_of(start + timedelta(days=32 if unit == "month" else 367), unit)


def _day(name: str, written: str) -> date | None:
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise SpanError(f"{name}: {written[:40]!r} is no day such as 2019-01-31.") from None
    if not EARLIEST <= day <= date(2199, 12, 31):
        raise SpanError(f"{name}: {day} is too far away; nothing is older than {EARLIEST}.")
    return day
