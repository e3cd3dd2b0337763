"""How many alerts a week: stories, because a story is told once, counted in the week in which it
was first published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

RECENT = 26  # weeks that an estimate is the mean of
CHARTED = 52  # weeks that a chart shows
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Week:
    """The alerts of one week. start: its Monday. before: by what is in force; after: by the
    draft."""

    start: date
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """Alerts a week, the mean of the last `weeks` whole ones; 0.0 of none."""

    weeks: int
    before: float
    after: float


def weeks_of(
    before: Mapping[int, int], after: Mapping[int, int], first: date, today: date
) -> tuple[Week, ...]:
    """Every week that has any, up to the one of `today`, and of the last CHARTED those without,
    as far back as `first`, the first day on which anything was published. before, after: a story's
    first day, as an ordinal, by its number. What is dated later than today counts in the last
    week."""
    last = _monday(today)
    start = max(_monday(first), last - (CHARTED - 1) * _WEEK)
    earliest = min((*before.values(), *after.values()), default=today.toordinal())
    start = min(start, _monday(date.fromordinal(earliest)))
    counted = _counted(before.values(), start, last), _counted(after.values(), start, last)
    weeks = []
    while start <= last:
        weeks.append(Week(start, counted[0][start], counted[1][start]))
        start += _WEEK
    return tuple(weeks)


def estimate(weeks: tuple[Week, ...], today: date) -> Estimate:
    """What to expect of a week. The week that has not ended counts only where there is no other."""
    whole = [week for week in weeks if week.start + _WEEK <= today][-RECENT:] or list(weeks)
    many = len(whole) or 1
    return Estimate(
        len(whole),
        sum(week.before for week in whole) / many,
        sum(week.after for week in whole) / many,
    )


def _counted(days: Iterable[int], first: date, last: date) -> Counter[date]:
    counted: Counter[date] = Counter()
    for day in days:
        counted[min(max(_monday(date.fromordinal(day)), first), last)] += 1
    return counted


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
