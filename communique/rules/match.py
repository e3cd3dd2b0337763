"""Trying many rules on a statement at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from communique.rules.holds import Case, holds
from communique.rules.index import Found, WordsIndex
from communique.rules.parse import parse, parse_mask
from communique.rules.plan import Plan, all_words, asks_topic, children
from communique.rules.query import Near, Node, Phrase
from communique.rules.values import Document, Hit, Rule
from communique.rules.view import View, view_of
from communique.rules.words import Words
from communique.text import stem
from communique.text.classes import is_by_character
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
            found
            for rule in rules
            for node in (rule.root, *rule.masks)
            for found in all_words(node)
        }
        self._literal = {found: found.terms for found in words if not found.stemmed}
        self._stemmed = {found: found.terms for found in words if found.stemmed}
        self._plain = WordsIndex(self._literal)
        self._unspaced = _unspaced(words, rules)
        self._of_language: dict[str, Plan] = {}

    def match(self, document: Document) -> list[Hit]:
        """The rules that hold, in their order, each with its spans. Rules that ask for `topic:` see
        the document's topics and those of the other rules that hold. Never fails; linear in the
        text's length."""
        words = None if has_stemmer(document.language) else self._unspaced
        view = view_of(document, stemmed=bool(self._stemmed), words=words)
        return self.match_view(document, view)

    def view(self, document: Document) -> View:
        """The document normalised, once for any number of rules."""
        return view_of(document, stemmed=bool(self._stemmed))

    def match_view(self, document: Document, view: View) -> list[Hit]:
        """`match` for a document that is normalised already."""
        plan = self._plan(document.language)
        found = plan.find(view)
        tried = [self._rules[number] for number in plan.promising(found)]
        hits = _held([rule for rule in tried if not rule.asks_topic], document, view, found)
        asking = [rule for rule in tried if rule.asks_topic]
        if asking:
            topics = {hit.rule.topic for hit in hits if hit.rule.topic}
            document = replace(document, topics=tuple(sorted(topics.union(document.topics))))
            hits += _held(asking, document, view, found)
            order = {id(rule.rule): place for place, rule in enumerate(tried)}
            hits.sort(key=lambda hit: order[id(hit.rule)])
        return hits

    def find(self, document: Document, view: View) -> Found:
        """Where the words of the rules stand, as token ranges, by the key of each Words."""
        return self._plan(document.language).find(view)

    def _plan(self, language: str) -> Plan:
        language = primary(language) if self._stemmed and has_stemmer(language) else ""
        plan = self._of_language.get(language)
        if plan is None:
            plan = self._of_language[language] = self._plan_of(language)
        return plan

    def _plan_of(self, language: str) -> Plan:
        """Where a language has stems, they are looked for in a pass of their own."""
        roots = [rule.root for rule in self._rules]
        if not language:
            whole = WordsIndex(self._stemmed | self._literal) if self._stemmed else self._plain
            return Plan(roots, [whole])
        stems = {
            words: tuple(stem(term, language) for term in words.terms) for words in self._stemmed
        }
        return Plan(roots, [self._plain, WordsIndex(stems, stemmed=True, offset=self._plain.end)])


def compile_rules(rules: Iterable[Rule]) -> Matcher:
    """Prepares rules to be tried together. Raises RuleError for the first that cannot be used."""
    return Matcher(tuple(map(_compiled, rules)))


def _compiled(rule: Rule) -> _Compiled:
    root = parse(rule.query).root
    return _Compiled(rule, root, tuple(map(parse_mask, rule.not_inside)), asks_topic(root))


def _unspaced(
    words: Iterable[Words], rules: Iterable[_Compiled]
) -> tuple[tuple[str, ...], ...] | None:
    """The words, where the rules look for nothing but phrases of characters side by side, which can
    be found without tokenizing all. None: they look for more."""
    if any(map(_asks_near, [node for rule in rules for node in (rule.root, *rule.masks)])):
        return None
    known = tuple(sorted({each.terms for each in words}))
    alone = all(
        each.gaps == tuple(range(len(each.terms)))
        and all(len(term) == 1 and is_by_character(term) for term in each.terms)
        for each in words
    )
    return known if known and alone else None


def _asks_near(node: Node) -> bool:
    return isinstance(node, Near) or any(map(_asks_near, children(node)))


def _held(rules: Iterable[_Compiled], document: Document, view: View, found: Found) -> list[Hit]:
    unmasked = Case(document, view, found, [])
    hits: list[Hit] = []
    for rule in rules:
        case = Case.of(document, view, found, rule.masks) if rule.masks else unmasked
        ranges = holds(rule.root, case)
        if ranges is not None:
            hits.append(Hit(rule.rule, view.spans(ranges)))
    return hits
