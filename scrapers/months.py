"""How languages write dates: month names, the small words between, the order of numbers.

All of it comes from the Unicode CLDR by way of babel, for a language and its regional variants.
"""

from __future__ import annotations

import pickle
import re
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError, localedata
from babel.core import get_global

# A name that stands for two months in the languages given (Croatian and Czech "listopad").
_CLASH = 0

_QUOTED = re.compile(r"'([^']+)'")
_FIELD = re.compile(r"[GyMLdEecUr]+")
_ENGLISH_WORDS = ("of", "the")
_SKELETONS = ("yMMMd", "yMMMMd")

# A table is built once, whichever of hundreds of threads asks for it first.
_BUILDING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Calendar:
    """What reading dates in some languages takes.

    months: lower-case name -> 1..12. names, words: regular expressions for a month's name and for
    the words that may stand between day, month and year. beginnings, endings: the same for what
    may be glued to a name (Hebrew "ב", Basque "-ren").
    day_first: True where all these languages write 3/7 for the third of July.
    """

    months: Mapping[str, int]
    names: str
    words: str
    beginnings: str
    endings: str
    day_first: bool
    languages: tuple[str, ...]


def calendar(languages: tuple[str, ...]) -> Calendar:
    """The table for languages (ISO 639 codes), English always included behind them.

    Languages that the CLDR does not know are passed over. Built on first use, about 30 ms a
    language.
    """
    with _BUILDING:
        built = _calendar.cache_info().misses
        found = _calendar(languages)
        if _calendar.cache_info().misses > built:
            # All that babel knows of a language takes a hundred times the table, and stays.
            getattr(localedata, "_cache", {}).clear()
        return found


@lru_cache(maxsize=64)
def _calendar(languages: tuple[str, ...]) -> Calendar:
    months: dict[str, int] = {}
    words: set[str] = set(_ENGLISH_WORDS)
    beginnings: set[str] = set()
    endings: set[str] = set()
    for language in languages:
        _merge(months, _month_names(language), clash=True)
        words |= _era(language)
        for pattern in _patterns(language):
            words |= _words(pattern)
            beginnings |= _glued(r"([^\W\d_GyMLdEecUr]+)M{3,}", pattern)
            endings |= _glued(r"M{3,}((?:'[^']+'|[^\W\d_GyMLdEecUr])+)", pattern)
    _merge(months, _month_names("en"), clash=False)
    known = {name: number for name, number in months.items() if number != _CLASH}
    return Calendar(
        months=known,
        names=_alternation(known),
        words=_alternation(words),
        beginnings=_alternation(beginnings),
        endings=_alternation(endings),
        day_first=bool(languages) and all(_orders(language) == {"dM"} for language in languages),
        languages=languages,
    )


def fold(name: str) -> str:
    """A month's name as the table holds it: case and accents folded."""
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def _merge(months: dict[str, int], names: Mapping[str, int], *, clash: bool) -> None:
    for name, number in names.items():
        before = months.setdefault(name, number)
        if clash and before != number:
            months[name] = _CLASH


@lru_cache(maxsize=64)
def _month_names(language: str) -> Mapping[str, int]:
    names: dict[str, int] = {}
    for data in _variants(language):
        for widths in _mapping(data.get("months")).values():
            for width in ("wide", "abbreviated"):
                for number, name in _mapping(_mapping(widths).get(width)).items():
                    _merge(names, dict.fromkeys(_spellings(name), number), clash=True)
    return names


def _spellings(name: object) -> Iterator[str]:
    """A name as it is matched: without its dot, with and without accents; bare numbers are none."""
    if not isinstance(name, str):
        return
    plain = name.strip().rstrip(".").lower()
    if len(plain) > 1 and not plain[0].isdigit():
        yield plain
        yield fold(plain)


def _variants(language: str) -> Iterator[Mapping[str, Any]]:
    """The language's own data, then what its regional variants say otherwise."""
    try:
        identifier = str(Locale.parse(language))
    except (UnknownLocaleError, ValueError):
        return
    base = identifier.partition("_")[0]
    whole: dict[Any, Any] = localedata.load(identifier)
    yield localedata.LocaleDataDict(whole)  # which follows aliases
    for other in sorted(localedata.locale_identifiers()):
        if other.startswith(f"{base}_"):
            yield _own(other)


