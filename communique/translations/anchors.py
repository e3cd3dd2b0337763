"""Anchors: what a text says in any language alike. Names, numbers, days, and Latin words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from communique.text import Tokens, tokenize_columns
from communique.text.classes import is_by_character
from communique.translations.names import forms

_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_LATIN = re.compile(r"(?=.*[a-z])[a-z0-9]{2,}", re.ASCII)
# By what the number before them is multiplied. "billion" is another number in German or French,
# which say Milliarde: those say it too seldom to matter.
_UNITS = dict.fromkeys(("thousand", "tausend", "mille", "mil", "тысяч", "тыс", "千"), 1e3)
_UNITS |= dict.fromkeys(("million", "millions", "millionen", "millones", "milhoes", "млн"), 1e6)
_UNITS |= dict.fromkeys(("billion", "billions", "milliarden", "milliards", "млрд"), 1e9)
_UNITS |= {"trillion": 1e12, "百": 1e2, "万": 1e4, "亿": 1e8}
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_TENS = {"十": 10, "百": 100, "千": 1000}
_LEAST = 10  # smaller numbers are words as often as not


@dataclass(frozen=True, slots=True)
class Anchors:
    """What a text is recognised by in another language. said: names, numbers and days in their
    order. latin: words in Latin letters; in Latin script only those with a capital inside a
    sentence. terms: all words. length: characters, title included. spaceless: whether it is written
    without blanks."""

    language: str
    said: tuple[str, ...]
    latin: frozenset[str]
    terms: frozenset[str]
    length: int
    spaceless: bool


def anchors_of(title: str, text: str, language: str, tokens: Tokens | None = None) -> Anchors:
    """The anchors of a wording. language: ISO 639-1, a script or region after a hyphen is ignored.
    tokens: of the text, where they are known. Linear in the text's length."""
    language = language.partition("-")[0]
    parts = ((title, tokenize_columns(title)), (text, tokens or tokenize_columns(text)))
    said: list[str] = []
    latin: set[str] = set()
    terms: set[str] = set()
    single = 0
    for whole, known in parts:
        said += _said(whole, known, language)
        terms.update(known.terms)
        single += sum(1 for term in known.terms if is_by_character(term[0]))
    spaceless = single * 2 > sum(len(known) for _, known in parts)
    for whole, known in parts:
        latin.update(_latin(whole, known, spaceless=spaceless))
    length = len(title) + len(text)
    return Anchors(language, tuple(said), frozenset(latin), frozenset(terms), length, spaceless)


def _said(text: str, tokens: Tokens, language: str) -> Iterator[str]:
    """Names, numbers and days, in their order."""
    names, months = forms(language), _months(language)
    terms, at, count = tokens.terms, 0, len(tokens)
    while at < count:
        term = terms[at]
        taken, anchor = 0, ""
        for form, name, capital in names.get(term, ()):
            if tuple(terms[at : at + len(form)]) == form and not (
                capital and not _in_capitals(text, tokens, at)
            ):
                taken, anchor = len(form), name
                break
        if not taken and (term in months or term[0].isdecimal() or term in _DIGITS or term == "十"):
            taken, anchor = _day(terms, at, months) or _number(terms, at)
        if anchor:
            yield anchor
        at += taken or 1


def _in_capitals(text: str, tokens: Tokens, at: int) -> bool:
    return text[tokens.starts[at] : tokens.ends[at]].isupper()


def _day(terms: list[str], at: int, months: Mapping[str, int]) -> tuple[int, str] | None:
    """A day of the year, in the order of the language; how many terms it takes, and what it is."""
    ahead = terms[at : at + 6]
    if ahead[1:2] == ["年"]:
        if ahead[3:4] == ["月"] and ahead[5:6] == ["日"]:
            return 6, f"{ahead[2]}/{ahead[4]}"
        return 2, ""
    if ahead[1:2] == ["月"] and ahead[3:4] == ["日"]:
        return 4, f"{ahead[0]}/{ahead[2]}"
    if ahead[0] in months and len(ahead) > 1 and _is_day(ahead[1]):
        return 2, f"{months[ahead[0]]}/{_bare(ahead[1])}"
    if _is_day(ahead[0]):
        month = ahead[2:3] if ahead[1:2] in (["de"], ["of"]) else ahead[1:2]
        if month and month[0] in months:
            return (3 if len(ahead) > 2 and month == ahead[2:3] else 2), (
                f"{months[month[0]]}/{_bare(ahead[0])}"
            )
    return None


def _is_day(term: str) -> bool:
    bare = _bare(term)
    return len(bare) < 3 and bare.isdecimal() and 0 < int(bare) < 32


def _bare(term: str) -> str:
    return re.sub(r"(?:st|nd|rd|th|er)$", "", term)


def _number(terms: list[str], at: int) -> tuple[int, str]:
    """A number in digits or in Chinese; how many terms it takes, and what it is where it is large
    enough to tell anything."""
    if _NUMBER.fullmatch(terms[at]):
        value, taken = float(terms[at]), 1
        if len(terms[at]) == 4 and 1900 <= value < 2100:
            return 1, ""
    else:
        value, taken = _chinese(terms, at)
    while taken and at + taken < len(terms) and terms[at + taken] in _UNITS:
        value *= _UNITS[terms[at + taken]]
        taken += 1
    telling = value >= _LEAST or value != int(value)
    return max(taken, 1), f"#{value:.6g}" if telling else ""


def _chinese(terms: list[str], at: int) -> tuple[float, int]:
    """A Chinese numeral of at least two characters below ten thousand."""
    total, digit, taken = 0, 0, 0
    for term in terms[at : at + 8]:
        if term in _DIGITS:
            digit = _DIGITS[term]
        elif term in _TENS:
            total += (digit or 1) * _TENS[term]
            digit = 0
        else:
            break
        taken += 1
    return (float(total + digit), taken) if taken > 1 and total else (0.0, taken)


def _latin(text: str, tokens: Tokens, *, spaceless: bool) -> Iterator[str]:
    before = -1
    for term, start, position in zip(tokens.terms, tokens.starts, tokens.positions, strict=True):
        inside = position == before + 1
        before = position
        if _LATIN.fullmatch(term) and (spaceless or (inside and text[start].isupper())):
            yield term


@lru_cache(maxsize=64)
def _months(language: str) -> Mapping[str, int]:
    """The months of a language by name and by its usual abbreviation, as terms."""
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return {}
    found: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for month, name in locale.months[context][width].items():
                terms = tokenize_columns(name).terms
                if len(terms) == 1 and not terms[0][0].isdecimal():
                    found[terms[0]] = month
    return found
