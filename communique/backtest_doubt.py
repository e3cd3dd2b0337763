"""How sure a hit is.

A hit is borderline where little had to be different for there to be none. Each of these makes it
more so by so many points, and is told with it:

- a distance ("..."~10) that would not reach if it were a quarter shorter: 3;
- places of its words that do not count, being inside one of `not_inside`: 3 times their share;
- it hangs on one place of the text (words closer than NEAR characters are one): 2, on two: 1, ...;
- no other rule of the watchlist holds there, and this one did not before: 2;
- it has one wording only, of a rule that lists several: 1;
- no other hit that was read has its words: 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from communique.rules import Document, Hit, Rule, Span, compile_rules, parse
from communique.rules.printing import printed
from communique.rules.query import And, Near, Node, Or, Phrase
from communique.rules.view import View

SHORTER = 0.75  # of a distance
NEAR = 200  # characters between the words of one place
UNIQUE = 1.0  # points for words that no other hit has that was read
MOST_WORDS = 6  # that are kept of a hit
ALONE = 2.0  # points for a statement that no other rule brings
_ALONE = "no other rule of the watchlist holds"
_NEARER, _BARE = "nearer", "bare"


@dataclass(frozen=True, slots=True)
class Doubt:
    """How borderline a hit is (more is more), which rule's it is, why, and its words, letter case
    aside."""

    score: float
    rule: str
    reasons: tuple[str, ...]
    words: tuple[str, ...]


def accompanied(doubt: Doubt) -> Doubt:
    """The doubt of a hit that turned out not to be alone."""
    if _ALONE not in doubt.reasons:
        return doubt
    reasons = tuple(reason for reason in doubt.reasons if reason != _ALONE)
    return replace(doubt, score=doubt.score - ALONE, reasons=reasons)


class Doubter:
    """Says of hits of these rules how borderline they are."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        each = tuple(rules)
        self._wordings = {rule.id: _wordings(parse(rule.query).root) for rule in each}
        self._variants = {
            variant: (rule.id, kind)
            for rule in each
            for kind, variant in (*_nearer(rule), *_bare(rule))
        }
        self._near = {key for key, kind in self._variants.values() if kind == _NEARER}
        self._matcher = compile_rules(self._variants)

    def doubt(
        self, document: Document, view: View, hits: Mapping[str, Hit], *, held: bool
    ) -> Doubt | None:
        """The most borderline of a text's hits; None: none is of these rules. hits: by rule.
        held: any rule held there before."""
        mine = {key: hit for key, hit in hits.items() if key in self._wordings}
        if not mine:
            return None
        varied = {
            self._variants[hit.rule]: len(hit.spans)
            for hit in (self._matcher.match_view(document, view) if self._variants else ())
        }
        alone = not held and len(hits) == 1
        doubts = (self._of(document, hit, key, varied, alone) for key, hit in mine.items())
        return max(doubts, key=lambda doubt: doubt.score)

    def _of(
        self,
        document: Document,
        hit: Hit,
        key: str,
        varied: Mapping[tuple[str, str], int],
        alone: bool,
    ) -> Doubt:
        words = _words(document, hit.spans)
        places, spans = _places(hit.spans), len(hit.spans)
        excepted = max(0, varied.get((key, _BARE), spans) - spans)
        found: list[tuple[float, str]] = []
        if key in self._near and (key, _NEARER) not in varied:
            found.append((3, "its words are almost too far apart"))
        if excepted:
            share = excepted / (excepted + spans)
            found.append((3 * share, f"not_inside excepts {excepted} of {excepted + spans} places"))
        if places:
            found.append((2 / places, "it hangs on one place" if places == 1 else ""))
        if alone:
            found.append((ALONE, _ALONE))
        if len(words) == 1 and self._wordings[key] > 1:
            found.append((1, f"one wording of {self._wordings[key]}"))
        reasons = tuple(reason for _, reason in found if reason)
        return Doubt(sum(points for points, _ in found), key, reasons, words[:MOST_WORDS])


def _words(document: Document, spans: Iterable[Span]) -> tuple[str, ...]:
    """The words that match, each once, letter case aside, in their order."""
    texts = {"title": document.title, "text": document.text}
    return tuple(dict.fromkeys(texts[s.field][s.start : s.end].casefold() for s in spans))


def _places(spans: Iterable[Span]) -> int:
    places, last = 0, None
    for span in spans:
        if last is None or last.field != span.field or span.start - last.end > NEAR:
            places += 1
        last = span
    return places


def _nearer(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """The rule with shorter distances, where it has any."""
    root = parse(rule.query).root
    nearer = _shortened(root)
    if nearer != root:
        yield _NEARER, replace(rule, id=f"{rule.id}:{_NEARER}", query=printed(nearer))


def _shortened(node: Node) -> Node:
    if isinstance(node, Near):
        return replace(node, distance=int(node.distance * SHORTER))
    if isinstance(node, And | Or):
        return replace(node, nodes=tuple(map(_shortened, node.nodes)))
    return node


def _bare(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """The rule without its exceptions, where it has any."""
    if rule.not_inside:
        yield _BARE, replace(rule, id=f"{rule.id}:{_BARE}", not_inside=())


def _wordings(node: Node) -> int:
    """How many words and phrases a query lists of which one would do."""
    if isinstance(node, Or):
        return sum(map(_wordings, node.nodes))
    if isinstance(node, And):
        return max(map(_wordings, node.nodes))
    return int(isinstance(node, Phrase | Near))
