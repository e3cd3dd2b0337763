"""Queries: Lucene's syntax, parsed by luqum, to a tree of what must be in a statement.

The tree: Phrase and Near look for words, Fact asks for what is known of a statement, And, Or and
Not join them. Whoever searches elsewhere (SQL) walks the same tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from communique.rules.values import RuleError
from communique.rules.words import Words

TextField: TypeAlias = Literal["title", "text"]
TEXT_FIELDS: tuple[TextField, ...] = ("title", "text")
FACTS = ("source", "publisher", "country", "host_country", "kind", "lang", "topic")


@dataclass(frozen=True, slots=True)
class Phrase:
    """The words stand side by side. field: only there; None: in the title or in the text."""

    words: Words
    field: TextField | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """All parts stand in one field, in any order, with at most `distance` other tokens between
    them in all. (Tokens: words; in Chinese, characters. Marks do not count.)"""

    parts: tuple[Words, ...]
    distance: int
    field: TextField | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the statement equals `value`, letter case aside; * stands for any characters.
    publisher: the words occur in its name."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class And:
    """All of these hold."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of these holds."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """This does not hold."""

    node: Node


Node: TypeAlias = Phrase | Near | Fact | And | Or | Not


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was written, and as it is understood; equal if it is understood alike."""

    text: str = field(compare=False)
    root: Node


def is_restrictive(node: Node) -> bool:
    """Whether a node asks for anything that must be there. "NOT huawei" does not: alone, or as one
    side of an OR, it would match nearly every statement."""
    if isinstance(node, Not):
        return _is_restrictive_negated(node.node)
    if isinstance(node, And):
        return any(map(is_restrictive, node.nodes))
    if isinstance(node, Or):
        return all(map(is_restrictive, node.nodes))
    return True


def _is_restrictive_negated(node: Node) -> bool:
    if isinstance(node, Not):
        return is_restrictive(node.node)
    if isinstance(node, And):
        return all(map(_is_restrictive_negated, node.nodes))
    if isinstance(node, Or):
        return any(map(_is_restrictive_negated, node.nodes))
    return False


def require_restrictive(node: Node, position: int) -> None:
    """Raises RuleError for a node that only says what must not be there."""
    if not is_restrictive(node):
        raise RuleError(
            "it only says what must not be there, which nearly every statement fulfils: "
            "add what must be there, as in huawei NOT phone",
            position,
        )
