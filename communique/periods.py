"""When a digest is due: a local hour of a zone, each day or on one day of the week. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

LENGTHS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a subscription's digests go. how: `daily` or `weekly`; zone: an IANA name; hour: local
    to it; weekday: 0 is Monday, of weekly ones."""

    how: str
    zone: str
    hour: int
    weekday: int = 0

    @property
    def length(self) -> timedelta:
        """How much time a digest covers as a rule."""
        return LENGTHS[self.how]


@dataclass(frozen=True, slots=True)
class Due:
    """A digest that has come due. day: the local day that names its period; at: the moment (UTC)
    from which on it goes."""

    day: date
    at: datetime


def last_due(schedule: Schedule, now: datetime) -> Due:
    """The last digest of `schedule` that has come due at `now` (aware).

    However often the hour comes on a day, it is one digest, from its first coming on; where clocks
    skip it, the digest goes when they have. A day that a place skips whole (Samoa, 30 December
    2011) has no daily digest; a weekly one goes on the next.
    Raises ZoneInfoNotFoundError or ValueError where there is no such zone.
    """
    zone = ZoneInfo(schedule.zone)
    # The day after, too: where clocks go back over midnight the local day can be a step behind.
    day = now.astimezone(zone).date() + timedelta(days=1)
    while True:
        at = moment(day, schedule.hour, zone)
        if at <= now and _has(schedule, day, zone):
            return Due(day, at)
        day -= timedelta(days=1)


def next_due(schedule: Schedule, now: datetime) -> Due:
    """The first digest of `schedule` that comes due after `now` (aware). Raises as `last_due`."""
    zone = ZoneInfo(schedule.zone)
    day = now.astimezone(zone).date() - timedelta(days=1)
    while True:
        at = moment(day, schedule.hour, zone)
        if at > now and _has(schedule, day, zone):
            return Due(day, at)
        day += timedelta(days=1)


def moment(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """When an hour of a local day comes first (UTC); where clocks skip it, as long after the jump
    as it stands after its beginning (PEP 495, fold 0)."""
    return datetime.combine(day, time(hour), zone).astimezone(timezone.utc)


def _has(schedule: Schedule, day: date, zone: ZoneInfo) -> bool:
    """Whether a local day has a digest. One that begins has, though clocks skip its last hour
    (Nuuk, 30 March 2024)."""
    if schedule.how == "weekly":
        return day.weekday() == schedule.weekday
    return moment(day, 0, zone).astimezone(zone).date() == day
