"""Listings whose address names a day, month or year: `.../{year}{month}/{day}/`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Period = Literal["day", "month", "year"]


def period_of(url: str) -> Period | None:
    """How often a listing with this address is a new one; None: it has one address for ever."""
    names: tuple[Period, ...] = ("day", "month", "year")
    for name in names:
        if f"{{{name}}}" in url:
            return name
    return None


def day_in(moment: datetime, zone: str) -> date:
    """The calendar day of an aware moment in a zone (IANA name)."""
    return moment.astimezone(ZoneInfo(zone)).date()


def addresses(url: str, newest: date, oldest: date) -> Iterator[str]:
    """The addresses of such a listing from the period of one day back to that of another, newest
    first; the address itself where it names no period."""
    period = period_of(url)
    if period is None:
        yield url
        return
    day = newest
    while day >= _start(oldest, period):
        yield (
            url.replace("{year}", f"{day.year:04}")
            .replace("{month}", f"{day.month:02}")
            .replace("{day}", f"{day.day:02}")
        )
        day = before(day, period)


def before(day: date, period: Period) -> date:
    """The last day of the period before that of `day`."""
    return _start(day, period) - timedelta(days=1)


def _start(day: date, period: Period) -> date:
    if period == "day":
        return day
    return day.replace(day=1) if period == "month" else day.replace(month=1, day=1)
