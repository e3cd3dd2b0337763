"""Which parts of an explanation tell a person something: a rule of sixty words that does not hold
fails in sixty places, and one or two of them say why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from communique.rules import Explanation

NEAREST = 3  # parts shown of a rule that does not hold
WORDS = 100  # characters of a part of a query
CUT = " ... "  # what stands in words too far apart to be quoted whole


def is_there(explanation: Explanation) -> bool:
    """Whether any of its words are there, or nearly."""
    found = tuple(leaves(explanation))
    return any(leaf.held and leaf.spans for leaf in found) or bool(nearest(explanation))


def tells(part: Explanation) -> bool:
    """Whether a part holds, or anything of it is there."""
    return part.held or any(map(tells, part.parts)) or "“" in part.reason


def why_not(explanation: Explanation) -> str:
    """Of a rule that does not hold, why, in a line."""
    failed = [part for part in explanation.parts if not part.held]
    if len(failed) == 1:
        return f"{cut(failed[0].node)}: {failed[0].reason}"
    return explanation.reason


def nearest(explanation: Explanation) -> Sequence[Explanation]:
    """Of a rule that does not hold, the parts of which something is there, not too far apart."""
    told = (leaf for leaf in leaves(explanation) if not leaf.held and tells(leaf))
    return [leaf for leaf in told if not is_far(leaf)][:NEAREST]


def is_far(leaf: Explanation) -> bool:
    """Whether its words are there, but too far apart to be quoted whole."""
    return not leaf.held and CUT in leaf.reason


def telling_parts(explanation: Explanation) -> tuple[list[Explanation], int, bool]:
    """Its parts that are worth being shown; how many others there are, whose words are not there,
    or stand too far apart, as single Chinese characters do in any long text; whether any of these
    others is of that second kind."""
    parts = explanation.parts
    silent = [part for part in parts if not tells(part) or (not part.parts and is_far(part))]
    if len(silent) <= NEAREST or len(parts) <= 2 * NEAREST:
        silent = []
    shown = [part for part in parts if not any(part is each for each in silent)]
    return shown, len(silent), any(map(tells, silent))


def leaves(explanation: Explanation) -> Iterator[Explanation]:
    """The parts that have no parts."""
    if not explanation.parts:
        yield explanation
    for part in explanation.parts:
        yield from leaves(part)


def cut(node: str) -> str:
    """A part of a query, short enough for a line."""
    return node if len(node) <= WORDS else f"{node[: WORDS - 1]}…"
