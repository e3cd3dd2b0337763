"""The forms in which dates are written, and which day one of them means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from scrapers.months import Calendar, calendar, fold

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_THAI_ERA = 543
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
_HAN_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "○": 0,
}

_MARK = "[\u200e\u200f]?"
_NUMERIC = (
    rf"(?<!\d)(?<!\d[.,])(?P<y>\d{{4}}){_MARK}(?P<s>[-/.／－．]){_MARK} ?(?P<m>\d{{1,2}}){_MARK}"
    rf"(?P=s){_MARK} ?(?P<d>\d{{1,2}})(?!\d)"
)
_NUMERIC_YEAR_LAST = (
    rf"(?<!\d)(?<!\d[.,/-])(?P<a>\d{{1,2}}){_MARK}(?P<s>[-/.／－．]){_MARK} ?(?P<b>\d{{1,2}})"
    rf"{_MARK}(?P=s){_MARK} ?(?P<y>\d{{4}})(?!\d)"
)
_HAN = "〇零○一二三四五六七八九十"
_CJK = (
    rf"(?:(?P<era>{'|'.join(_ERAS)})\s?(?P<n>\d{{1,3}}|元)|(?<!\d)(?P<y>\d{{4}}|[{_HAN}]{{4}}))"
    rf"\s?(?:年|년)\s?(?P<m>\d{{1,2}}|[{_HAN}]{{1,2}})\s?(?:月|월)"
    rf"\s?(?P<d>\d{{1,2}}|[{_HAN}]{{1,3}})\s?(?:日|号|號|일)"
)
# In Taiwan years are counted from 1911, and the era is mostly left out: 115-03-12, 115年3月12日.
ROC = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![\d.,/-])(?P<roc>1[0-4]\d)(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?![\d.])",
        r"(?<!\d)(?P<roc>1[0-4]\d|\d{2})\s?年\s?(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?日",
    )
)
_COMPACT = r"(?<!\d)(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?=T\d{4})"
_CJK_WITHOUT_YEAR = r"(?<![年\d])(?P<m>\d{1,2})月(?P<d>\d{1,2})(?:日|号|號)"

_DAYS_OF_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_OF_WEEK = re.compile(
    rf"\b({'|'.join(_DAYS_OF_WEEK)})(?:s|nes|rs?|ur|urs)?(?:day)?[.,]?\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a written form comes to.

    day: the date, if it is one; is_date: it is written as a date, but cannot be taken as one.
    """

    day: date | None
    is_date: bool = True


NOT_A_DATE = Found(None, is_date=False)


