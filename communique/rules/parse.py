"""From a query's text to its tree. Every refusal names the place and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable

from luqum import tree
from luqum.exceptions import ParseError
from luqum.thread import parse as parse_lucene

from communique.rules.query import (
    FACTS,
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
from communique.rules.values import RuleError
from communique.rules.words import bare_words, quoted_words
from communique.text import tokenize

QUERY_LIMIT = 20_000  # characters
DEPTH_LIMIT = 50  # brackets, NOTs and fields inside each other
DISTANCE_LIMIT = 1_000  # words of "..."~N

_QUOTED = r'"(?:[^"\\]|\\.?)*+(?:"|\Z)'  # possessive: one that is never closed is scanned once

_REFUSED = (
    (tree.Regex, "regular expressions are not supported: use wildcards, as in exclu*"),
    (tree.Fuzzy, "fuzzy terms (~) are not supported: use wildcards, or list the spellings"),
    (tree.Boost, "weights (^) mean nothing here: a rule matches or it does not; leave it out"),
    (tree.Range | tree.From | tree.To, "ranges are not supported: list the words with OR"),
)


def parse(query: str) -> Query:
    """The tree of a query in Lucene's syntax.

    AND, OR, NOT (or + and -), brackets, "phrases", "words near"~10, wildcards (exclu*, wom?n,
    "clean net*"), and the fields title:, text:, source:, publisher:, country:, host_country:,
    kind:, lang:, topic:. NOT binds tightest, then AND, then OR. Words side by side mean AND, as in
    the news databases that analysts know (Lucene itself would say OR). Raises RuleError.
    """
    plain = _with_plain_marks(query)
    _check_size(plain)
    try:
        parsed = parse_lucene(plain)
    except ParseError as error:
        raise _syntax_error(str(error), plain) from error
    except (ValueError, ArithmeticError) as error:
        found = re.search(r"[~^][\d.]*\.[\d.]*|[~^]\d{9,}", plain)
        place = found.start() if found else 0
        raise RuleError("a distance is a whole number, as in ~10", place) from error
    root = _node(parsed, None, 0)
    require_restrictive(root, 0)
    return Query(query, root)


def parse_mask(phrase: str) -> Phrase | Near:
    """An entry of `not_inside`: a word, several words (a phrase, without quotation marks) or a
    "proximity"~3. Raises RuleError."""
    if not phrase.lstrip().startswith('"'):
        return Phrase(quoted_words(phrase, 0))
    root = parse(phrase).root
    if not isinstance(root, Phrase | Near) or root.field:
        raise RuleError('expected a phrase or a "proximity"~3, without operators and fields', 0)
    return root


def _with_plain_marks(query: str) -> str:
    """Full-width brackets and colons, and curly quotation marks around words, as Lucene writes
    them; everything keeps its place. A quoted phrase keeps its own marks."""
    plain = query.translate(str.maketrans("（）：＂～", '():"~'))
    outside = re.compile(_QUOTED + r'|(?<![^\s(:+-])[“„«]([^"“”„«»]*)[”“»](?=$|[\s)~])', re.DOTALL)
    return outside.sub(lambda m: m[0] if m[1] is None else f'"{m[1]}"', plain)


def _check_size(query: str) -> None:
    if len(query) > QUERY_LIMIT:
        raise RuleError(f"more than {QUERY_LIMIT:,} characters: split the rule", QUERY_LIMIT)
    depth = 0
    for match in re.finditer(_QUOTED + "|[()]", query, re.DOTALL):
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
    if query[position] == '"':
        return RuleError("a quotation mark that is never closed", position)
    word = query[position:].split(None, 1)[0][:20] if query[position:].strip() else ""
    return RuleError(f"{word!r} makes no sense here", position)


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
        return _node(item.expr, _known_field(item), depth + 1)
    return _leaf(item, field)


def _joined(operation: tree.BaseOperation, field: str | None, depth: int) -> Node:
    """NOT, then AND (or nothing), then OR: luqum binds words side by side more loosely than OR, so
    its operations are read from left to right again. Brackets are items of their own."""
    either: list[list[Node]] = [[]]
    for item in _in_order(operation):
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


def _known_field(item: tree.SearchField) -> str:
    name = str(item.name)
    if name not in (*TEXT_FIELDS, *FACTS):
        known = ", ".join((*TEXT_FIELDS, *FACTS))
        raise RuleError(f"no field {name[:30]!r}; there are {known}", item.pos)
    return name


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
    value = re.sub(r"\\(.)", r"\1", item.value.strip('"')).strip().casefold()
    if not value.strip("*?"):
        raise RuleError(f"{field}: wants a value, as in country:CN", item.pos)
    return Fact(field, value)


def _near(item: tree.Proximity, field: TextField | None) -> Near:
    if str(item).endswith("~"):
        raise RuleError('say how near, in words: "..."~10', item.pos)
    if item.degree > DISTANCE_LIMIT:
        raise RuleError(f"a distance of more than {DISTANCE_LIMIT:,} words", item.pos)
    found = list(re.finditer(r"\S+", item.term.value[1:-1]))
    parts = tuple(
        quoted_words(part[0], item.term.pos + 1 + part.start())
        for part in found
        if "*" in part[0] or tokenize(part[0])
    )
    if len(parts) < 2:
        raise RuleError('a distance needs two words with a blank between: "清洁 网络"~5', item.pos)
    return Near(parts, item.degree, field)
