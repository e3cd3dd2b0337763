"""Watchlists: the rules that analysts keep in YAML, a file each.

    title: 5G and Huawei
    rules:
      - id: clean-network
        name: Clean Network
        severity: urgent          # info, notice, urgent
        query: >-
          "clean network" OR 清洁网络
        not_inside: [...]         # optional: a match inside one of these does not count
        topic: clean_network      # optional: what a matching statement is about
        note: why it is here      # optional

What is wrong in a file is told with its line; the rest of it still loads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import yaml

from communique.rules import SEVERITIES, Rule, RuleError, Severity
from communique.rules.nodes import Fields, Problem, Unusable, compose, fields_of, place_of, text_of
from communique.rules.parse import parse, parse_mask

__all__ = [
    "NAME_EXPECTED",
    "Loaded",
    "Problem",
    "Watchlist",
    "is_name",
    "load_files",
    "load_watchlists",
]

KEYS = ("id", "name", "severity", "query", "not_inside", "topic", "note")
_REQUIRED = ("id", "name", "severity", "query")
_NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")
NAME_EXPECTED = "small letters and digits joined by hyphens, such as clean-network"

_Parsed = TypeVar("_Parsed")


def is_name(words: str) -> bool:
    """Whether this can be the name of a watchlist (and so of its file), a rule's id, or a topic."""
    return _NAME.match(words) is not None


