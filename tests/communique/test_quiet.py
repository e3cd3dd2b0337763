"""Quiet hours end when the clock on the wall says so, whatever clocks do."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from communique.quiet import due_at, local_day, quiet_end

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",  # changes at midnight
    "Australia/Lord_Howe",  # by half an hour
    "Antarctica/Troll",  # by two hours
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Pacific/Chatham",
)
moments = st.integers(0, 11 * 365 * 24 * 60).map(
    lambda minutes: datetime(2019, 1, 1, tzinfo=timezone.utc) + timedelta(minutes=minutes)
)
zones = st.sampled_from(ZONES)
hours = st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda pair: pair[0] != pair[1])


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=timezone.utc)


def is_quiet(at: datetime, zone: str, quiet: tuple[int, int]) -> bool:
    hour, (begin, end) = at.astimezone(ZoneInfo(zone)).hour, quiet
    return (hour - begin) % 24 < (end - begin) % 24


@given(moments, zones, hours)
@example(utc(2026, 10, 25, 0, 30), "Europe/Berlin", (22, 3))
@example(utc(2026, 3, 29, 0, 30), "Europe/Berlin", (22, 2))
@example(utc(2026, 10, 25, 1, 30), "Antarctica/Troll", (22, 2))
def test_quiet_hours_end_at_the_first_minute_that_is_not_quiet(
    now: datetime, zone: str, quiet: tuple[int, int]
) -> None:
    end = quiet_end(now, zone, *quiet)
    if not is_quiet(now, zone, quiet):
        assert end is None
        return
    assert end is not None
    assert now < end <= now + timedelta(hours=26)
    assert not is_quiet(end, zone, quiet)
    minute = now
    while minute < end:
        assert is_quiet(minute, zone, quiet)
        minute += timedelta(minutes=10)


@given(moments, zones)
def test_a_local_day_holds_its_moment_and_days_join_without_a_gap(now: datetime, zone: str) -> None:
    begin, end = local_day(now, zone)
    assert begin <= now < end
    assert local_day(end, zone)[0] == end
    day = now.astimezone(ZoneInfo(zone)).date()
    assert begin.astimezone(ZoneInfo(zone)).date() == day
    assert (end - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() == day


@pytest.mark.parametrize(
    ("severity", "zone", "quiet", "expected"),
    [
        ("notice", "Asia/Tokyo", (22, 7), utc(2026, 3, 2, 22)),
        ("urgent", "Asia/Tokyo", (22, 7), utc(2026, 3, 2, 15)),
        ("notice", "UTC", (22, 7), utc(2026, 3, 2, 15)),
        ("notice", "UTC", (None, None), utc(2026, 3, 2, 15)),
        ("notice", "No/Such", (9, 17), utc(2026, 3, 2, 17)),
    ],
)
def test_only_what_is_not_urgent_waits_for_the_end(
    severity: str, zone: str, quiet: tuple[int | None, int | None], expected: datetime
) -> None:
    assert due_at(utc(2026, 3, 2, 15), severity, zone, *quiet) == expected
