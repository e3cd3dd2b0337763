"""What a query may ask of a statement beside its words: source:, country:, kind: ..."""

from __future__ import annotations

import difflib
import fnmatch
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import get_args

from communique.rules.query import FACTS, TEXT_FIELDS, Fact
from communique.rules.values import Document, RuleError
from communique.rules.words import is_wildcard, quoted_words, wildcard_pattern
from communique.text import tokenize_columns
from communique.text.stems import primary
from scrapers.sources import Kind

_SHAPES = {
    "country": (re.compile(r"[a-z*?]{1,2}\Z"), "a country's code of two letters, as in country:DE"),
    "lang": (
        re.compile(r"[a-z*?]{1,3}(?:-[a-z\d*?]+)*\Z"),
        "a language's code, as in lang:de or lang:zh-Hant",
    ),
}
_SHAPES["host_country"] = _SHAPES["country"]


def field_named(name: str, position: int) -> str:
    """The field of that name, letter case aside. Raises RuleError."""
    fields = (*TEXT_FIELDS, *FACTS)
    if name.casefold() in fields:
        return name.casefold()
    near = difflib.get_close_matches(name.casefold(), fields, 1)
    hint = f"did you mean {near[0]}:?" if near else f"for a word with a colon write {name[:20]}\\:"
    raise RuleError(f"no field {name[:30]!r}; there are {', '.join(fields)}; {hint}", position)


def fact_of(field: str, written: str, position: int) -> Fact:
    """The fact that `field:written` asks for (quotation marks taken off, escapes not). Raises
    RuleError for a value that no statement can have."""
    bare = unicodedata.normalize("NFKC", re.sub(r"\\(.)", r"\1", written, flags=re.DOTALL))
    value = " ".join(bare.casefold().split())
    if not value.strip("*?"):
        raise RuleError(f"{field}: wants a value, as in country:CN", position)
    if field == "lang":
        value = value.replace("_", "-")
    if field == "publisher":
        quoted_words(value, position)
    shape, wanted = _SHAPES.get(field, (None, ""))
    if shape is not None and not shape.match(value):
        raise RuleError(f"{field}: wants {wanted}", position)
    if field == "kind" and not any(map(_pattern(value).match, get_args(Kind))):
        raise RuleError(f"kind: wants one of {', '.join(get_args(Kind))}", position)
    return Fact(field, value)


def is_so(fact: Fact, document: Document) -> bool:
    """Whether a document has what the fact asks for."""
    if fact.field == "publisher":
        return _is_in(_asked_of_name(fact.value), _terms(document.publisher))
    if fact.field == "topic":
        values: tuple[str | None, ...] = document.topics
    elif fact.field == "lang":
        values = (document.language.replace("_", "-"), primary(document.language))
    else:
        values = (getattr(document, fact.field),)
    if not is_wildcard(fact.value):
        return any(value is not None and value.casefold() == fact.value for value in values)
    test = _pattern(fact.value).match
    return any(test(value.casefold()) for value in values if value)


@lru_cache(maxsize=10_000)
def _pattern(value: str) -> re.Pattern[str]:
    # Its own stars give nothing back: *?*?*?x would else be tried in billions of ways.
    return re.compile(fnmatch.translate(value.replace("[", "[[]")))


@lru_cache(maxsize=10_000)
def _terms(name: str) -> tuple[str, ...]:
    return tuple(tokenize_columns(name).terms)


@lru_cache(maxsize=10_000)
def _asked_of_name(value: str) -> tuple[str | re.Pattern[str], ...]:
    terms = quoted_words(value, 0).terms
    return tuple(wildcard_pattern(term) if is_wildcard(term) else term for term in terms)


def _is_in(wanted: Sequence[str | re.Pattern[str]], name: Sequence[str]) -> bool:
    """Whether the words stand side by side in a name; marks between them do not count."""
    return any(
        all(
            term == one if isinstance(one, str) else one.match(term) is not None
            for one, term in zip(wanted, name[first:], strict=False)
        )
        for first in range(len(name) - len(wanted) + 1)
    )
