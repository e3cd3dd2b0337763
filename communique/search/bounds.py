"""What the index alone can decide about a query, so that counting need not read every statement.

For each statement in its first wording the index holds exactly the terms that it has (`terms`), so
one word, one stem, one pair of characters, a word's beginning and a statement's own facts are
decided by it; a phrase or a distance is not, since no lexeme has a position. A query gets two
bounds: what surely matches, and what may. They are joined by AND, OR and NOT as their parts are;
whatever lies between them is for the rules' matcher.

What is known of a source is the same for all its statements. It is decided here, per source, and
taken out of the query; sources that leave the same rest form one part.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from communique.rules.holds import Case, holds
from communique.rules.query import And, Fact, Near, Node, Not, Or, Phrase
from communique.rules.values import Document
from communique.rules.view import View
from communique.rules.words import Words, is_wildcard
from communique.search.asking import EVERYTHING, OF_STATEMENTS, SHORT, tsquery_of
from communique.search.masks import Masked
from communique.search.terms import CUT, FACT, PAIR, STEM, TERM, TITLE, lexeme, pairs, quoted
from communique.search.tsqueries import Asked, all_of, any_of, negated
from communique.text import stem
from communique.text.classes import is_by_character
from communique.text.stems import STEMMED

LONGEST = 56  # bytes of a lexeme that no longer one can be cut to
_WORDLESS = View([], [], [], [], 0, [])
_CUT = quoted(CUT)


@dataclass(frozen=True, slots=True)
class Part:
    """Some sources, and what their statements are asked. sources: None: all of them. sure:
    statements that match; doubtful: those that have to be read. Both as a tsquery, or True or False
    for all or none; they hold for statements that had one wording only. possible: a tsquery that
    every other statement fulfils which matches; EVERYTHING: all may; None: none does."""

    sources: tuple[str, ...] | None
    sure: Asked
    doubtful: Asked
    possible: str | None


def parts_of(root: Node, sources: Sequence[Document]) -> tuple[Part, ...]:
    """The parts of a query, without those that no statement can match. sources: what is known of
    each source, all of them, without words."""
    rests: dict[Node | bool, list[str]] = defaultdict(list)
    for source in sources:
        rests[_rest(root, source)].append(source.source)
    return tuple(
        _part(rest, None if len(those) == len(sources) else tuple(those))
        for rest, those in rests.items()
        if rest is not False
    )


def _part(rest: Node | bool, sources: tuple[str, ...] | None) -> Part:
    if isinstance(rest, bool):
        return Part(sources, sure=rest, doubtful=False, possible=None)
    found = _bounds(rest)
    sure = all_of((found.lower, negated(_CUT)))
    return Part(sources, sure, any_of((found.between, _CUT)), tsquery_of(rest, ()))


def _rest(node: Node, source: Document) -> Node | bool:
    """What is left to be asked of this source's statements."""
    if isinstance(node, Phrase | Near):
        return node
    if isinstance(node, Fact):
        if node.field in OF_STATEMENTS:
            return node
        return holds(node, Case(source, _WORDLESS, {}, [])) is not None
    if isinstance(node, Not):
        rest = _rest(node.node, source)
        return not rest if isinstance(rest, bool) else Not(rest)
    deciding = isinstance(node, Or)
    rests = [_rest(child, source) for child in node.nodes]
    if deciding in rests:
        return deciding
    left = tuple(rest for rest in rests if not isinstance(rest, bool))
    if not left:
        return not deciding
    return left[0] if len(left) == 1 else type(node)(left)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """lower: what surely matches; upper: what may; between: what is in upper and not in lower."""

    lower: Asked
    upper: Asked
    between: Asked


def _bounds(node: Node) -> _Bounds:
    if isinstance(node, Not):
        inner = _bounds(node.node)
        return _Bounds(negated(inner.upper), negated(inner.lower), inner.between)
    if isinstance(node, And | Or):
        return _joined_bounds(isinstance(node, And), list(map(_bounds, node.nodes)))
    if isinstance(node, Masked):
        return _of_masked(node)
    found = None
    if isinstance(node, Fact):
        found = _of_fact(node)
    elif isinstance(node, Phrase):
        found = _of_phrase(node)
    if found is None:
        upper = _upper(node)
        found = _Bounds(False, upper, upper)
    return found