@lru_cache(maxsize=64)
def complete(languages: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The forms of a date with its year, month names in these languages and in English."""
    day, gap, name = _pieces(calendar(languages))
    some, any_ = f"{gap}{{1,6}}", f"{gap}{{0,6}}"
    year = r"(?P<y>\d{4})(?!\d)"
    alone = rf"(?!{some}\d{{4}}(?!\d))"
    named = (
        rf"(?<!\d)(?<!\d[–-])(?<!\d\.[–-]){day}{any_}{name}{any_}{year}",  # not "3–5 March 2026"
        rf"{name}{any_}{day}{some}{year}",
        rf"(?<!\d){year}{some}{name}{any_}{day}(?!\d){alone}",
        rf"(?<!\d){year}{some}{day}{any_}{name}{alone}",
    )
    patterns = (_CJK, _NUMERIC, _NUMERIC_YEAR_LAST, _COMPACT, *named)
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


@lru_cache(maxsize=64)
def without_year(languages: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """The forms of a date that has a month and a day only."""
    day, gap, name = _pieces(calendar(languages))
    alone = rf"(?!\d)(?!{gap}{{0,6}}\d{{4}})(?!\s?[-–/]\s?\d)"
    patterns = (
        rf"{name}{gap}{{0,6}}{day}{alone}",
        rf"(?<![\d/.-]){day}{gap}{{0,6}}{name}{alone}",
        _CJK_WITHOUT_YEAR,
    )
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


def _pieces(table: Calendar) -> tuple[str, str, str]:
    """Regular expressions for a day, for what may stand between, and for a month's name."""
    day = r"(?P<d>\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?"
    gap = rf"(?:[\s,،./’'()\u200e\u200f–-]|(?<!\w)(?:{table.words})(?!\w))"
    name = (
        rf"(?<![^\W\d_])(?:{table.beginnings})?(?P<name>{table.names})(?:{table.endings})?"
        r"(?![^\W\d_])\.?"
    )
    return day, gap, name


def in_order(patterns: tuple[re.Pattern[str], ...], text: str) -> list[re.Match[str]]:
    """All matches, first come first, the longer of two that begin together first."""
    matches = [match for pattern in patterns for match in pattern.finditer(text)]
    return sorted(matches, key=lambda match: (match.start(), -match.end()))


def meaning(match: re.Match[str], table: Calendar, order: str | None = None) -> Found:
    """Which day a match of `complete` or `ROC` means. order: as months.number_order says."""
    groups = match.groupdict()
    year = _year(groups, table)
    if year is None:
        return NOT_A_DATE
    if "a" in groups:
        return Found(_year_last(match, year, table, order))
    month = month_number(groups, table)
    return Found(existing(year, month, number(groups["d"])))


def _year_last(match: re.Match[str], year: int, table: Calendar, order: str | None) -> date | None:
    """3/7/2020: as the day of the week says that stands before it; dotted dates begin with the day
    everywhere; else as the country writes; else only if nothing else is left."""
    first, second = int(match["a"]), int(match["b"])
    day_first, month_first = existing(year, second, first), existing(year, first, second)
    named = _on_day_of_week(match, day_first, month_first)
    if named is not None:
        return named
    if match["s"] in ".．" or (table.day_first and order is None):
        return day_first
    if order is not None:
        return (day_first or month_first) if order == "dM" else (month_first or day_first)
    if day_first and month_first and day_first != month_first:
        return None
    return day_first or month_first


def _on_day_of_week(match: re.Match[str], *days: date | None) -> date | None:
    """The only one of these that is the day of the week before the match: content systems left as
    they came write "Tue, 03/10/2026" in any country."""
    before = _DAY_OF_WEEK.search(match.string[max(0, match.start() - 15) : match.start()])
    if before is None:
        return None
    wanted = _DAYS_OF_WEEK.index(before[1].lower())
    fitting = {day for day in days if day is not None and day.weekday() == wanted}
    return fitting.pop() if len(fitting) == 1 else None


def _year(groups: dict[str, str | None], table: Calendar) -> int | None:
    if roc := groups.get("roc"):
        return _ERAS["民國"] + int(roc)
    era, written = groups.get("era"), groups.get("y")
    if era:
        number = groups["n"] or ""
        return _ERAS[era] + (1 if number == "元" else int(number))
    if written is None:
        return None
    digits = "".join(str(_HAN_DIGITS.get(digit, digit)) for digit in written)
    if not digits.isdecimal():
        return None
    year = int(digits)
    if "th" in table.languages and _FIRST_YEAR <= year - _THAI_ERA <= _LAST_YEAR:
        year -= _THAI_ERA if year > _LAST_YEAR else 0
    return year if _FIRST_YEAR <= year <= _LAST_YEAR else None


def month_number(groups: dict[str, str | None], table: Calendar) -> int:
    """1..12; 0 for a word that is none."""
    name = groups.get("name")
    if name is None:
        return number(groups["m"])
    return table.months.get(name.lower()) or table.months.get(fold(name), 0)


def number(written: str | None) -> int:
    """Digits, or Chinese numerals up to 三十一."""
    if written is None or written.isdecimal():
        return int(written or 0)
    tens, ten, units = written.rpartition("十")
    value = 10 * _HAN_DIGITS.get(tens, 1) if ten else 0
    return value + _HAN_DIGITS.get(units, 0)


def existing(year: int, month: int, day: int) -> date | None:
    """The day, or None where the calendar has none such (30 February)."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
