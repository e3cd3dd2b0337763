"""A rule's `not_inside`, as far as the index can tell: it knows no places, so it cannot say whether
a word stands inside of a longer one, but that the longer one stands nowhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import repeat

from communique.rules.query import And, Near, Node, Not, Or, Phrase
from communique.rules.words import Words, is_wildcard, wildcard_pattern
from communique.text import stem
from communique.text.stems import STEMMED


@dataclass(frozen=True, slots=True)
class Masked(Phrase):
    """A phrase of which a place inside one of `masks` does not count. Who does not know of masks
    takes it for the phrase, which may match wherever this does."""

    masks: tuple[Phrase | Near, ...] = ()


def masked(node: Node, masks: tuple[Phrase | Near, ...]) -> Node:
    """The query with those of these masks on each phrase that could hide it. (What has to be near
    each other the index never decides, with masks or without.)"""
    if isinstance(node, Phrase):
        mine = tuple(mask for mask in masks if may_hide(mask, node.words))
        return Masked(node.words, node.field, mine) if mine else node
    if isinstance(node, And | Or):
        return replace(node, nodes=tuple(masked(child, masks) for child in node.nodes))
    return Not(masked(node.node, masks)) if isinstance(node, Not) else node


def may_hide(mask: Phrase | Near, words: Words) -> bool:
    """Whether a place of the words could lie inside a place of the mask. Between the parts of a
    proximity there may be anything."""
    if isinstance(mask, Near):
        return True
    within, long = mask.words.terms, len(words.terms)
    return any(
        all(map(_may_be, words.terms, within[first : first + long], repeat(words.stemmed)))
        for first in range(len(within) - long + 1)
    )


def _may_be(term: str, other: str, stemmed: bool) -> bool:
    """Whether one word of a text could be both: what the words ask for, and what the mask does."""
    if is_wildcard(other):
        return stemmed or is_wildcard(term) or wildcard_pattern(other).match(term) is not None
    if is_wildcard(term):
        return wildcard_pattern(term).match(other) is not None
    if term == other:
        return True
    return stemmed and any(stem(term, each) == stem(other, each) for each in STEMMED)
