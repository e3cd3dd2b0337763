"""A query as PostgreSQL can look it up: every statement that matches, and some that may not.

A phrase becomes its words, a Chinese word its pairs of characters, a distance all its parts; what
must not be there is left to the matcher, and so are wildcards of one or two letters, which stand
for half the vocabulary.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from communique.rules.holds import Case, holds
from communique.rules.query import And, Fact, Near, Node, Not, Phrase, TextField
from communique.rules.values import Document
from communique.rules.view import View
from communique.rules.words import Words, is_wildcard
from communique.search.terms import (
    CUT,
    FACT,
    PAIR,
    STEM,
    TERM,
    TITLE,
    lexeme,
    pairs,
    quoted,
    source_lexeme,
)
from communique.text import stem
from communique.text.classes import is_by_character
from communique.text.stems import STEMMED

SHORT = 3  # letters before a wildcard, from which on looking it up is worth its while
EVERYTHING, NOTHING = "", "-"  # no tsquery reads like these
MANY = 12  # sources; see _Broad
OF_STATEMENTS = ("lang", "topic")  # what a statement itself is known for
_WORDLESS = View([], [], [], [], 0, [])


class _Broad(str):
    """What many sources share: looking them all up takes longer than reading what another source
    said, so it is left to the matcher where anything else narrows the query down."""

    __slots__ = ()


def asks_of_sources(node: Node) -> bool:
    """Whether a query asks for anything that is known of a source, and not of a statement."""
    if isinstance(node, Phrase | Near):
        return False
    if isinstance(node, Fact):
        return node.field not in OF_STATEMENTS
    return any(map(asks_of_sources, [node.node] if isinstance(node, Not) else node.nodes))


def tsquery_of(node: Node, sources: Sequence[Document]) -> str | None:
    """What to look up, as a tsquery over search terms. EVERYTHING: nothing narrows it down. None:
    no statement can match. sources: what is known of each source, all of them, without words;
    none where `asks_of_sources` says no."""
    found = _wanted(node, sources)
    if found == NOTHING:
        return None
    return found and f"({found}) | {quoted(CUT)}"


def _wanted(node: Node, sources: Sequence[Document]) -> str:
    if isinstance(node, Phrase):
        return _all(_of_words(node.words, node.field))
    if isinstance(node, Near):
        return _all(term for words in node.parts for term in _of_words(words, node.field))
    if isinstance(node, Fact):
        return _of_fact(node, sources)
    if isinstance(node, Not):
        return EVERYTHING
    parts = [_wanted(child, sources) for child in node.nodes]
    return _all(parts) if isinstance(node, And) else _any(parts)


def _all(parts: Iterable[str]) -> str:
    kept = list(dict.fromkeys(part for part in parts if part != EVERYTHING))
    if NOTHING in kept:
        return NOTHING
    kept = [part for part in kept if not isinstance(part, _Broad)] or kept
    return kept[0] if len(kept) == 1 else " & ".join(f"({part})" for part in kept)


def _any(parts: Iterable[str]) -> str:
    kept = list(dict.fromkeys(part for part in parts if part != NOTHING))
    if not kept:
        return NOTHING
    if EVERYTHING in kept:
        return EVERYTHING
    return kept[0] if len(kept) == 1 else " | ".join(f"({part})" for part in kept)


def _of_words(words: Words, field: TextField | None) -> Iterator[str]:
    where = TITLE if field == "title" else ""
    paired: set[str] = set()
    for one, other in pairs(words.terms, words.gaps):
        paired |= {one, other}
        yield quoted(where + lexeme(PAIR, one + other))
    for term in words.terms:
        if is_wildcard(term):
            yield _of_wildcard(term, where)
        elif term not in paired:
            yield _of_term(term, where, stemmed=words.stemmed)


def _of_term(term: str, where: str, *, stemmed: bool) -> str:
    """A term; or all that has its stem, in each language the statements of that language."""
    plain = quoted(where + lexeme(TERM, term))
    if not stemmed or is_by_character(term[0]):
        return plain
    languages: dict[str, list[str]] = defaultdict(list)
    for language in sorted(STEMMED):
        languages[stem(term, language)].append(quoted(lexeme(FACT, f"lang:{language}")))
    forms = [plain, quoted(where + lexeme(STEM, term))]
    for each, those in languages.items():
        either = [quoted(where + lexeme(kind, each)) for kind in (TERM, STEM)]
        forms += [_all((_any(either), _any(those)))] if each != term else []
    return _any(forms)


def _of_wildcard(term: str, where: str) -> str:
    start = re.split(r"[*?]", term)[0]
    return f"{quoted(where + lexeme(TERM, start))}:*" if len(start) >= SHORT else EVERYTHING


def _of_fact(fact: Fact, sources: Sequence[Document]) -> str:
    if fact.field in OF_STATEMENTS:
        start = re.split(r"[*?\[]", fact.value)[0]
        sought = quoted(lexeme(FACT, f"{fact.field}:{start}"))
        return sought if start == fact.value else f"{sought}:*"
    those = [one.source for one in sources if holds(fact, Case(one, _WORDLESS, {}, [])) is not None]
    if len(those) == len(sources):
        return EVERYTHING
    found = _any(quoted(source_lexeme(source)) for source in those)
    return _Broad(found) if len(those) > MANY else found