def _joined_bounds(every: bool, inner: Sequence[_Bounds]) -> _Bounds:
    """Between them lies what one of them is unsure of, where no other one decides."""
    join = all_of if every else any_of
    lower, upper = join(one.lower for one in inner), join(one.upper for one in inner)
    open_to = upper if every else negated(lower)
    between = any_of(one.between for one in inner)
    return _Bounds(lower, upper, all_of((between, open_to)))


def _of_masked(node: Masked) -> _Bounds:
    """Surely it matches only where none of its masks may stand."""
    bare, hidden = _bounds(Phrase(node.words, node.field)), _upper(Or(node.masks))
    return _Bounds(
        all_of((bare.lower, negated(hidden))),
        bare.upper,
        any_of((bare.between, all_of((bare.lower, hidden)))),
    )


def _of_phrase(node: Phrase) -> _Bounds | None:
    """Of one word, or of two neighbouring characters; None: the index cannot tell."""
    words, where = node.words, TITLE if node.field == "title" else ""
    if len(words.terms) == 1:
        bounds = _of_term(words, where)
    elif len(words.terms) == 2:
        paired = list(pairs(words.terms, words.gaps))
        bounds = _exactly(PAIR, "".join(paired[0]), where) if paired else None
    else:
        bounds = None
    if bounds is None or node.field != "text":
        return bounds
    titled = _of_phrase(Phrase(words, "title"))  # what stands there may stand in the text as well
    if titled is None:
        return None
    lower = all_of((bounds.lower, negated(titled.upper)))
    return _Bounds(lower, bounds.upper, all_of((bounds.upper, negated(lower))))


def _of_term(words: Words, where: str) -> _Bounds | None:
    term = words.terms[0]
    if is_wildcard(term):
        return _beginning(TERM, term, where) if term.find("*") >= SHORT else None
    if not words.stemmed or is_by_character(term[0]):
        return _exactly(TERM, term, where)
    return _of_stem(term, where)


def _of_stem(term: str, where: str) -> _Bounds | None:
    """All that has the word's stem in the statement's language. The index leaves out a stem that
    the text has as a word too; where stemming is not idempotent, that word may have another."""
    plain = _exactly(TERM, term, where)
    if plain is None:
        return None
    languages: dict[str, list[str]] = defaultdict(list)
    for language in sorted(STEMMED):
        languages[stem(term, language)].append(language)
    lower, between = [plain.lower], list[Asked]()
    for stemmed, those in languages.items():
        as_stem, as_word = (_exactly(kind, stemmed, where) for kind in (STEM, TERM))
        if as_stem is None or as_word is None:
            return None
        lower.append(all_of((as_stem.lower, _has_stems_of(those))))
        if stemmed != term:
            stable = [each for each in those if stem(stemmed, each) == stemmed]
            lower.append(all_of((as_word.lower, _spoken(stable))))
            surely = any_of((plain.lower, as_stem.lower))
            unstable = _spoken(each for each in those if each not in stable)
            between.append(all_of((as_word.lower, unstable, negated(surely))))
    return _Bounds(any_of(lower), any_of((*lower, *between)), any_of(between))


def _spoken(languages: Iterable[str]) -> Asked:
    return any_of(quoted(lexeme(FACT, f"lang:{language}")) for language in languages)


def _has_stems_of(languages: Sequence[str]) -> Asked:
    """That a statement which has stems is in one of these languages, said the shorter way."""
    others = STEMMED.difference(languages)
    if len(languages) <= len(others):
        return _spoken(languages)
    return negated(_spoken(sorted(others)))


def _of_fact(fact: Fact) -> _Bounds | None:
    sought = f"{fact.field}:{fact.value}"
    if is_wildcard(fact.value) or "[" in fact.value:
        return _beginning(FACT, sought, "")
    return _exactly(FACT, sought, "")


def _exactly(kind: str, term: str, where: str) -> _Bounds | None:
    found = lexeme(kind, term)
    if len(found.encode()) > LONGEST:
        return None
    return _Bounds(quoted(where + found), quoted(where + found), between=False)


def _beginning(kind: str, term: str, where: str) -> _Bounds | None:
    """Of a word that ends in its only wildcard, a *."""
    start = term[:-1]
    if not term.endswith("*") or re.search(r"[*?\[]", start):
        return None
    found = _exactly(kind, start, where)
    asked = f"{found.lower}:*" if found else ""
    return _Bounds(asked, asked, between=False) if asked else None


def _upper(node: Node) -> Asked:
    found = tsquery_of(node, ())
    if found is None:
        return False
    return True if found == EVERYTHING else found
