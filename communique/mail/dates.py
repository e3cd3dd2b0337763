"""Dates in words, always with how exactly they are known and in which zone."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from communique.mail.clean import shown

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?")


def published(
    precision: str,
    on: date | None,
    at: datetime | None,
    zone: str,
    zone_assumed: bool,
    words: str | None,
) -> str:
    """When something was published, with precision and zone.

    on: the day in `zone`; at: the instant (aware), where the page gives a time of day; words: what
    the page says, where it says anything. Such as "23 October 2020, 23:12 (Asia/Shanghai, zone
    assumed)".
    """
    quoted = f"“{shown(words, 60)}”" if words and words.strip() else ""
    if on is None:
        return (
            f"date unknown: the page says {quoted}"
            if quoted
            else ("date unknown: the page gives none")
        )
    if precision == "inferred":
        return f"{day(on)} (inferred {f'from {quoted}' if quoted else 'as the page gives none'})"
    place = f"({shown(zone, 40)}{', zone assumed' if zone_assumed else ''})"
    if precision == "minute" and at is not None:
        known = time_zone(zone)
        if known is None:
            return moment(at)
        there = at.astimezone(known)
        return f"{day(there.date())}, {there:%H:%M} {place}"
    return f"{day(on)} {place}"


def moment(at: datetime) -> str:
    """An instant (aware) in UTC, such as "24 October 2020, 06:10 UTC"."""
    there = at.astimezone(timezone.utc)
    return f"{day(there.date())}, {there:%H:%M} UTC"


def day(on: date) -> str:
    """A calendar day in English, whatever the machine's locale: "23 October 2020"."""
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def time_zone(name: str) -> tzinfo | None:
    """The zone of an IANA name or of an offset such as "+08:00"; None for anything else."""
    if offset := _OFFSET.fullmatch(name.strip()):
        sign, hours, minutes = offset.groups()
        distance = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if distance < timedelta(hours=24):
            return timezone(-distance if sign == "-" else distance)
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
