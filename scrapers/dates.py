"""Reading dates as publishers write them, and never a date that is not there.

A format that does not say which number is the day is not guessed at, an impossible date is none,
and a date without a year is none until its neighbours in a listing tell the year.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from scrapers.clocks import read_clock, read_clock_before, zone_name
from scrapers.dateforms import (
    ROC,
    complete,
    existing,
    in_order,
    meaning,
    month_number,
    number,
    without_year,
)
from scrapers.months import calendar, number_order
from scrapers.values import Entry, Precision, Published

# A dateline is short; in anything longer only the beginning is looked at.
_LONGEST = 2000
_YEAR = re.compile(r"\d{4}|年|년")
_TAIWAN = "Asia/Taipei"
# An entry at the end of a listing page, or out of order, takes a year only within so many days.
_HALF_A_YEAR, _A_MONTH = timedelta(days=183), timedelta(days=31)


def read_date(
    text: str, *, zone: str, languages: Sequence[str] = ("en",), country: str | None = None
) -> Published | None:
    """The first date that stands in a short text: a dateline, a title, a cell, a meta value.

    zone: the source's IANA zone, taken (`zone_assumed`) where the text states none. A stated
    offset is kept as `zone` in the form "+08:00", or "UTC", and `on` is then the day there.
    languages: whose month names are read, besides English. country: whose order of day and month
    in numbers is taken (03/04/2026). In Taiwan's zone years are also those of its calendar
    (115-03-12). Precision is `minute` where a time of
    day follows the date, else `day`; `text` is the exact words. None where no complete date
    stands there, where the first one cannot exist (30 February), and where its numbers can be
    read as day/month and as month/day alike.
    """
    text, eras = text[:_LONGEST], ROC if zone == _TAIWAN else ()
    if not eras and not _YEAR.search(text):
        return None
    order = number_order(tuple(languages), country)
    for match in in_order((*complete(tuple(languages)), *eras), text):
        found = meaning(match, calendar(tuple(languages)), order)
        if found.day is not None:
            return _published(text, match, found.day, zone)
        if found.is_date:
            return None
    return None


def read_month_day(text: str, languages: Sequence[str]) -> tuple[int, int, str] | None:
    """Month, day and the words of the first date without a year ("... on May 6"), or None."""
    text = text[:_LONGEST]
    table = calendar(tuple(languages))
    for match in in_order(without_year(tuple(languages)), text):
        groups = match.groupdict()
        month, day = month_number(groups, table), number(groups["d"])
        if existing(2000, month, day):  # 2000: a leap year
            return month, day, match.group()
    return None


def infer_years(
    entries: Sequence[Entry], *, zone: str, languages: Sequence[str]
) -> tuple[Entry, ...]:
    """Gives entries whose title has month and day but no year the year of their neighbours.

    entries: those of one page of a listing, newest first. The year is the one that puts the entry
    between the nearest dated entries before and after it; with one such neighbour only, the year
    that puts it next to that one, if within half a year. Precision is then `inferred` and `text`
    the raw words. An entry that no year, or more than one, fits stays as it is.
    """
    dated = [entry.published.on if entry.published else None for entry in entries]
    result = list(entries)
    for place, entry in enumerate(entries):
        if dated[place] is not None or (entry.published and entry.published.text):
            continue
        found = read_month_day(entry.title or "", languages)
        if found is None:
            continue
        newer = next((day for day in reversed(dated[:place]) if day), None)
        older = next((day for day in dated[place + 1 :] if day), None)
        day = _fitting_year(found[0], found[1], newer, older)
        if day is not None:
            published = Published(Precision.INFERRED, on=day, text=found[2], zone=zone)
            result[place] = replace(entry, published=published)
    return tuple(result)


def _fitting_year(month: int, day: int, newer: date | None, older: date | None) -> date | None:
    neighbours = [neighbour for neighbour in (newer, older) if neighbour]
    years = {neighbour.year + step for neighbour in neighbours for step in (-1, 0, 1)}
    days = [found for year in sorted(years) if (found := existing(year, month, day))]
    between = [
        found
        for found in days
        if (newer is None or found <= newer) and (older is None or found >= older)
    ]
    if len(neighbours) == 1:
        between = [found for found in between if abs(found - neighbours[0]) <= _HALF_A_YEAR]
    # Some listings are a little out of order, or pin an entry to their top.
    fitting = between or [
        found
        for found in days
        if all(abs(found - neighbour) <= _A_MONTH for neighbour in neighbours)
    ]
    return fitting[0] if len(fitting) == 1 else None


def is_plausible(published: Published, *, now: datetime) -> bool:
    """False for a date before 1990 or more than two days ahead of now (zones, embargoes).

    now: aware. An unknown date is not implausible.
    """
    if published.on is None:
        return True
    latest = now + timedelta(days=2)
    if published.at is not None and published.at > latest:
        return False
    return date(1990, 1, 1) <= published.on <= latest.astimezone(timezone.utc).date()


def tells_no_time(published: Published) -> bool:
    """Whether a date as `read_date` has it is what a field writes that knows only days: midnight in
    the offset it states, or Drupal's noon in UTC."""
    if published.at is None or published.zone_assumed:
        return False
    stated = datetime.strptime(published.zone.replace("UTC", "+00:00"), "%z").tzinfo
    there = published.at.astimezone(stated).time()
    return there == time() or (published.zone == "UTC" and there == time(12))


def _published(text: str, match: re.Match[str], day: date, zone: str) -> Published:
    clock, begins = read_clock(text, match.end()), match.start()
    if clock is None and (before := read_clock_before(text, begins)):
        clock, begins = replace(before[0], end=match.end()), before[1]
    if clock is None:
        return Published(Precision.DAY, on=day, text=match.group().strip(), zone=zone)
    words = text[begins : clock.end].strip()
    stated = clock.offset is not None
    tz = timezone(clock.offset) if clock.offset is not None else ZoneInfo(zone)
    return Published(
        Precision.MINUTE,
        on=day,
        at=datetime.combine(day, clock.time, tz).astimezone(timezone.utc),
        text=words,
        zone=zone_name(clock.offset) if clock.offset is not None else zone,
        zone_assumed=not stated,
    )
