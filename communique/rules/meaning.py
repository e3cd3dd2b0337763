"""A query in words: what a rule was understood to ask for."""

from __future__ import annotations

from dataclasses import dataclass

from communique.rules.printing import printed
from communique.rules.query import And, Fact, Near, Node, Not, Or, Phrase, Query

_FACTS = {
    "source": "the source is",
    "publisher": "the publisher's name holds",
    "country": "the publisher's country is",
    "host_country": "it sits in the country",
    "kind": "the kind of publisher is",
    "lang": "the statement's language is",
    "topic": "the statement is on the topic",
}
_PLACES = {"title": ", in the title", "text": ", in the text", None: ""}


@dataclass(frozen=True, slots=True)
class Meaning:
    """A part of a query. said: what is asked for, in words; asked: the part as it was understood
    in the language of queries, empty where `parts` say it."""

    said: str
    asked: str = ""
    parts: tuple[Meaning, ...] = ()


def meaning(query: Query | Node) -> Meaning:
    """What a query, or a part of one, asks for."""
    node = query.root if isinstance(query, Query) else query
    if isinstance(node, And):
        return Meaning("all of these:", parts=tuple(map(meaning, node.nodes)))
    if isinstance(node, Or):
        return Meaning("at least one of these:", parts=tuple(map(meaning, node.nodes)))
    if isinstance(node, Not):
        return Meaning("but not:", parts=(meaning(node.node),))
    if isinstance(node, Fact):
        return Meaning(_FACTS[node.field], printed(node).partition(":")[2])
    return Meaning(_of_near(node) if isinstance(node, Near) else _of_phrase(node), printed(node))


def _of_near(node: Near) -> str:
    words = "word" if node.distance == 1 else "words"
    return f"in any order, at most {node.distance} other {words} between{_PLACES[node.field]}:"


def _of_phrase(node: Phrase) -> str:
    words, place = node.words, _PLACES[node.field]
    several = len(words.terms) > 1
    if words.stemmed:
        return f"{'these words' if several else 'this word'} in any form{place}:"
    if words.is_wild:
        how = "side by side, with any letters for * and one for ?" if several else (
            "words that begin so" if words.terms[0].find("*") == len(words.terms[0]) - 1
            else "words that look so")  # fmt: skip
        return f"{how}{place}:"
    return f"{'side by side' if several else 'this word'}, as it stands{place}:"
