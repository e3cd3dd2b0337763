"""A rule put into the text of a watchlist's file, or taken out of it.

The files are written by people: comments, order, quoting and line ends are theirs. Only the lines
of the rule that changes are written anew, from what ruamel.yaml keeps of them; of these a field
that says the same stays as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import yaml
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from communique.rule_drafts import Draft, typed
from communique.watchlist_yaml import change, dumped, parsed, rule_lines

_COMMENT = re.compile(r"(\s*)#")
# Line ends to YAML, and to hardly anybody else.
_ODD_ENDS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


class NotEditableError(ValueError):
    """A file that is written in a way in which only a person should change it; the message says
    why."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A rule's lines: first, and the one after the last. dash, column: where its - and its keys
    stand. block: whether it is written as a block."""

    id: str | None
    first: int
    end: int
    dash: int
    column: int
    block: bool


@dataclass(frozen=True, slots=True)
class _File:
    lines: list[str]
    items: Sequence[_Item]
    listed: yaml.SequenceNode
    key: yaml.Node


def written_draft(text: str, watchlist: str, rule: str) -> Draft | None:
    """A rule as it stands in a file's text, usable or not, its query in the lines in which it is
    written; None: there is no such rule. Raises NotEditableError."""
    file = _opened(text)
    item = _item(file, rule)
    if item is None:
        return None
    fields = _mapping(file, item)[1]
    masks = fields.get("not_inside")
    said = {key: str(value) for key, value in fields.items() if isinstance(value, str | int)}
    folds = [-1, *getattr(fields.get("query"), "fold_pos", ()), None]
    query = said.get("query", "")
    lines = [query[(start or 0) + 1 : end] for start, end in pairwise(folds)]
    return typed(
        watchlist,
        rule,
        name=said.get("name", ""),
        severity=said.get("severity", ""),
        query="\n".join(lines),
        not_inside="\n".join(map(str, masks)) if isinstance(masks, list) else "",
        topic=said.get("topic", ""),
        note=said.get("note", ""),
    )


def with_rule(text: str, draft: Draft) -> str:
    """The text with this rule changed, or where there is none of its id added at the end. Raises
    NotEditableError."""
    file = _opened(text)
    item = _item(file, draft.rule)
    if item is None:
        return _added(file, draft)
    if item.block:
        document, fields = _mapping(file, item)
        change(fields, draft)
        block = dumped(document, item.dash, item.column)
    else:
        block = rule_lines(draft, item.dash, item.column)
    return _spliced(file, item.first, item.end, block)


def without_rule(text: str, rule: str) -> str:
    """The text without a rule, and without the comment that stands right above it. Raises
    NotEditableError, also where there is none of this id."""
    file = _opened(text)
    item = _item(file, rule)
    if item is None:
        raise NotEditableError(f"the file holds no rule {rule}")
    first, end = item.first, item.end
    while first and (mark := _COMMENT.match(file.lines[first - 1])) and len(mark[1]) >= item.dash:
        first -= 1
    if len(file.items) == 1:
        line, column = file.key.end_mark.line, file.key.end_mark.column + 1
        file.lines[line] = f"{file.lines[line][:column]} []{file.lines[line][column:]}"
        return _spliced(file, first, end, [])
    last = item is file.items[-1]
    while last and first and not file.lines[first - 1].strip():
        first -= 1
    while not last and end < len(file.lines) and not file.lines[end].strip():
        end += 1
    return _spliced(file, first, end, [])


def new_file(title: str, draft: Draft) -> str:
    """The text of a file with this one rule. title: on one line."""
    head = dumped(CommentedMap({"title": title}), 0, 2)
    return "\n".join([*head, "rules:", *rule_lines(draft), ""])


def _opened(text: str) -> _File:
    if odd := _ODD_ENDS.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        raise NotEditableError(f"line {line} holds U+{ord(odd[0]):04X}, which ends lines in YAML")
    root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    pairs = root.value if isinstance(root, yaml.MappingNode) else ()
    key, listed = next(((k, v) for k, v in pairs if k.value == "rules"), (None, None))
    if key is None or not isinstance(listed, yaml.SequenceNode):
        raise NotEditableError("the file has no list of rules")
    if listed.flow_style and listed.value:
        raise NotEditableError("its rules stand in one line, between [ and ]")
    lines = text.split("\n")
    after = [k.start_mark.line for k, _ in pairs if k.start_mark.line > listed.start_mark.line]
    firsts = [node.start_mark.line for node in listed.value]
    limits = [*firsts, min(after, default=len(lines))][1:] if firsts else []
    items = [_item_of(lines, node, limit) for node, limit in zip(listed.value, limits, strict=True)]
    return _File(lines, items, listed, key)


def _item_of(lines: list[str], node: yaml.Node, limit: int) -> _Item:
    """limit: the line at which the next thing begins. What stands before it and is indented no
    further than the dash is no part of the rule."""
    first, column = node.start_mark.line, node.start_mark.column
    dash = lines[first].find("-")
    if not re.fullmatch(r"\s*-\s+", lines[first][:column].lstrip("\ufeff")):
        raise NotEditableError(f"line {first + 1}: a rule does not begin in the line of its -")
    end = limit
    while end > first + 1 and _is_outside(lines[end - 1], dash):
        end -= 1
    key = next(
        (v.value for k, v in getattr(node, "value", ()) if getattr(k, "value", None) == "id"), None
    ) if isinstance(node, yaml.MappingNode) else None  # fmt: skip
    block = isinstance(node, yaml.MappingNode) and not node.flow_style
    return _Item(str(key) if key else None, first, end, dash, column, block)


def _is_outside(line: str, dash: int) -> bool:
    bare = line.strip()
    return not bare or bare == "..." or (bare[0] == "#" and line.index("#") <= dash)


def _item(file: _File, rule: str) -> _Item | None:
    found = [item for item in file.items if item.id == rule]
    if len(found) > 1:
        raise NotEditableError(f"the file holds rule {rule} twice")
    return found[0] if found else None


def _mapping(file: _File, item: _Item) -> tuple[CommentedSeq, CommentedMap]:
    """The rule's lines as ruamel keeps them: a list of one."""
    lines = [line.removesuffix("\r") for line in file.lines[item.first : item.end]]
    lines[0] = lines[0].lstrip("\ufeff")
    try:
        document = parsed(lines, item.dash, item.column)
    except YAMLError as error:
        raise NotEditableError(f"rule {item.id} cannot be taken apart: {error}") from error
    if not isinstance(document[0], CommentedMap):
        raise NotEditableError(f"rule {item.id} is no mapping")
    return document, document[0]


def _spliced(file: _File, first: int, end: int, block: Sequence[str]) -> str:
    ending = "\r" if any(line.endswith("\r") for line in file.lines[:-1]) else ""
    fresh = [line + ending for line in block]
    if fresh and end == len(file.lines):  # the file ends without a line end, and goes on doing so
        fresh[-1] = fresh[-1].removesuffix("\r")
    kept = file.lines[:first]
    if kept and fresh and not kept[-1].endswith(ending):  # the last line, until now
        kept[-1] += ending
    return "\n".join([*kept, *fresh, *file.lines[end:]])


def _added(file: _File, draft: Draft) -> str:
    if not file.items:
        line, start = file.listed.start_mark.line, file.listed.start_mark.column
        end = file.listed.end_mark.column
        written = file.lines[line]
        file.lines[line] = written[:start].rstrip(" ") + written[end:]
        return _spliced(file, line + 1, line + 1, rule_lines(draft))
    last = file.items[-1]
    block = ["", *rule_lines(draft, last.dash, last.column)]
    if last.end == len(file.lines):
        block.append("")
    return _spliced(file, last.end, last.end, block)
