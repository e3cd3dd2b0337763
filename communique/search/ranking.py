"""The best of the newest: by how often the words stand in a statement, its title first.

BM25's saturation and length normalisation (Robertson, Zaragoza: The Probabilistic Relevance
Framework, 2009), without the rarity of words: what is rare would have to be counted in the whole
store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, text

from communique.rules.query import Fact, Near, Node, Not, Phrase
from communique.search.terms import PAIR, lexeme, lexemes, pairs
from communique.search.values import Found, Place
from communique.text import stem, tokenize_columns

IN_TITLE = 4  # a word in the title counts as often
SATURATION, BY_LENGTH, USUAL_LENGTH = 1.2, 0.75, 3_000  # BM25's k1 and b; characters

_TITLES = text("""
    SELECT id, title, language FROM communique.statements
    WHERE id = ANY(CAST(:ids AS bigint[]))
""")
_NO_TOKENS = tokenize_columns("")


def promising(
    connection: Connection, places: Sequence[Place], node: Node, most: int
) -> Sequence[Place]:
    """The `most` places whose titles hold most of what the query asks for, the newest first among
    equals."""
    if len(places) <= most:
        return places
    ids = [place.statement_id for place in places]
    counts: Counter[int] = Counter()
    for row in connection.execute(_TITLES, {"ids": ids}):
        words = lexemes(tokenize_columns(row.title), _NO_TOKENS, row.language)
        counts[row.id] = sum(_is_in(terms, words, row.language) for terms in _asked(node))
    return sorted(places, key=lambda place: -counts[place.statement_id])[:most]


def score(found: Found) -> float:
    """How well a statement answers: more is better, from 0."""
    counts: Counter[str] = Counter()
    for span in found.spans:
        words = found.title if span.field == "title" else found.text
        weight = IN_TITLE if span.field == "title" else 1
        counts[words[span.start : span.end].casefold()] += weight
    length = 1 - BY_LENGTH + BY_LENGTH * len(found.text) / USUAL_LENGTH
    return sum(count / (count + SATURATION * length) for count in counts.values())


def _asked(node: Node) -> Iterable[tuple[str, ...]]:
    if isinstance(node, Phrase):
        yield node.words.terms
    elif isinstance(node, Near):
        yield from (part.terms for part in node.parts)
    elif not isinstance(node, Not | Fact):
        for child in node.nodes:
            yield from _asked(child)


def _is_in(terms: tuple[str, ...], words: Collection[str], language: str) -> bool:
    paired = [lexeme(PAIR, one + other) for one, other in pairs(terms, range(len(terms)))]
    if paired:
        return all(pair in words for pair in paired)
    return all(f"={term}" in words or f"~{stem(term, language)}" in words for term in terms)
