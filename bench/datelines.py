"""Which datelines become the right day, beside peers: `python -m bench.datelines`.

Target 4: at least 99 % right and none silently wrong. Dates as 54 locales write them (the Unicode
consortium's forms, long and medium, with the day of the week, in capitals, with a label before
them, with a time of day behind them), and lines that hold no whole date. Wrong is a day that is
not the one meant; for a line without a whole date, any day at all.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import dateparser
from babel import Locale
from babel.dates import format_date, format_skeleton
from dateutil import parser as dateutil_parser

from scrapers.dates import read_date

LOCALES = (
    "en_US en_GB de fr es it pt pt_PT nl sv da nb fi et lv lt pl cs sk sl hr sr bs mk bg ro hu el"
    " tr ru uk be ar fa he hi bn ur th vi id ms ko ja zh zh_Hant ka hy az kk uz mn ca eu"
)
LABELS = ("", "Date: ", "(", "2 · ")
NOT_A_DATE = (
    "Article 12 of the Act of 2019",
    "5G-2020 roadmap, part 3",
    "03/04/2020",
    "31 February 2020",
    "May 2020",
    "last Thursday, 10:30",
    "Tel. 2020-555-0199",
    "Resolution 2231 (2015)",
    "Vol. 12, No. 3, 2020",
    "12.2020",
)
Read = Callable[[str, str], date | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A dateline, the language it is in, and the day meant; None: it holds no whole date."""

    text: str
    language: str
    on: date | None


def main() -> None:
    """Prints right, none and wrong for each reader, of dates and of lines without one."""
    lines = _lines()
    dated = sum(line.on is not None for line in lines)
    without = len(lines) - dated
    print(f"{dated} datelines in {len(LOCALES.split())} locales, {without} lines without a date")
    for name, read in _READERS.items():
        started = time.process_time()
        found = [read(line.text, line.language) for line in lines]
        each = (time.process_time() - started) / len(lines) * 1e6
        right = sum(f == line.on for f, line in zip(found, lines, strict=True) if line.on)
        wrong = [
            (line, f)
            for f, line in zip(found, lines, strict=True)
            if f is not None and f != line.on
        ]
        missed = [line.text for f, line in zip(found, lines, strict=True) if line.on and not f]
        print(
            f"  {name:<24}right {right / dated:6.1%}  silently wrong {len(wrong) / len(lines):6.1%}"
            f"  {each:8.0f} us"
        )
        if missed and name == "communique":
            print(f"    not read: {'; '.join(missed[:4])} ...")


def _lines() -> list[Line]:
    chance = random.Random(3)
    lines = []
    for code in LOCALES.split():
        language = Locale.parse(code).language
        for number in range(20):
            on = date(2012, 1, 1) + timedelta(days=chance.randrange(4500))
            said = _said(on, code, number)
            lines.append(Line(LABELS[number % len(LABELS)] + said, language, on))
    lines += [Line(text, "en", None) for text in NOT_A_DATE]
    return lines


def _said(on: date, code: str, number: int) -> str:
    forms = ("long", "full", "medium")
    if number % 5 == 3:
        said = format_skeleton("yMMMEd", on, locale=code)
    elif number % 5 == 4:
        said = on.isoformat()
    else:
        said = format_date(on, forms[number % 5], locale=code)
    if number % 7 == 5:
        said = said.upper()
    return f"{said} 14:05" if number % 6 == 1 else said


def _communique(text: str, language: str) -> date | None:
    found = read_date(text, zone="UTC", languages=(language,))
    return found.on if found else None


def _dateparser(text: str, language: str) -> date | None:
    known = "zh" if language == "zh" else language
    try:
        found = dateparser.parse(text, languages=[known])
    except ValueError:  # a language that it does not know
        found = dateparser.parse(text)
    return found.date() if found else None


def _fuzzy(text: str, _: str) -> date | None:
    try:
        return dateutil_parser.parse(text, fuzzy=True).date()
    except (ValueError, OverflowError):
        return None


_READERS: dict[str, Read] = {
    "communique": _communique,
    "dateparser": _dateparser,
    "dateutil, fuzzy": _fuzzy,
}


if __name__ == "__main__":
    main()
