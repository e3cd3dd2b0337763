"""From a query's text to its tree. Every refusal names the place and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from luqum import tree
from luqum.exceptions import ParseError
from luqum.thread import parse as parse_lucene

from communique.rules.facts import fact_of, field_named
from communique.rules.query import (
    TEXT_FIELDS,
    And,
    Fact,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Query,
    TextField,
    require_restrictive,
)
from communique.rules.spelling import QUOTED, plain
from communique.rules.values import RuleError
from communique.rules.words import bare_words, quoted_words
from communique.text import tokenize

QUERY_LIMIT = 20_000  # characters
DEPTH_LIMIT = 50  # brackets, NOTs and fields inside each other
DISTANCE_LIMIT = 1_000  # words of "..."~N

_REFUSED = (
    (tree.Regex, "regular expressions are not supported: use wildcards, as in exclu* or wom?n"),
    (
        tree.Fuzzy,
        "fuzzy terms (~) are not supported: use wildcards (exclu*), or list the spellings with OR; "
        'for words near each other, "huawei ban"~10',
    ),
    (tree.Boost, "weights (^) mean nothing here: a rule matches or it does not; leave it out"),
    (
        tree.Range | tree.From | tree.To,
        "ranges are not supported: list the words with OR; for a period, search --since",
    ),
)


@lru_cache(maxsize=256)  # a page asks for the same rules several times over; a tree is frozen
def parse(query: str, *, alone: bool = True) -> Query:
    """The tree of a query in Lucene's syntax. alone: False where it stands beside something that
    must be there, so that it may only say what must not.

    AND, OR, NOT (or && || ! + -), brackets, "phrases", "words near"~10, wildcards (exclu*, wom?n,
    "clean net*"), and the fields title:, text:, source:, publisher:, country:, host_country:,
    kind:, lang:, topic:, with brackets too: title:(a OR b). NOT binds tightest, then AND, then OR.
    Words side by side mean AND, as in the news databases that analysts know (Lucene itself would
    say OR). Raises RuleError.
    """
    if len(query) > QUERY_LIMIT:
        raise RuleError(f"more than {QUERY_LIMIT:,} characters: split the rule", QUERY_LIMIT)
    asked = plain(query)
    try:
        root = _root(asked.text)
        if alone:
            require_restrictive(root, 0)
    except RuleError as error:
        raise RuleError(error.reason, asked.typed(error.position)) from error
    return Query(query, root)


def _root(query: str) -> Node:
    _check_depth(query)
    try:
        return _node(parse_lucene(query), None, 0)
    except ParseError as error:
        raise _syntax_error(str(error), query) from error
    except (ValueError, ArithmeticError) as error:
        found = re.search(r"[~^][\d.]*\.[\d.]*|[~^]\d{9,}", query)
        place = found.start() if found else 0
        raise RuleError("a distance is a whole number, as in ~10", place) from error


def parse_mask(phrase: str) -> Phrase | Near:
    """An entry of `not_inside`: a word, several words (a phrase, without quotation marks) or a
    "proximity"~3. Raises RuleError."""
    if not phrase.lstrip().startswith('"'):
        return Phrase(quoted_words(phrase, 0))
    root = parse(phrase).root
    if not isinstance(root, Phrase | Near) or root.field:
        raise RuleError('expected a phrase or a "proximity"~3, without operators and fields', 0)
    return root


def _check_depth(query: str) -> None:
    depth = 0
    for match in re.finditer(QUOTED + r"|\\.|[()]", query, re.DOTALL):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth > DEPTH_LIMIT:
            raise RuleError(f"more than {DEPTH_LIMIT} brackets inside each other", match.start())


def _syntax_error(message: str, query: str) -> RuleError:
    found = re.search(r"at position (\d+)!?\Z", message)
    if not query.strip():
        return RuleError("the query is empty: write a word or a phrase", 0)
    if found is None:
        return RuleError(
            "it ends too early: a closing bracket, or a word after an operator, is missing",
            len(query),
        )
    position = int(found[1])
    return RuleError(_senseless(query, position), position)


def _senseless(query: str, position: int) -> str:
    """What is wrong with the sign or word at a place where the parser gave up."""
    sign = query[position]
    if sign == '"':
        return "a quotation mark that is never closed"
    if sign in "[]{}":
        return "[ ] and { } make ranges, which are not supported: put the words in quotation marks"
    if sign == "'":
        return 'a single quotation mark cannot begin a word: leave it out, or write "..."'
    if sign in "~^":
        return f'{sign} makes no sense here: a distance follows its phrase, as in "huawei ban"~10'
    if sign == ")" and re.search(r"\(\s*\Z", query[:position]):
        return "nothing stands between these brackets"
    return f"{query[position:].split(None, 1)[0][:20]!r} makes no sense here"


def _node(item: tree.Item, field: str | None, depth: int) -> Node:
    if depth > DEPTH_LIMIT:
        raise RuleError(f"more than {DEPTH_LIMIT} levels inside each other", item.pos)
    for kinds, reason in _REFUSED:
        if isinstance(item, kinds):
            raise RuleError(reason, item.pos)
    if isinstance(item, tree.BaseOperation):
        return _joined(item, field, depth + 1)
    if isinstance(item, tree.BaseGroup):
        return _node(item.expr, field, depth + 1)
    if isinstance(item, tree.Plus):
        return _node(item.a, field, depth + 1)
    if isinstance(item, tree.Not | tree.Prohibit):
        return Not(_node(item.a, field, depth + 1))
    if isinstance(item, tree.SearchField):
        if field is not None:
            raise RuleError(f"{item.name}: inside {field}: put them side by side", item.pos)
        return _node(item.expr, field_named(str(item.name), item.pos), depth + 1)
    return _leaf(item, field)


def _joined(operation: tree.BaseOperation, field: str | None, depth: int) -> Node:
    """NOT, then AND (or nothing), then OR: luqum binds words side by side more loosely than OR, so
    its operations are read from left to right again. Brackets are items of their own."""
    either: list[list[Node]] = [[]]
    items = list(_in_order(operation))
    must = next((item for item in items if isinstance(item, tree.Plus)), None)
    if must is not None and tree.OrOperation in items:
        reason = "+ makes no sense beside OR: put brackets around the choice, as in +a (b OR c)"
        raise RuleError(reason, must.pos)
    for item in items:
        if item is tree.OrOperation:
            either.append([])
        elif isinstance(item, tree.Item):
            either[-1].append(_node(item, field, depth))
    return _one_of(Or, (_one_of(And, nodes) for nodes in either))


def _in_order(operation: tree.BaseOperation) -> Iterable[tree.Item | type[tree.Item]]:
    """Operands and the operators between them, as they stand in the query."""
    waiting: list[tree.Item | type[tree.Item]] = [operation]
    while waiting:
        item = waiting.pop()
        if not isinstance(item, tree.BaseOperation):
            yield item
            continue
        for place, operand in enumerate(reversed(item.operands)):
            waiting.extend([type(item)] if place else [])
            waiting.append(operand)


def _one_of(kind: type[And] | type[Or], nodes: Iterable[Node]) -> Node:
    several = tuple(nodes)
    return several[0] if len(several) == 1 else kind(several)


def _leaf(item: tree.Item, field: str | None) -> Node:
    inside: TextField | None = next((name for name in TEXT_FIELDS if name == field), None)
    if field is not None and inside is None:
        return _fact(item, field)
    if isinstance(item, tree.Proximity):
        return _near(item, inside)
    if isinstance(item, tree.Phrase):
        return Phrase(quoted_words(item.value[1:-1], item.pos), inside)
    if isinstance(item, tree.Word):
        return Phrase(bare_words(item.value, item.pos), inside)
    raise RuleError(f"{str(item)[:20]!r} makes no sense here", item.pos)


def _fact(item: tree.Item, field: str) -> Fact:
    if not isinstance(item, tree.Word | tree.Phrase):
        raise RuleError(f"{field}: wants a word or a phrase", item.pos)
    written = item.value[1:-1] if isinstance(item, tree.Phrase) else item.value
    return fact_of(field, written, item.pos)


def _near(item: tree.Proximity, field: TextField | None) -> Near | Phrase:
    if str(item).rstrip().endswith("~"):
        raise RuleError('say how near, in words: "huawei ban"~10', item.pos)
    if item.degree > DISTANCE_LIMIT:
        raise RuleError(f"a distance of more than {DISTANCE_LIMIT:,} words", item.pos)
    phrase, start = item.term.value[1:-1], item.term.pos + 1
    found = [part for part in re.finditer(r"\S+", phrase) if "*" in part[0] or tokenize(part[0])]
    if len(found) < 2:
        raise RuleError('a distance needs two words with a blank between: "清洁 网络"~5', item.pos)
    if item.degree == 0:
        return Phrase(quoted_words(phrase, item.term.pos), field)
    parts = tuple(
        quoted_words(part[0], start + part.start(), ends=part is found[-1]) for part in found
    )
    return Near(parts, item.degree, field)