@dataclass(frozen=True, slots=True)
class Watchlist:
    """One file's rules, in their order. name: the file's, without suffix."""

    name: str
    title: str
    path: Path
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """All watchlists of a folder that can be used, and all that is wrong with them. A file of which
    nothing can be read is a problem (rule None) and no watchlist."""

    watchlists: tuple[Watchlist, ...]
    problems: tuple[Problem, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of all watchlists."""
        return tuple(rule for watchlist in self.watchlists for rule in watchlist.rules)


def load_watchlists(folder: Path) -> Loaded:
    """Reads every *.yaml and *.yml of a folder, in the order of their names. Never raises for what
    a file holds, or for a folder that is not there: those are problems."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    except OSError as error:
        reason = f"the folder cannot be read: {error.strerror or error}"
        return Loaded((), (Problem(folder, 1, reason, "a folder of watchlists", watchlist=""),))
    return load_files(paths)


def load_files(paths: Iterable[Path], name: str | None = None) -> Loaded:
    """Reads these files, wherever they lie. name: of the watchlist, where it is not the file's.
    Never raises for what a file holds, or for one that is not there: those are problems."""
    watchlists: list[Watchlist] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            if any((name or path.stem) == known.name for known in watchlists):
                raise Unusable(path, 1, f"a second watchlist named {path.stem}", "one file each")
            watchlists.append(_load(path, name or path.stem, problems))
        except Unusable as unusable:
            problems.append(unusable.problem)
    return Loaded(tuple(watchlists), tuple(problems))


def _load(path: Path, name: str, problems: list[Problem]) -> Watchlist:
    if not is_name(name):
        raise Unusable(path, 1, f"{name[:40]!r} cannot name a watchlist", NAME_EXPECTED)
    root = compose(path)
    fields = fields_of(path, root, ("title", "rules"))
    listed = fields.get("rules", root)
    if not isinstance(listed, yaml.SequenceNode):
        raise Unusable(path, place_of(listed), "no list of rules", "rules: and a list below it")
    title = text_of(path, fields["title"], "title") if "title" in fields else path.stem
    rules: dict[str, Rule] = {}
    for node in listed.value:
        try:
            rule = replace(_rule(path, node, rules), watchlist=name)
            rules[rule.id] = rule
        except Unusable as unusable:
            problems.append(unusable.problem)
    return Watchlist(name, title, path, tuple(rules.values()))


def _rule(path: Path, node: yaml.Node, others: dict[str, Rule]) -> Rule:
    rule = _id_of(node)
    try:
        fields = fields_of(path, node, KEYS)
    except Unusable as unusable:
        bad, place = unusable.problem, (unusable.problem.line, unusable.problem.column)
        raise Unusable(path, place, bad.reason, bad.expected, rule=rule) from unusable
    missing = [key for key in _REQUIRED if key not in fields]
    if missing:
        reason = f"{' and '.join(missing)} missing"
        raise Unusable(path, place_of(node), reason, ", ".join(_REQUIRED), rule=rule)
    if rule is None or not is_name(rule):
        place = place_of(fields["id"])
        raise Unusable(path, place, "this cannot be an id", NAME_EXPECTED, rule=rule, field="id")
    if rule in others:
        raise Unusable(
            path, place_of(node), "a second rule with this id", "each id once", rule=rule
        )
    return Rule(
        watchlist=path.stem,
        id=rule,
        name=text_of(path, fields["name"], "name", rule),
        severity=_severity(path, fields["severity"], rule),
        query=_query(path, fields["query"], rule),
        not_inside=_not_inside(path, fields, rule),
        topic=_topic(path, fields, rule),
        note=text_of(path, fields["note"], "note", rule) if "note" in fields else None,
    )


def _id_of(node: yaml.Node) -> str | None:
    """The rule's id, even where the rest of it is no use: the problem should name the rule."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    for key, value in pairs:
        if isinstance(value, yaml.ScalarNode) and key.value == "id" and value.value:
            return str(value.value)
    return None


def _severity(path: Path, node: yaml.Node, rule: str) -> Severity:
    written = text_of(path, node, "severity", rule)
    for severity in SEVERITIES:
        if written == severity:
            return severity
    reason, expected = f"{written[:40]!r} is no severity", ", ".join(SEVERITIES)
    raise Unusable(path, place_of(node), reason, expected, rule=rule, field="severity")


def _query(path: Path, node: yaml.Node, rule: str) -> str:
    query = text_of(path, node, "query", rule)
    _checked(parse, query, path, node, rule, "query")
    return query


def _not_inside(path: Path, fields: Fields, rule: str) -> tuple[str, ...]:
    node = fields.get("not_inside")
    if node is None:
        return ()
    if not isinstance(node, yaml.SequenceNode):
        reason, expected = "this is no list", "a list of words or phrases"
        raise Unusable(path, place_of(node), reason, expected, rule=rule, field="not_inside")
    phrases = [(item, text_of(path, item, "not_inside", rule)) for item in node.value]
    for item, phrase in phrases:
        _checked(parse_mask, phrase, path, item, rule, "not_inside")
    return tuple(phrase for _, phrase in phrases)


def _topic(path: Path, fields: Fields, rule: str) -> str | None:
    if "topic" not in fields:
        return None
    topic = text_of(path, fields["topic"], "topic", rule)
    if not is_name(topic):
        place, reason = place_of(fields["topic"]), f"{topic[:40]!r} cannot be a topic"
        raise Unusable(path, place, reason, NAME_EXPECTED, rule=rule, field="topic")
    return topic


def _checked(
    parser: Callable[[str], _Parsed],
    written: str,
    path: Path,
    node: yaml.Node,
    rule: str,
    field: str,
) -> _Parsed:
    try:
        return parser(written)
    except RuleError as error:
        place = _place_in(path, node, written, error.position)
        expected = 'words, "phrases", AND, OR, NOT, brackets and fields, as Lucene has them'
        raise Unusable(
            path, place, error.reason, expected, rule=rule, field=field, position=error.position
        ) from error


def _place_in(path: Path, node: yaml.Node, written: str, position: int) -> tuple[int, int | None]:
    """Line and column of the file in which a place of a query stands. Folded text (>-) is followed
    line by line; where that does not add up (escapes, empty lines), the line on which the query
    begins."""
    first, style = int(node.start_mark.line), getattr(node, "style", None)
    lines = path.read_text("utf-8-sig").splitlines()
    if style not in ("|", ">"):
        start = int(node.start_mark.column) + (style is not None)
        stands = first < len(lines) and lines[first][start:].startswith(written)
        return first + 1, start + position + 1 if stands else None
    below = lines[first + 1 : node.end_mark.line + 1]
    pieces = [line.strip() for line in below]
    while pieces and len(" ".join(pieces)) > len(written):
        pieces.pop()
    if " ".join(pieces) != written.replace("\n", " "):
        return first + 1, None
    number = passed = 0
    while number < len(pieces) - 1 and position > passed + len(pieces[number]):
        passed += len(pieces[number]) + 1
        number += 1
    indent = len(below[number]) - len(below[number].lstrip())
    return first + 2 + number, indent + position - passed + 1