@cache
def _own(identifier: str) -> Mapping[str, Any]:
    """What a locale itself says of dates, without what it inherits. `localedata.load` would keep
    this half and hand it to whoever asks babel for the whole locale next."""
    data: dict[str, Any] = pickle.loads(  # noqa: S301 (babel's own file)
        Path(localedata.resolve_locale_filename(identifier)).read_bytes()
    )
    skeletons = _mapping(data.get("datetime_skeletons"))
    return {
        "months": data.get("months"),
        "eras": data.get("eras"),
        "date_formats": data.get("date_formats"),
        "datetime_skeletons": {name: skeletons.get(name) for name in _SKELETONS},
    }


def _mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _patterns(language: str) -> Iterator[str]:
    """The patterns of a language's dates with the month in letters."""
    for data in _variants(language):
        formats, skeletons = data.get("date_formats"), data.get("datetime_skeletons")
        for table, names in ((formats, ("long", "medium")), (skeletons, _SKELETONS)):
            for name in names:
                pattern = _mapping(table).get(name)
                if pattern is not None:
                    yield pattern.pattern


def _era(language: str) -> set[str]:
    """What some write before the year of our era (Thai "ค.ศ.")."""
    eras = (_mapping(_mapping(data.get("eras")).get("abbreviated")) for data in _variants(language))
    return {str(names[1]).strip(".") for names in eras if 1 in names}


def _words(pattern: str) -> set[str]:
    """The words of a pattern such as `d 'de' MMMM`."""
    literals = [*_QUOTED.findall(pattern), _FIELD.sub(" ", _QUOTED.sub(" ", pattern))]
    words = " ".join(literals).split()
    return {word.strip(".,()’") for word in words if re.search(r"[^\W\d_]", word)}


def _glued(where: str, pattern: str) -> set[str]:
    return {found.replace("'", "") for found in re.findall(where, pattern)}


@lru_cache(maxsize=64)
def _orders(language: str) -> frozenset[str]:
    """In which order a language writes day and month in numbers: "dM", "Md", or both."""
    found = set()
    for data in _variants(language):
        for width in ("short", "medium"):
            pattern = _mapping(data.get("date_formats")).get(width)
            fields = "".join(re.findall(r"[yMd]", getattr(pattern, "pattern", "")))
            order = re.sub(r"(.)\1+", r"\1", fields)
            if order.endswith("y"):
                found.add(order[:2])
    return frozenset(found)


@lru_cache(maxsize=1024)
def number_order(languages: tuple[str, ...], country: str | None) -> str | None:
    """In which order a country (ISO 3166) writes day and month in numbers in these languages:
    "dM" or "Md"; None where the CLDR does not know them there, or they differ."""
    known = [f"{language}_{country}" for language in languages if country]
    orders = {_order(name) for name in known if name in _identifiers()} - {None}
    return orders.pop() if len(orders) == 1 else None


@lru_cache(maxsize=1)
def _identifiers() -> frozenset[str]:
    return frozenset(localedata.locale_identifiers())


def _order(identifier: str) -> str | None:
    """The order in a locale's short dates, or in those of the next locale above it that has any;
    None where the year stands first."""
    above: Mapping[str, str] = get_global("parent_exceptions")
    while identifier and identifier != "root":
        data = _own(identifier) if "_" in identifier else localedata.load(identifier)
        pattern = _mapping(data.get("date_formats")).get("short")
        if pattern is not None:
            fields = re.sub(r"(.)\1+", r"\1", "".join(re.findall(r"[yMd]", pattern.pattern)))
            return fields[:2] if fields.endswith("y") else None
        identifier = above.get(identifier) or identifier.rpartition("_")[0]
    return None


def _alternation(words: Mapping[str, int] | set[str]) -> str:
    """A regular expression for any of the words, longest first; one that never matches for none."""
    ordered = sorted((word for word in words if word), key=lambda word: (-len(word), word))
    closed = (re.escape(word) + (r"(?!\d)" if word[-1].isdigit() else "") for word in ordered)
    return "|".join(closed) or r"(?!)"
