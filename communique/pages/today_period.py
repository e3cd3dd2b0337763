"""From when on *Today* looks: a day's beginning in the reader's own zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

PERIODS = {"yesterday": 1, "3 days": 3, "week": 7}
NAMES = {"yesterday": "since yesterday", "3 days": "three days", "week": "a week"}
LONGEST = timedelta(days=31)
# Zones that are proposed; every other one may be written.
PROPOSED = (
    "UTC", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo", "Europe/London",
    "Europe/Berlin", "Europe/Kyiv", "Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata",
    "Asia/Singapore", "Asia/Shanghai", "Asia/Taipei", "Asia/Seoul", "Asia/Tokyo",
    "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip


class WrongPeriod(ValueError):
    """A period that cannot be shown; the message says why."""


@dataclass(frozen=True, slots=True)
class Period:
    """since, until: aware, UTC. chosen: a name of PERIODS, or empty for a moment that was asked
    for; zone: IANA name of the zone whose days count."""

    since: datetime
    until: datetime
    chosen: str
    zone: str

    @property
    def there(self) -> datetime:
        """Its beginning by the clock of the zone."""
        return self.since.astimezone(ZoneInfo(self.zone))

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day (UTC) that it touches."""
        return self.since.date(), self.until.date()

    @property
    def asked(self) -> dict[str, str]:
        """What an address must say for this period."""
        if self.chosen:
            said = {"period": "" if self.chosen == "yesterday" else self.chosen}
        else:
            said = {"since": self.there.isoformat(timespec="minutes")}
        return said | {"zone": "" if self.zone == "UTC" else self.zone}


def period(chosen: str, since: str, zone: str, now: datetime) -> Period:
    """The period that was asked for, up to `now` (aware).

    chosen: a name of PERIODS: from the beginning of so many days before today in `zone`. since: a
    day, or a moment in ISO 8601, of `zone` where it names no offset; it wins. Raises WrongPeriod.
    """
    if zone not in available_timezones():
        raise WrongPeriod(f"{zone!r} is no time zone such as Asia/Seoul or UTC.")
    place = ZoneInfo(zone)
    until = now.astimezone(timezone.utc)
    if since:
        at = _moment(since, place)
        if at >= until:
            raise WrongPeriod(f"{since} lies ahead: it is {until:%Y-%m-%d %H:%M} UTC now.")
        if until - at > LONGEST:
            days = LONGEST.days
            raise WrongPeriod(
                f"This page looks back {days} days at most. For what is older, search Statements."
            )
        return Period(at, until, "", zone)
    if chosen not in PERIODS:
        raise WrongPeriod(f"There is no period {chosen!r}: {', '.join(PERIODS)}, or since a day.")
    day = until.astimezone(place).date() - timedelta(days=PERIODS[chosen])
    return Period(_beginning(day, place), until, chosen, zone)


def _moment(written: str, place: ZoneInfo) -> datetime:
    try:
        # A plus sign in an address is a blank.
        at = datetime.fromisoformat(written.strip().replace(" ", "+"))
        there = at if at.tzinfo else at.replace(tzinfo=place)
        return there.astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise WrongPeriod(f"{written!r} is no day such as 2026-03-01.") from error


def _beginning(day: date, place: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), place).astimezone(timezone.utc)
