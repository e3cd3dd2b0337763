"""A query with facts beside it is one query, which asks for both and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.rules import RuleError, narrowed, parse
from communique.rules.narrowing import asked_fact
from communique.rules.query import And, Fact, Node

PIECES = (
    "huawei", "5g", "华为", '"clean network"', "AND", "OR", "NOT", "(", ")", "-", "+", "!", '"',
    "\\", "~5", "country:DE", "title:", "*", "ban*", "&&", "||", "“", "”", ":", "/",
)  # fmt: skip
TYPED = st.lists(st.sampled_from(PIECES), max_size=7).map(" ".join) | st.lists(
    st.sampled_from(PIECES), max_size=7
).map("".join)
VALUES = st.sampled_from(("DE", 'say "x" now', "a\\b", "or", "x y", "a:b", "-a", "(a)", "a OR b"))


@settings(derandomize=True, deadline=None, max_examples=1_500)
@given(TYPED, st.lists(VALUES, min_size=1, max_size=3))
def test_both_are_asked_for_and_nothing_else(typed: str, values: list[str]) -> None:
    try:
        own = parse(typed, alone=False).root
        fact = parse(asked_fact("publisher", values)).root
    except RuleError:
        return
    whole = parse(narrowed(typed, {"publisher": values})).root
    assert whole == And((*parts(own), fact))


def parts(node: Node) -> tuple[Node, ...]:
    return node.nodes if isinstance(node, And) else (node,)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(min_size=1, max_size=12))
def test_a_value_is_asked_for_as_it_is_written(value: str) -> None:
    try:
        asked = parse(asked_fact("topic", [value])).root
    except RuleError:
        return  # nothing but blanks, say
    assert isinstance(asked, Fact)


def test_a_query_that_breaks_out_of_its_brackets_is_refused() -> None:
    for typed in ("a) OR (b", "a)", "a OR", '"a', "a\\"):
        with pytest.raises(RuleError):
            narrowed(typed, {"country": ["DE"]})


def test_an_absence_may_stand_beside_a_fact_but_not_alone() -> None:
    assert narrowed("NOT huawei", {"lang": ["de", "cs"]}) == "NOT huawei AND lang:(de OR cs)"
    with pytest.raises(RuleError, match="must not be there"):
        narrowed("NOT huawei", {"lang": []})
    assert narrowed(" ", {"lang": ["de"], "country": []}) == "lang:de"
    assert narrowed("", {}) == ""
