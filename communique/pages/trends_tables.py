"""From counts to series: by country, by publisher, or one for each of what is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from communique.pages.charts_axes import MONTHS
from communique.pages.charts_frame import Series
from communique.pages.statements_names import country_name
from communique.pages.trends_counting import Mentions
from communique.pages.trends_firsts import By
from communique.pages.trends_span import Span, Unit

MOST = 8  # series that are told apart; the others are one
NOWHERE = "no country"
_SOURCES = text("SELECT id, publisher, country, added_at FROM communique.sources")


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a source. added_at: when we began to watch it (aware, UTC)."""

    id: str
    publisher: str
    country: str | None
    added_at: datetime

    def group(self, by: By) -> str:
        """What it is counted under: its country's code, or its publisher."""
        return self.publisher if by == "publisher" else self.country or ""


@dataclass(frozen=True, slots=True)
class Table:
    """What is drawn, and stands beneath the chart. starts: the first day of each week, month or
    year. series: with a value for each. more: how many groups the last one gathers; 0: it is one of
    its own. since: the first day that is counted; whole: all that was asked for is."""

    starts: tuple[date, ...]
    series: tuple[Series, ...]
    more: int
    since: date
    whole: bool

    @property
    def totals(self) -> tuple[int, ...]:
        """The sum of each week, month or year."""
        return tuple(sum(one.values[at] for one in self.series) for at in range(len(self.starts)))


def sources_of(connection: Connection) -> Mapping[str, Source]:
    """Every source, by its id."""
    return {row.id: Source(*row) for row in connection.execute(_SOURCES)}


def group_name(group: str, by: By) -> str:
    """A country or a publisher as a reader knows it."""
    if by == "publisher":
        return group
    return country_name(group) if group else NOWHERE


def counted_groups(
    counted: Mentions, sources: Mapping[str, Source], by: By
) -> Mapping[str, Counter[date]]:
    """The counts of each country, or publisher, that has any; the most spoken of first."""
    found: dict[str, Counter[date]] = {}
    for (start, source), count in counted.counts.items():
        found.setdefault(sources[source].group(by), Counter())[start] += count
    return dict(sorted(found.items(), key=lambda item: (-item[1].total(), item[0])))


def table_of(counted: Sequence[Mentions], sources: Mapping[str, Source], by: By) -> Table | None:
    """What is shown of these counts: one by its countries or publishers; several, each as a whole,
    as far back as all of them are counted. None: not even the newest week is."""
    reached = [one.since for one in counted]
    if not reached or any(since is None for since in reached):
        return None
    since = max(each for each in reached if each is not None)
    starts = tuple(start for start in counted[0].span.starts if start >= since)
    whole = all(one.whole for one in counted)
    if len(counted) > 1:
        series = tuple(Series(one.subject.name, _values(_by_start(one), starts)) for one in counted)
        return Table(starts, series, 0, since, whole)
    groups = counted_groups(counted[0], sources, by)
    series, more = _gathered(groups, starts, by)
    return Table(starts, series, more, since, whole)


def _gathered(
    groups: Mapping[str, Counter[date]], starts: Sequence[date], by: By
) -> tuple[tuple[Series, ...], int]:
    each = [
        Series(group_name(group, by), _values(counts, starts)) for group, counts in groups.items()
    ]
    if len(each) <= MOST:
        return tuple(each), 0
    more, what = len(each) - MOST, "publishers" if by == "publisher" else "countries"
    name = each[MOST].name if more == 1 else f"{more} other {what}"
    return (*each[:MOST], _rest(each[MOST:], name)), more


def _rest(others: Sequence[Series], name: str) -> Series:
    sums = tuple(sum(values) for values in zip(*(one.values for one in others), strict=True))
    return Series(name, sums, rest=True)


def _by_start(counted: Mentions) -> Counter[date]:
    sums: Counter[date] = Counter()
    for (start, _), count in counted.counts.items():
        sums[start] += count
    return sums


def _values(counts: Mapping[date, int], starts: Sequence[date]) -> tuple[int, ...]:
    return tuple(counts.get(start, 0) for start in starts)


def label_of(start: date, unit: Unit) -> str:
    """How a week, month or year is called."""
    if unit == "week":
        return f"week of {start.isoformat()}"
    return f"{MONTHS[start.month - 1]} {start.year}" if unit == "month" else str(start.year)


def period_of(span: Span, since: date | None = None) -> str:
    """The days that are looked at, or those of them from `since` on, in words."""
    return f"{since or span.since} to {span.last}"
