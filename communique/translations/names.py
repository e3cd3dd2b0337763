"""What is called differently in every language, and how: countries, companies, agencies, people.

Countries come from the locale data of babel (Unicode CLDR); names.yaml has the rest, of what
statements on technology and trade speak of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale, UnknownLocaleError

from communique.text import tokenize_columns

CHINESE = "zh"
# What everybody speaks of tells little.
COMMON, TOPIC = {"CN": 0.15, "US": 0.6}, 0.4

Form = tuple[tuple[str, ...], str, bool]


@lru_cache(maxsize=64)
def forms(language: str) -> Mapping[str, tuple[Form, ...]]:
    """The names as this language writes them, by the first term of each form: the form's terms, the
    name, and whether it counts only in capitals; the longest form first. language: ISO 639-1;
    one that babel does not know has the forms of names.yaml alone."""
    found: dict[tuple[str, ...], tuple[str, bool]] = {}
    for form, name in _written(language):
        terms = tuple(tokenize_columns(form).terms)
        if terms:
            found.setdefault(terms, (name, form.isascii() and form.isupper()))
    by_first: dict[str, list[Form]] = {}
    for terms in sorted(found, key=lambda terms: (-len(terms), terms)):
        by_first.setdefault(terms[0], []).append((terms, *found[terms]))
    return {first: tuple(those) for first, those in by_first.items()}


@lru_cache(maxsize=1)
def topics() -> frozenset[str]:
    """Those of the names that are none: words for what statements are often about, which are known
    in English and Chinese alone."""
    return frozenset(_table()["topics"])


def _written(language: str) -> Iterator[tuple[str, str]]:
    key = CHINESE if language == CHINESE else "en"
    for kind in ("countries", "names", "topics"):
        for name, written in _table()[kind].items():
            for form in written[key]:
                yield form, name
    try:
        territories = Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        return
    for code, form in territories.items():
        if len(code) == 2 and code.isalpha():
            yield form, code


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping[str, Any]]:
    loaded: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
        Path(__file__).with_name("names.yaml").read_text("utf-8")
    )
    return loaded
