"""From a query's tree back to its text: what a rule was understood to mean."""

from __future__ import annotations

import re
from itertools import pairwise

from communique.rules.query import And, Fact, Near, Node, Not, Or, Phrase, Query, TextField
from communique.rules.words import Words
from communique.text import BREAK
from communique.text.classes import is_by_character

_FIRST_UNSPACED = "\u3041"  # kana, Chinese, Hangul: written without blanks, and without marks
_OPERATORS = frozenset({"and", "or", "not"})
_PLAIN_VALUE = re.compile(r"[\w*?](?:[\w.*?-]|(?<=\w):(?=\w))*+\Z")


def printed(query: Query | Node) -> str:
    """A query, or a part of one, in Lucene's syntax, as it was understood: words folded, operators
    and brackets where they bind. `parse(printed(query)) == query` for whatever `parse` gives and
    prints to no more than its QUERY_LIMIT."""
    return _printed(query.root if isinstance(query, Query) else query, None)


def _printed(node: Node, field: str | None) -> str:
    """field: the one whose brackets the node stands in."""
    own = _field_of(node)
    before = f"{own}:" if own and own != field else ""
    if isinstance(node, Phrase):
        return before + _of_phrase(node.words)
    if isinstance(node, Near):
        return f'{before}"{" ".join(map(_tied, node.parts))}"~{node.distance}'
    if isinstance(node, Fact):
        return before + _of_value(node)
    if isinstance(node, Not):
        return "NOT " + _bracketed(node.node, field)
    if before:
        return f"{before}({_joined(node, own)})"
    return _joined(node, field)


def _joined(node: And | Or, field: str | None) -> str:
    if isinstance(node, And):
        return " AND ".join(_bracketed(child, field) for child in node.nodes)
    return " OR ".join(
        _printed(child, field) if isinstance(child, And) else _bracketed(child, field)
        for child in node.nodes
    )


def _bracketed(node: Node, field: str | None) -> str:
    inner = _printed(node, field)
    return (
        f"({inner})" if isinstance(node, And | Or) and _field_of(node) in (None, field) else inner
    )


def _field_of(node: Node) -> TextField | str | None:
    """The field that every part of a node asks for; None where there is no such one."""
    if isinstance(node, Phrase | Near | Fact):
        return node.field
    fields = {_field_of(child) for child in ([node.node] if isinstance(node, Not) else node.nodes)}
    return fields.pop() if len(fields) == 1 else None


def _of_phrase(words: Words) -> str:
    """Quoted where the words stand as they are. Only words without quotation marks are stemmed;
    and in them every ? is a wildcard, at the end and on its own too."""
    bare = words.stemmed or words.terms[-1].endswith("?") or "?" in words.terms
    if bare or (len(words.terms) == 1 and words.is_wild):
        tied = _tied(words)
        return f"\\{tied}" if tied in _OPERATORS else tied
    pieces = [words.terms[0]]
    for (term, gap), (following, after) in pairwise(zip(words.terms, words.gaps, strict=True)):
        marks = "," * ((after - gap) // BREAK)
        pieces += [marks, "" if _is_tied(term, following) and not marks else " ", following]
    return f'"{"".join(pieces)}"'


def _tied(words: Words) -> str:
    """The words without a blank between them."""
    pieces = [words.terms[0]]
    for (term, gap), (following, after) in pairwise(zip(words.terms, words.gaps, strict=True)):
        marks = (after - gap) // BREAK
        pieces += ["" if _is_tied(term, following) and not marks else "-" + ",-" * marks, following]
    return "".join(pieces)


def _is_tied(term: str, following: str) -> bool:
    """Whether two terms stand without anything between them: 净网, and 净?网."""
    unspaced = _is_unspaced(term), _is_unspaced(following)
    return all(unspaced) or (any(unspaced) and "?" in (term, following))


def _is_unspaced(term: str) -> bool:
    return len(term) == 1 and term >= _FIRST_UNSPACED and is_by_character(term)


def _of_value(fact: Fact) -> str:
    value = fact.value
    if fact.field in ("country", "host_country") and value.isascii():
        value = value.upper()
    if _PLAIN_VALUE.match(value):
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
