"""A YAML file as nodes that know their lines, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import yaml

FILE_LIMIT = 2_000_000  # bytes of one file
DEPTH_LIMIT = 20  # levels inside each other

Fields: TypeAlias = dict[str, yaml.Node]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a watchlist that cannot be used.

    line, column: from 1; column None: not known. watchlist, rule: whose it is, as far as known, so
    that the last good version can stay in force; "" is all of them. field: the key; position:
    offset from 0 in the query, where one does not parse.
    """

    file: Path
    line: int
    reason: str
    expected: str
    watchlist: str
    rule: str | None = None
    field: str | None = None
    position: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        at = f"character {self.position + 1}" if self.position is not None else None
        rule = f"rule {self.rule}" if self.rule else None
        column = f"column {self.column}" if self.column is not None else None
        where = ", ".join(part for part in (rule, self.field, column, at) if part)
        return (
            f"{self.file}:{self.line}: {where + ': ' if where else ''}{self.reason}; "
            f"expected {self.expected}"
        )


class Unusable(Exception):
    """A problem on its way to whoever collects them."""

    def __init__(
        self,
        file: Path,
        place: int | tuple[int, int | None],
        reason: str,
        expected: str,
        *,
        rule: str | None = None,
        field: str | None = None,
        position: int | None = None,
    ) -> None:
        """place: the line, or line and column."""
        line, column = place if isinstance(place, tuple) else (place, None)
        self.problem = Problem(
            file, line, reason, expected, file.stem, rule, field, position, column
        )
        super().__init__(str(self.problem))


def compose(file: Path) -> yaml.Node:
    """The file's one YAML document. Raises Unusable for whatever is no such thing: bytes that are
    no UTF-8, broken YAML, aliases (they could spell out gigabytes), deep nesting, a huge file."""
    text = _read(file)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_events(file, text, loader)
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"this is no YAML: {error.problem or error.context}"
        line = mark.line + 1 if mark else 1
        raise Unusable(file, line, reason, "blanks, colons and quotes as YAML has them") from error
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        line = text[:position].count("\n") + 1
        reason = f"this is no YAML: {getattr(error, 'reason', error)}"
        raise Unusable(file, line, reason, "text without control characters") from error
    if node is None:
        raise Unusable(file, 1, "the file is empty", "title: and rules:")
    return node


def place_of(node: yaml.Node) -> tuple[int, int]:
    """The line and the column where a node begins, counted from 1."""
    return int(node.start_mark.line) + 1, int(node.start_mark.column) + 1


def fields_of(file: Path, node: yaml.Node, known: Sequence[str]) -> Fields:
    """The keys of a mapping, each with its node. Raises Unusable for anything but a mapping of
    known keys."""
    keys = ", ".join(known)
    if not isinstance(node, yaml.MappingNode):
        raise Unusable(file, place_of(node), "this is no mapping", f"the keys {keys}")
    fields: Fields = {}
    for key, value in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        if name not in known:
            raise Unusable(file, place_of(key), f"no key is named {name[:40]!r}", keys)
        if name in fields:
            raise Unusable(file, place_of(key), f"{name} stands here twice", "each key once")
        fields[name] = value
    return fields


def text_of(file: Path, node: yaml.Node, field: str, rule: str | None = None) -> str:
    """The text of a scalar, not empty. Raises Unusable."""
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        raise Unusable(file, place_of(node), "no text here", "a text", rule=rule, field=field)
    return str(node.value).strip()


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(FILE_LIMIT + 1)
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror or error}"
        raise Unusable(file, 1, reason, "a file that the service may read") from error
    if len(raw) > FILE_LIMIT:
        raise Unusable(file, 1, f"more than {FILE_LIMIT:,} bytes", "several smaller files")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        reason = f"byte {raw[error.start]:#04x} is no UTF-8"
        raise Unusable(file, line, reason, "a file saved as UTF-8") from error


def _check_events(file: Path, text: str, loader: type[yaml.SafeLoader]) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise Unusable(file, line, f"an alias, *{event.anchor}", "the text itself, written out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_LIMIT:
            raise Unusable(file, line, "too many levels inside each other", "title: and rules:")
