"""Stems: unquoted words of a rule find a word's other forms in the statement's own language."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import snowballstemmer

_ALGORITHMS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian",
    "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian",
    "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
MOST_KNOWN = 100_000  # terms of one language whose stems are remembered
STEMMED = frozenset(_ALGORITHMS)  # the languages for which `stem` does anything


def primary(language: str) -> str:
    """The language of a tag without script and region: zh-Hans -> zh."""
    return language.replace("_", "-").partition("-")[0].casefold()


def has_stemmer(language: str) -> bool:
    """Whether `stem` does anything for the language."""
    return primary(language) in _ALGORITHMS


def stems(terms: Sequence[str], language: str) -> list[str]:
    """The stem of each (folded) term."""
    return list(map(_known(primary(language)).__getitem__, terms))


class _Known(dict[str, str]):
    """The stems of one language, as far as somebody asked; begun anew when they are many."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, term: str) -> str:
        if len(self) >= MOST_KNOWN:
            self.clear()
        self[term] = stemmed = stem(term, self._language)
        return stemmed


@cache
def _known(language: str) -> _Known:
    return _Known(language)


@lru_cache(maxsize=200_000)
def stem(term: str, language: str) -> str:
    """The stem of a (folded) term by the Snowball algorithm of the language (snowballstem.org);
    the term itself where there is none. Names and 5G have no forms: a term with a digit stays."""
    algorithm = _ALGORITHMS.get(primary(language))
    if algorithm is None or not term.isalpha():
        return term
    # A stemmer keeps its word in itself, so sharing one between threads would mix them up.
    stemmed: str = snowballstemmer.stemmer(algorithm).stemWord(term)
    return stemmed or term
