"""Ticks that a reader can count by, for counts and for time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = (1, 2, 7, 14)
_MONTHS = (1, 2, 3, 6)
_YEARS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True)
class Tick:
    """A day on an axis. label: as short as it can be; year: told beneath it where it changes, else
    empty."""

    day: date
    label: str
    year: str = ""


def count_ticks(largest: int, most: int = 5) -> tuple[int, ...]:
    """Whole numbers from 0 on, evenly apart by 1, 2 or 5 times a power of ten; the last is the
    first of them that is not less than `largest`. At most `most` (2 or more) beside the 0."""
    step, scale = 1, 1
    while True:
        for times in (1, 2, 5):
            step = times * scale
            if -(-largest // step) <= most:
                last = max(1, -(-largest // step))
                return tuple(step * number for number in range(last + 1))
        scale *= 10


def day_ticks(first: date, last: date, most: int) -> tuple[Tick, ...]:
    """Days between two days, both included, evenly apart as a calendar is: days, Mondays, first
    days of months or of years. At most `most` (2 or more)."""
    for days in _DAYS:
        if (last - first).days // days + 1 <= most:
            return _labelled(list(_by_days(first, last, days)), by_day=True)
    for months in (*_MONTHS, *(12 * years for years in _YEARS)):
        found = list(_by_months(first, last, months))
        if len(found) <= most:
            return _labelled(found, by_day=False, years=months >= 12)
    return ()


def compact(count: int) -> str:
    """A count for an axis: 1,500 and 20k."""
    return f"{count // 1000}k" if count >= 10_000 and count % 1000 == 0 else f"{count:,}"


def _by_days(first: date, last: date, days: int) -> Iterator[date]:
    day = first + timedelta(days=-first.weekday() % 7) if days >= 7 else first
    while day <= last:
        yield day
        day += timedelta(days=days)


def _by_months(first: date, last: date, months: int) -> Iterator[date]:
    number = first.year * 12 + first.month - (first.day == 1)
    number += -number % months
    while number // 12 <= last.year and (day := date(number // 12, number % 12 + 1, 1)) <= last:
        yield day
        number += months


def _labelled(days: list[date], *, by_day: bool, years: bool = False) -> tuple[Tick, ...]:
    ticks, year = [], 0
    for day in days:
        if years:
            ticks.append(Tick(day, str(day.year)))
            continue
        month = MONTHS[day.month - 1]
        label = f"{day.day} {month}" if by_day else month
        ticks.append(Tick(day, label, str(day.year) if day.year != year else ""))
        year = day.year
    return tuple(ticks)
