"""What an edit changed, as it is stored: operations that a person, or SQL, can read.

`changes.diff` holds a list of operations in reading order, the title's first:

    {"field": "text", "op": "equal", "text": "… We ", "earlier": [0, 310], "later": [0, 310]},
    {"field": "text", "op": "delete", "text": "regret", "earlier": [310, 316]},
    {"field": "text", "op": "insert", "text": "welcome", "later": [310, 317]}, ...

earlier, later: where it stands in that field of either wording, in characters, half open; the
ranges of a field follow each other without a hole, so both wordings can be told from the revisions.
text: for reading; white space is folded (a line break stays one), long equal parts are cut to what
stands around the edits, with "…", and so is a change longer than LONGEST. A field that did not
change is left out. coarse: true marks changes that are more than what was edited, because to look
closer would have taken too long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

from communique.comparing import compare

Operation: TypeAlias = dict[str, Any]

# Characters of equal text shown on either side of an edit.
AROUND = 60
# The longest change that is shown whole, in characters.
LONGEST = 20_000
# How a change is marked where there are no colours.
MARKS = {"equal": ("", ""), "delete": ("[-", "-]"), "insert": ("{+", "+}")}

_BLANKS = re.compile(r"\s+")


def diff(earlier: tuple[str, str], later: tuple[str, str]) -> list[Operation]:
    """The operations that lead from one wording (title, text) to another, as this module's
    docstring shows them; an empty list where a reader sees no difference."""
    return [
        operation
        for name, before, after in zip(("title", "text"), earlier, later, strict=True)
        for operation in _operations(name, before, after)
    ]


def _operations(name: str, before: str, after: str) -> Iterator[Operation]:
    changes = compare(before, after)
    if not changes:
        return
    at, later_at = 0, 0
    for number, one in enumerate(changes):
        yield from _equal(name, before, after, (at, one.start, later_at, one.later_start), number)
        coarse = {"coarse": True} if one.coarse else {}
        for op, text, key, start, end in (
            ("delete", before, "earlier", one.start, one.end),
            ("insert", after, "later", one.later_start, one.later_end),
        ):
            if start < end:
                shown = _long(_folded(text[start:end]))
                yield {"field": name, "op": op, "text": shown, key: [start, end]} | coarse
        at, later_at = one.end, one.later_end
    yield from _equal(name, before, after, (at, len(before), later_at, len(after)), -1)


def _equal(
    name: str, before: str, after: str, place: tuple[int, int, int, int], number: int
) -> Iterator[Operation]:
    """What stands between two changes; number: of the change after it, -1: none comes."""
    start, end, later_start, later_end = place
    text, other = after[later_start:later_end], before[start:end]
    if (start, later_start) == (end, later_end):
        return
    # A blank that only one wording has here parts the words all the same.
    shown = _blank(text[:1], other[:1]) + _folded(text) + _blank(text[-1:], other[-1:])
    shown = shown if shown.strip() else shown[:1]
    shown = _around(shown, first=number == 0, last=number == -1)
    ranges = {"earlier": [start, end], "later": [later_start, later_end]}
    yield {"field": name, "op": "equal", "text": shown} | ranges


def _blank(one: str, other: str) -> Literal["", " "]:
    return " " if one.isspace() or other.isspace() else ""


def _folded(text: str) -> str:
    return _BLANKS.sub(lambda found: "\n" if "\n" in found[0] else " ", text.strip())


def _long(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _around(text: str, *, first: bool, last: bool) -> str:
    """The ends of an equal text that stand next to an edit."""
    kept = AROUND * (2 - first - last)
    if len(text) <= kept + 2:
        return text
    return (
        f"{'' if first else _to_word(text[:AROUND])}…{'' if last else _from_word(text[-AROUND:])}"
    )


def _to_word(text: str) -> str:
    cut = max(text.rfind(" "), text.rfind("\n"))
    return text[: cut + 1] if cut > AROUND // 2 else text


def _from_word(text: str) -> str:
    blank = _BLANKS.search(text)
    return text[blank.start() :] if blank and blank.start() < AROUND // 2 else text


def marked(operations: Iterable[Operation]) -> str:
    """Operations as plain text, a line for each field: [-taken out-]{+put in+}."""
    lines: dict[str, str] = {}
    for each in operations:
        before, after = MARKS[each["op"]]
        said = lines.setdefault(each["field"], f"{each['field']}: ")
        lines[each["field"]] = f"{said}{before}{each['text']}{after}"
    return "\n".join(line.strip() for line in lines.values())
