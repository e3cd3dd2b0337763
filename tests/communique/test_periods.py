"""A digest is due once a period at its local hour, whatever the clocks of the place do."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.periods import Due, Schedule, last_due, next_due

ODD = [
    *("America/New_York", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"),
    *("Pacific/Apia", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Chatham"),
    *("Asia/Kathmandu", "Africa/Casablanca", "America/Asuncion", "America/Sao_Paulo"),
    *("Antarctica/Troll", "Asia/Shanghai", "America/Scoresbysund"),
]
ZONES = st.one_of(st.sampled_from(ODD), st.sampled_from(sorted(available_timezones())))
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=42 * 365)).map(
    lambda age: datetime(1995, 1, 1, tzinfo=timezone.utc) + age
)
SCHEDULES = st.builds(
    Schedule,
    how=st.sampled_from(("daily", "weekly")),
    zone=ZONES,
    hour=st.integers(0, 23),
    weekday=st.integers(0, 6),
)


@given(SCHEDULES, MOMENTS)
def test_what_is_due_has_begun_and_less_than_a_period_ago_but_for_a_day_that_a_place_skipped(
    schedule: Schedule, now: datetime
) -> None:
    due = last_due(schedule, now)
    assert due.at <= now
    assert now - due.at < schedule.length + timedelta(hours=26)


@given(SCHEDULES, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=20)))
def test_time_never_brings_back_an_earlier_period(
    schedule: Schedule, now: datetime, later: timedelta
) -> None:
    first, second = last_due(schedule, now), last_due(schedule, now + later)
    assert first.day <= second.day
    assert (first.at == second.at) == (first.day == second.day)


@given(SCHEDULES, MOMENTS)
def test_hour_by_hour_each_day_comes_due_once_and_at_its_hour(
    schedule: Schedule, now: datetime
) -> None:
    zone = ZoneInfo(schedule.zone)
    hours = [now + timedelta(minutes=30 * step) for step in range(48 * 16)]
    seen = list(dict.fromkeys(last_due(schedule, hour) for hour in hours))
    assert len({due.day for due in seen}) == len(seen)
    for due in seen[1:]:
        local = due.at.astimezone(zone)
        assert schedule.how == "daily" or due.day.weekday() == schedule.weekday
        in_time = local.date() == due.day and local.hour == schedule.hour
        assert in_time or _skipped(due.day, schedule.hour, zone)


@given(SCHEDULES, MOMENTS)
def test_what_comes_next_is_what_is_last_once_it_has_come(
    schedule: Schedule, now: datetime
) -> None:
    following = next_due(schedule, now)
    assert following.at > now
    assert last_due(schedule, following.at) == following
    assert last_due(schedule, following.at - timedelta(microseconds=1)) == last_due(schedule, now)


def _skipped(day: date, hour: int, zone: ZoneInfo) -> bool:
    """Whether clocks in a zone never show that hour of that day."""
    wall = datetime.combine(day, time(hour), zone)
    shown = wall.astimezone(timezone.utc).astimezone(zone)
    return (shown.date(), shown.hour) != (day, hour)


@pytest.mark.parametrize(
    ("schedule", "now", "due"),
    [
        # An hour that spring skips goes when the clocks have jumped; the one that autumn repeats
        # goes the first time.
        (
            Schedule("daily", "Europe/Berlin", 2),
            "2026-03-29T01:00Z",
            Due(date(2026, 3, 29), datetime(2026, 3, 29, 1, tzinfo=timezone.utc)),
        ),
        (
            Schedule("daily", "Europe/Berlin", 2),
            "2026-10-25T01:30Z",
            Due(date(2026, 10, 25), datetime(2026, 10, 25, 0, tzinfo=timezone.utc)),
        ),
        # The last hour of a day, which spring skips there.
        (
            Schedule("daily", "America/Nuuk", 23),
            "2026-03-29T12:00Z",
            Due(date(2026, 3, 28), datetime(2026, 3, 29, 1, tzinfo=timezone.utc)),
        ),
        # Both sides of the date line at one moment.
        (
            Schedule("daily", "Pacific/Kiritimati", 7),
            "2026-03-01T17:00Z",
            Due(date(2026, 3, 2), datetime(2026, 3, 1, 17, tzinfo=timezone.utc)),
        ),
        (
            Schedule("daily", "Pacific/Pago_Pago", 7),
            "2026-03-01T17:00Z",
            Due(date(2026, 2, 28), datetime(2026, 2, 28, 18, tzinfo=timezone.utc)),
        ),
        # A Friday that a place never had.
        (
            Schedule("daily", "Pacific/Apia", 7),
            "2011-12-30T18:00Z",
            Due(date(2011, 12, 31), datetime(2011, 12, 30, 17, tzinfo=timezone.utc)),
        ),
        (
            Schedule("weekly", "Pacific/Apia", 7, weekday=4),
            "2011-12-30T18:00Z",
            Due(date(2011, 12, 30), datetime(2011, 12, 30, 17, tzinfo=timezone.utc)),
        ),
    ],
)
def test_the_days_on_which_clocks_jump(schedule: Schedule, now: str, due: Due) -> None:
    assert last_due(schedule, datetime.fromisoformat(now)) == due
