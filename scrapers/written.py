"""YAML as it stands in a file: plain strings, lists and mappings, each with its line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Where = tuple[str | int, ...]

_FAST = hasattr(yaml, "CBaseLoader")  # PyYAML may have been built without libyaml

_HINTS = {
    "mapping values are not allowed": "a source's fields begin in one column, and words that hold "
    "': ' need quotation marks",
    "cannot start any token": "indent with blanks, and put words that begin with a sign such as "
    "@, % or * in quotation marks",
    "expected ',' or": "an address with braces, and words with commas, need quotation marks "
    "within [ ] and { }",
    "expected <block end>": "a source's fields begin in one column, and a source with '- '",
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a file; in the order of file and line (from 1)."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class Written:
    """One source as it is written: its values, and the line of each path into them. The empty
    path is its own line; a field that comes from the defaults has its line there."""

    file: str
    values: dict[str, Any]
    lines: dict[Where, int]

    def problem(self, path: Where, text: str) -> Problem:
        """A problem at a path, or at the nearest place above it that is written."""
        while path not in self.lines:
            path = path[:-1]
        name = self.values.get("id")
        return Problem(self.file, self.lines[path], f"{name}: {text}" if name else text)

    def place(self, field: str) -> str:
        """File and line of a field."""
        return f"{self.file}:{self.lines[field,]}"


def read(path: Path) -> tuple[list[Written], list[Problem]]:
    """The sources that a file holds, and what is wrong with it as YAML."""
    try:
        root, document = _parsed(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return [], [Problem(path.name, line, f"not YAML: {error.problem}{_hint(error)}")]
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        return [], [Problem(path.name, 1, f"not to be read as UTF-8 text: {error}")]
    if root is None:
        return [], []
    problems = list(_keys_twice(path.name, root))
    return list(_sources(path.name, document, dict(_lines(root)), problems)), problems


def _hint(error: yaml.MarkedYAMLError) -> str:
    """What to write instead, for the mistakes that people make most."""
    said = str(error.problem)
    for sign, hint in _HINTS.items():
        if sign in said:
            return f"; {hint}"
    return ""


def _parsed(text: str) -> tuple[Node | None, Any]:
    """The nodes and the plain values of a document. Parsed by libyaml, which is eight times faster
    but points behind a mistake: where there is one, PyYAML's own parser tells its place."""
    try:
        return _parsed_by(yaml.CBaseLoader(text)) if _FAST else _parsed_by(yaml.BaseLoader(text))
    except yaml.MarkedYAMLError:
        return _parsed_by(yaml.BaseLoader(text))


def _parsed_by(loader: Any) -> tuple[Node | None, Any]:
    root = loader.get_single_node()
    return root, None if root is None else loader.construct_document(root)


def _sources(
    file: str, document: Any, lines: dict[Where, int], problems: list[Problem]
) -> Iterator[Written]:
    defaults: Any = {}
    at: Where = ()
    if isinstance(document, dict) and document.keys() <= {"defaults", "sources"}:
        defaults, document, at = document.get("defaults", {}), document.get("sources"), ("sources",)
    if not isinstance(document, list) or not isinstance(defaults, dict):
        text = "expected a list of sources, or defaults: (a mapping) and sources: (a list)"
        problems.append(Problem(file, lines.get(at, 1), text))
        return
    below = _below(lines, len(at) + 1)
    common = _below(lines, 1).get(("defaults",), {}) if at else {}
    for index, item in enumerate(document):
        here = (*at, index)
        if isinstance(item, dict):
            shared = {path: line for path, line in common.items() if path and path[0] not in item}
            yield Written(file, {**defaults, **item}, {**shared, **below[here]})
        else:
            problems.append(Problem(file, lines[here], "expected a source: id, publisher, ..."))


def _below(lines: dict[Where, int], depth: int) -> dict[Where, dict[Where, int]]:
    """The lines under each place of this depth, by what follows it."""
    parted: dict[Where, dict[Where, int]] = defaultdict(dict)
    for path, line in lines.items():
        if len(path) >= depth:
            parted[path[:depth]][path[depth:]] = line
    return parted


def _lines(node: Node, path: Where = ()) -> Iterator[tuple[Where, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, (*path, index))
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            yield from _lines(value, below)
            yield below, key.start_mark.line + 1


def _keys_twice(file: str, node: Node) -> Iterator[Problem]:
    if isinstance(node, ScalarNode):
        return
    seen: dict[str, int] = {}
    for item in node.value:
        key, value = item if isinstance(node, MappingNode) else (None, item)
        if key is not None:
            line = key.start_mark.line + 1
            if key.value in seen:
                text = f"{key.value}: set before in line {seen[key.value]}, expected once"
                yield Problem(file, line, text)
            seen[key.value] = line
        yield from _keys_twice(file, value)
