"""A rule as YAML, by ruamel.yaml: what says the same stays as it was written."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    SingleQuotedScalarString,
)

from communique.rule_drafts import Draft

WIDTH = 100  # characters of a line
LONG = 120  # characters from which on a line that somebody has typed is broken
ORDER = ("id", "name", "severity", "topic", "query", "not_inside", "note")
_QUOTED = (DoubleQuotedScalarString, SingleQuotedScalarString)


def rule_lines(draft: Draft, dash: int = 2, column: int = 4) -> list[str]:
    """A rule as the lines of a list in a file. dash, column: where its - and its keys stand."""
    fields = CommentedMap({"id": draft.rule})
    change(fields, draft)
    return dumped(CommentedSeq([fields]), dash, column)


def parsed(lines: Sequence[str], dash: int, column: int) -> Any:
    """The lines of a list with all that ruamel keeps of them. Raises ruamel's YAMLError."""
    return _yaml(dash, column).load("\n".join(lines) + "\n")


def dumped(document: Any, dash: int, column: int) -> list[str]:
    """A document as lines."""
    out = io.StringIO()
    _yaml(dash, column).dump(document, out)
    return out.getvalue().removesuffix("\n").split("\n")


def change(fields: CommentedMap, draft: Draft) -> None:
    """Sets what the draft says otherwise, and leaves the rest."""
    indent = 4
    for name in ORDER:
        old = fields.get(name)
        if name == "not_inside":
            _change_masks(fields, draft.not_inside)
            continue
        new = draft.rule if name == "id" else getattr(draft, name)
        if not new:
            fields.pop(name, None)
        elif old is None or " ".join(str(old).split()) != " ".join(new.split()):
            value = _folded(new, WIDTH - indent - 2) if name in ("query", "note") else new
            if isinstance(old, _QUOTED) and not isinstance(value, FoldedScalarString):
                value = type(old)(value)
            if isinstance(old, FoldedScalarString) and isinstance(value, FoldedScalarString):
                # What stands below it hangs on it.
                setattr(value, "comment", getattr(old, "comment", None))  # noqa: B010 (untyped)
            _set(fields, name, value)


def _change_masks(fields: CommentedMap, wanted: Sequence[str]) -> None:
    old = fields.get("not_inside")
    if isinstance(old, CommentedSeq):
        said = [" ".join(str(one).split()) for one in old]
        for place in reversed(range(len(old))):
            if said[place] not in wanted:
                del old[place]
        said = [one for one in said if one in wanted]
        if said == list(wanted[: len(said)]):
            old.extend(wanted[len(said) :])
        else:
            old[:] = wanted
        if not wanted:
            del fields["not_inside"]
    elif wanted:
        listed = CommentedSeq(wanted)
        if sum(map(len, wanted)) + 4 * len(wanted) < WIDTH - 20:
            listed.fa.set_flow_style()
        _set(fields, "not_inside", listed)


def _set(fields: CommentedMap, name: str, value: Any) -> None:
    """In its place among the fields."""
    if name in fields:
        fields[name] = value
        return
    later = ORDER[ORDER.index(name) + 1 :]
    place = next((n for n, key in enumerate(fields) if key in later), len(fields))
    fields.insert(place, name, value)


def _folded(words: str, width: int) -> Any:
    """Words as they are typed, in lines no wider than `width` where there is a blank to break at;
    on one line where all of it fits beside its key."""
    lines = words.split("\n")
    if len(lines) == 1 and len(words) <= width - len("query: ''"):
        return words
    folds, start = list[int](), 0
    for line in lines:
        at = 0
        while (
            len(line) - at > (LONG if at == 0 else width)
            and (blank := line.rfind(" ", at + 1, at + width + 1)) > 0
        ):
            folds.append(start + blank)
            at = blank + 1
        start += len(line) + 1
        folds.append(start - 1)
    value = FoldedScalarString(words.replace("\n", " "))
    value.fold_pos = folds[:-1]
    return value


def _yaml(dash: int, column: int) -> YAML:
    made = YAML()
    made.preserve_quotes = True
    made.allow_unicode = True
    made.width = 1_000_000  # lines are folded where they were, or by `_folded`
    made.indent(mapping=2, sequence=column, offset=dash)
    return made
