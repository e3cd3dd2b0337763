"""Which rules are worth trying on a document of some language, told from what its words are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

from communique.rules.index import Found, WordsIndex, literal
from communique.rules.query import And, Fact, Near, Node, Not, Or, Phrase
from communique.rules.view import View
from communique.rules.words import Words


class Plan:
    """The rules of a rulebook for one language: the automatons, the patterns each rule waits for,
    and those without which it cannot hold."""

    def __init__(self, roots: Sequence[Node], indexes: Sequence[WordsIndex]) -> None:
        """roots: the rules' queries. indexes: the patterns of one numbered after the other's."""
        self._indexes = indexes
        self._sought = {key: one for index in indexes for key, one in index.sought.items()}
        self._waiting: list[list[int]] = [[] for _ in range(indexes[-1].end)]
        self._always: list[int] = []
        self._required: list[tuple[int, ...]] = []
        for number, root in enumerate(roots):
            needed = needed_words(root)
            if needed is None:
                self._always.append(number)
            for pattern in self._patterns(needed or ()):
                self._waiting[pattern].append(number)
            self._required.append(tuple(self._patterns(required_words(root))))

    def find(self, view: View) -> Found:
        """Where words stand in a document."""
        return Found(view, self._indexes, self._sought)

    def promising(self, found: Found) -> list[int]:
        """The rules that may hold, by their numbers, ascending."""
        starts, waiting, required = found.starts, self._waiting, self._required
        numbers = set(self._always)
        for pattern in starts:
            if waiting[pattern]:
                numbers.update(waiting[pattern])
        return sorted(
            [number for number in numbers if all(map(starts.__contains__, required[number]))]
        )

    def _patterns(self, words: Iterable[Words]) -> set[int]:
        return {self._sought[each.key].pattern for each in words}


def needed_words(node: Node) -> set[Words] | None:
    """Words of which at least one must be there for a node to hold: the rarest choice, judged by
    length. None: it may hold without any."""
    if isinstance(node, Phrase):
        return {node.words}
    if isinstance(node, Near):
        return {max(node.parts, key=_rarity)}
    if isinstance(node, And):
        choices = [needed for child in node.nodes if (needed := needed_words(child))]
        return max(choices, key=lambda words: min(map(_rarity, words)), default=None)
    if isinstance(node, Or):
        either = [needed_words(child) for child in node.nodes]
        return None if None in either else set().union(*(words or () for words in either))
    return None


def required_words(node: Node) -> frozenset[Words]:
    """Words all of which must be there for a node to hold."""
    if isinstance(node, Phrase):
        return frozenset({node.words})
    if isinstance(node, Near):
        return frozenset(node.parts)
    if isinstance(node, And):
        return frozenset().union(*map(required_words, node.nodes))
    if isinstance(node, Or):
        return reduce(frozenset.intersection, map(required_words, node.nodes))
    return frozenset()


def all_words(node: Node) -> Iterable[Words]:
    """Every Words of a node."""
    if isinstance(node, Phrase):
        yield node.words
    elif isinstance(node, Near):
        yield from node.parts
    for child in children(node):
        yield from all_words(child)


def asks_topic(node: Node) -> bool:
    """Whether `topic:` is asked anywhere in a node."""
    if isinstance(node, Fact):
        return node.field == "topic"
    return any(map(asks_topic, children(node)))


def children(node: Node) -> tuple[Node, ...]:
    """The parts of And, Or and Not; none of others."""
    if isinstance(node, And | Or):
        return node.nodes
    return (node.node,) if isinstance(node, Not) else ()


def _rarity(words: Words) -> int:
    return len(literal(words.terms)[0])
