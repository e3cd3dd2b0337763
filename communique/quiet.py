"""Quiet hours and local days of a subscriber. Pure: knows no store, and no clock of its own."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone, tzinfo

from communique.mail.dates import time_zone

# What is as severe as this waits for no morning.
URGENT = "urgent"


def due_at(
    now: datetime, severity: str, zone: str, quiet_from: int | None, quiet_until: int | None
) -> datetime:
    """When an alert may be told that is ready at `now` (aware): at once, or where it is not urgent
    and falls into quiet hours, at their end (UTC)."""
    end = None if severity == URGENT else quiet_end(now, zone, quiet_from, quiet_until)
    return end or now


def quiet_end(
    now: datetime, zone: str, quiet_from: int | None, quiet_until: int | None
) -> datetime | None:
    """When the quiet hours end that `now` (aware) falls into, in UTC; None where it falls into
    none.

    quiet_from, quiet_until: hours of the clock in `zone` (IANA; an unknown one is UTC), the second
    not included, around midnight where it is the smaller. Where clocks jump over the end, quiet
    ends with the jump; where they go through quiet hours twice, both are quiet.
    """
    if quiet_from is None or quiet_until is None:
        return None
    there = _zone(zone)
    if not _is_quiet(now, there, quiet_from, quiet_until):
        return None
    today = now.astimezone(there).date()
    ends = (
        _instant(today + timedelta(days=days), quiet_until, there, fold)
        for days in range(3)
        for fold in (0, 1)
    )
    later = (end for end in ends if end > now)
    return min(end for end in later if not _is_quiet(end, there, quiet_from, quiet_until))


def local_day(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """The day of the calendar in `zone` that `now` (aware) is in: its first instant, and that of
    the next, in UTC. 23 or 25 hours where clocks change."""
    there = _zone(zone)
    today = now.astimezone(there).date()
    return _instant(today, 0, there), _instant(today + timedelta(days=1), 0, there)


def _is_quiet(at: datetime, zone: tzinfo, quiet_from: int, quiet_until: int) -> bool:
    hour = at.astimezone(zone).hour
    if quiet_from < quiet_until:
        return quiet_from <= hour < quiet_until
    return hour >= quiet_from or hour < quiet_until


def _instant(day: date, hour: int, zone: tzinfo, fold: int = 0) -> datetime:
    """An hour of the clock as an instant: of one that clocks jump over, the jump (fold 0)."""
    return datetime.combine(day, time(hour, fold=fold), zone).astimezone(timezone.utc)


def _zone(name: str) -> tzinfo:
    return time_zone(name) or timezone.utc
