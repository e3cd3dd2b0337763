"""Trying many rules on a statement at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from communique.rules.holds import Case, holds
from communique.rules.index import Ranges, WordsIndex, literal
from communique.rules.parse import parse, parse_mask
from communique.rules.query import And, Fact, Near, Node, Not, Or, Phrase
from communique.rules.values import Document, Hit, Rule
from communique.rules.view import View, view_of
from communique.rules.words import Words
from communique.text import stem
from communique.text.stems import has_stemmer, primary


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    root: Node
    masks: tuple[Phrase | Near, ...]
    asks_topic: bool


class Matcher:
    """Rules, compiled. Safe to share between threads."""

    def __init__(self, rules: tuple[_Compiled, ...]) -> None:
        self._rules = rules
        words = {
            found for rule in rules for node in (rule.root, *rule.masks) for found in _all(node)
        }
        self._literal = {found: found.terms for found in words if not found.stemmed}
        self._stemmed = {found: found.terms for found in words if found.stemmed}
        self._plain = WordsIndex(self._literal)
        self._of_language: dict[str, WordsIndex] = {}
        self._waiting: dict[str, list[int]] = defaultdict(list)
        self._always: list[int] = []
        for number, rule in enumerate(rules):
            needed = _needed(rule.root)
            self._always += [number] if needed is None else []
            for found in needed or ():
                self._waiting[found.key].append(number)

    def match(self, document: Document) -> list[Hit]:
        """The rules that hold, in their order, each with its spans. Rules that ask for `topic:` see
        the document's topics and those of the other rules that hold. Never fails; linear in the
        text's length."""
        return self.match_view(document, self.view(document))

    def view(self, document: Document) -> View:
        """The document normalised, once for any number of rules."""
        return view_of(document, stemmed=bool(self._stemmed))

    def match_view(self, document: Document, view: View) -> list[Hit]:
        """`match` for a document that is normalised already."""
        found = self.find(document, view)
        numbers = {number for key in found for number in self._waiting.get(key, ())}
        tried = [self._rules[number] for number in sorted(numbers.union(self._always))]
        hits = [
            hit
            for rule in tried
            if not rule.asks_topic
            for hit in _try(rule, document, view, found)
        ]
        if any(rule.asks_topic for rule in tried):
            topics = {hit.rule.topic for hit in hits if hit.rule.topic}
            document = replace(document, topics=tuple(sorted(topics.union(document.topics))))
            hits += [
                hit
                for rule in tried
                if rule.asks_topic
                for hit in _try(rule, document, view, found)
            ]
            order = {id(rule.rule): place for place, rule in enumerate(tried)}
            hits.sort(key=lambda hit: order[id(hit.rule)])
        return hits

    def find(self, document: Document, view: View) -> dict[str, Ranges]:
        """Where the words of the rules stand, as token ranges, by the key of each Words."""
        if not self._stemmed:
            return self._plain.find(view, view.terms)
        language = primary(document.language)
        language = language if has_stemmer(language) else ""
        index = self._of_language.get(language) or self._index_of(language)
        if not language:
            return index.find(view, view.terms)
        found = self._plain.find(view, view.terms)
        return found | index.find(view, view.stems)

    def _index_of(self, language: str) -> WordsIndex:
        """The unquoted words' stems in a language; where there is none, every rule's words, so that
        one pass does."""
        sought = {
            words: tuple(stem(term, language) for term in words.terms) for words in self._stemmed
        }
        index = WordsIndex(sought if language else sought | self._literal)
        self._of_language[language] = index
        return index


def compile_rules(rules: Iterable[Rule]) -> Matcher:
    """Prepares rules to be tried together. Raises RuleError for the first that cannot be used."""
    return Matcher(tuple(map(_compiled, rules)))


def _compiled(rule: Rule) -> _Compiled:
    root = parse(rule.query).root
    masks = tuple(map(parse_mask, rule.not_inside))
    return _Compiled(rule, root, masks, any(fact.field == "topic" for fact in _facts(root)))


def _try(rule: _Compiled, document: Document, view: View, found: dict[str, Ranges]) -> list[Hit]:
    case = Case.of(document, view, found, rule.masks)
    ranges = holds(rule.root, case)
    return [] if ranges is None else [Hit(rule.rule, view.spans(ranges))]


def _all(node: Node) -> Iterable[Words]:
    if isinstance(node, Phrase):
        yield node.words
    elif isinstance(node, Near):
        yield from node.parts
    for child in _children(node):
        yield from _all(child)


def _facts(node: Node) -> Iterable[Fact]:
    if isinstance(node, Fact):
        yield node
    for child in _children(node):
        yield from _facts(child)


def _children(node: Node) -> tuple[Node, ...]:
    if isinstance(node, And | Or):
        return node.nodes
    return (node.node,) if isinstance(node, Not) else ()


def _needed(node: Node) -> set[Words] | None:
    """Words of which at least one must be there for a node to hold: the rarest choice, judged by
    length. None: it may hold without any."""
    if isinstance(node, Phrase):
        return {node.words}
    if isinstance(node, Near):
        return {max(node.parts, key=_rarity)}
    if isinstance(node, And):
        choices = [needed for child in node.nodes if (needed := _needed(child))]
        return max(choices, key=lambda words: min(map(_rarity, words)), default=None)
    if isinstance(node, Or):
        either = [_needed(child) for child in node.nodes]
        return None if None in either else set().union(*(words or () for words in either))
    return None


def _rarity(words: Words) -> int:
    return len(literal(words.terms)[0])
