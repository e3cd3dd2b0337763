"""Writing what a check has confirmed into the source facts, without touching anything else.

The files are written by people: comments, order and layout are theirs. Only the text of a
confirmed listing changes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import date

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scrapers.errors import SourceFactsError


def confirmed(text: str, source: str, urls: Collection[str], day: date) -> str:
    """The text of a file of source facts in which these listings of a source are `seen` on a day.

    Raises SourceFactsError where the text holds no such source, or not all of these listings.
    """
    listings = list(_listings(text, source))
    missing = set(urls) - {url for url, _ in listings}
    if missing:
        raise SourceFactsError(f"{source} has no listing {', '.join(sorted(missing))} in its file")
    for url, node in sorted(listings, key=lambda found: found[1].start_mark.index, reverse=True):
        if url in urls:
            text = _with(text, node, {"confidence": "seen", "seen_on": day.isoformat()})
    return text


def _listings(text: str, source: str) -> Iterator[tuple[str, Node]]:
    """Address and node of each listing of the source."""
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    sources = _value(root, "sources") or root
    for item in sources.value if isinstance(sources, SequenceNode) else ():
        name, listings = _value(item, "id"), _value(item, "listings")
        if name is None or name.value != source or not isinstance(listings, SequenceNode):
            continue
        for node in listings.value:
            url = _value(node, "url") if isinstance(node, MappingNode) else node
            if url is not None:
                yield url.value, node


def _value(node: Node | None, key: str) -> Node | None:
    if not isinstance(node, MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _with(text: str, node: Node, fields: dict[str, str]) -> str:
    """The text with these fields of one listing set, in the way in which it is written."""
    if isinstance(node, ScalarNode):
        written = text[node.start_mark.index : node.end_mark.index]
        return _cut(text, node, f"{{url: {written}, {_flow(fields)}}}")
    missing = {key: value for key, value in fields.items() if _value(node, key) is None}
    if missing and isinstance(node, MappingNode):
        text = _added(text, node, missing)
    # The places before the end of the mapping have not moved.
    present = [(_value(node, key), value) for key, value in fields.items() if key not in missing]
    for old, value in sorted(present, key=lambda pair: _start(pair[0]), reverse=True):
        if old is not None:
            text = _cut(text, old, value)
    return text


def _added(text: str, node: MappingNode, fields: dict[str, str]) -> str:
    last = node.value[-1][1].end_mark.index
    if node.flow_style:
        return f"{text[:last]}, {_flow(fields)}{text[last:]}"
    column = node.value[0][0].start_mark.column
    last = len(text[:last].rstrip())
    rest = text[last:]
    comment, newline, after = rest.partition("\n")  # what stands behind the last value stays there
    lines = "".join(f"\n{' ' * column}{key}: {value}" for key, value in fields.items())
    return f"{text[:last]}{comment}{lines}{newline}{after}"


def _flow(fields: dict[str, str]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in fields.items())


def _cut(text: str, node: Node, instead: str) -> str:
    return text[: node.start_mark.index] + instead + text[node.end_mark.index :]


def _start(node: Node | None) -> int:
    return node.start_mark.index if node is not None else 0


def quoted(value: str) -> str:
    """A value as YAML on one line: plain where that is safe, else in quotes."""
    try:
        node = yaml.compose(f"[{value}]", Loader=yaml.BaseLoader)
        plain = isinstance(node, SequenceNode) and [item.value for item in node.value] == [value]
    except yaml.YAMLError:
        plain = False
    return value if plain and value == value.strip() else json.dumps(value, ensure_ascii=False)
