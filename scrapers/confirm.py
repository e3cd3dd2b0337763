"""Writing what a check has confirmed into the source facts, without touching anything else.

The files are written by people: comments, order and layout are theirs. Only the text of a
confirmed listing changes.
"""

from __future__ import annotations

import json
import re
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
    met: list[Node] = []  # an alias is the node that it names, which is written once
    for item in sources.value if isinstance(sources, SequenceNode) else ():
        name, listings = _value(item, "id"), _value(item, "listings")
        if name is None or name.value != source or not isinstance(listings, SequenceNode):
            continue
        for node in listings.value:
            url = _value(node, "url") if isinstance(node, MappingNode) else node
            if url is not None and not any(node is one for one in met):
                met.append(node)
                yield url.value, node


def _value(node: Node | None, key: str) -> Node | None:
    if not isinstance(node, MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _with(text: str, node: Node, fields: dict[str, str]) -> str:
    """The text with these fields of one listing set, in the way in which it is written."""
    if isinstance(node, ScalarNode):
        written = text[node.start_mark.index : node.end_mark.index]
        if node.style not in ("'", '"'):  # in braces some addresses need quotation marks
            anchor = re.match(r"(&\S+\s+)?", written)
            written = f"{anchor[0] if anchor else ''}{quoted(node.value)}"
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
    last = _end(node)
    if node.flow_style:
        return f"{text[:last]}, {_flow(fields)}{text[last:]}"
    column = node.value[0][0].start_mark.column
    last = len(text[:last].rstrip())
    ending = "\r\n" if "\r\n" in text else "\n"
    rest = text[last:]
    comment, newline, after = rest.partition(ending)  # what stands behind the last value stays
    lines = "".join(f"{ending}{' ' * column}{key}: {value}" for key, value in fields.items())
    return f"{text[:last]}{comment}{lines}{newline}{after}"


def _end(node: MappingNode) -> int:
    """Where its last value ends: a block within it ends for the parser where the next thing begins,
    behind comments that are of that."""
    last: Node = node.value[-1][1]
    while isinstance(last, MappingNode | SequenceNode) and not last.flow_style and last.value:
        final = last.value[-1]
        last = final[1] if isinstance(final, tuple) else final
    return last.end_mark.index


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
