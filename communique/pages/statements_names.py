"""What the filters offer, with the names of countries and languages in English."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale
from sqlalchemy import Connection, text

PER_SOURCE = 3  # statements of each source that are asked for their language

_SOURCES = text("SELECT publisher, country FROM communique.sources WHERE enabled")
_TOPICS = text("SELECT DISTINCT topic FROM communique.rules WHERE topic IS NOT NULL")
# No index holds languages; what each source said last tells which there are.
_LANGUAGES = text("""
    SELECT DISTINCT last.language
    FROM communique.sources o CROSS JOIN LATERAL (
        SELECT language FROM communique.statements s
        WHERE s.source_id = o.id ORDER BY s.id DESC LIMIT :most
    ) AS last
""")


@dataclass(frozen=True, slots=True)
class Choice:
    """value: as the query language has it; name: for a reader; chosen: it is asked for now."""

    value: str
    name: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """What each filter offers, by name."""

    countries: Sequence[Choice]
    languages: Sequence[Choice]
    topics: Sequence[Choice]
    publishers: Sequence[str]


@dataclass(frozen=True, slots=True)
class Known:
    """What a store holds, to choose from; changes with the sources and the rules."""

    countries: tuple[str, ...]
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    publishers: tuple[str, ...]


def known(connection: Connection) -> Known:
    """What there is to choose from: bounded by the number of sources, not of statements."""
    sources = connection.execute(_SOURCES).all()
    languages = connection.execute(_LANGUAGES, {"most": PER_SOURCE}).scalars()
    return Known(
        countries=tuple(sorted({row.country for row in sources if row.country})),
        languages=tuple(sorted(set(languages) - {""})),
        topics=tuple(sorted(connection.execute(_TOPICS).scalars())),
        publishers=tuple(sorted({row.publisher for row in sources})),
    )


def country_name(code: str) -> str:
    """A country by its ISO code; a code that nobody knows stays."""
    return str(_english().territories.get(code.upper(), code))


def language_name(tag: str) -> str:
    """A language by its tag; one that nobody knows stays."""
    names = _english().languages
    whole = tag.replace("-", "_")
    return str(names.get(whole) or names.get(whole.partition("_")[0].lower()) or tag)


def name_of(name: str, value: str) -> str:
    """A value of the filter of that name, for a reader."""
    if name == "country":
        return country_name(value)
    return language_name(value) if name == "language" else value


def offered(values: Iterable[str], chosen: Sequence[str], name: str) -> Sequence[Choice]:
    """The values in the order of their names, and those that are asked for though they are not
    among them. name: `country`, `language` or `topic`."""
    folded = {each.casefold() for each in chosen}
    every = {value.casefold(): value for value in (*chosen, *values)}
    choices = [Choice(value, name_of(name, value), key in folded) for key, value in every.items()]
    return sorted(choices, key=lambda choice: (choice.name.casefold(), choice.value))


@lru_cache(maxsize=1)
def _english() -> Locale:
    return Locale("en")
