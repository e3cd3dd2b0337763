"""Promise: no rule that an analyst types, and no search, keeps the machine busy."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from communique.rules import Document, Rule, RuleError, compile_rules

DOCUMENT = Document(
    "Networks", "a " * 20_000 + "end", "en", source="cn_consulate_general_in_san_francisco",
    publisher="Consulate General " * 20, topics=("a" * 60,),
)  # fmt: skip
QUERIES = (
    "source:" + "*?" * 16 + "\\!",
    "topic:" + "*a" * 30 + "b",
    "publisher:(" + "*?" * 16 + "x)",
    "*?" * 16 + "x",
    '"' + "a* " * 12 + 'b*"~1000',
)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_made_to_take_hours_is_refused_or_answered_at_once(query: str) -> None:
    began = time.monotonic()
    with suppress(RuleError):
        compile_rules([Rule("w", "r", "r", "low", query)]).match(DOCUMENT)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("value", "holds"),
    [("cn_*", True), ("*san?francisco", True), ("c[mn]_*", False), ("*_general_*", True)],
)
def test_a_wildcard_of_a_fact_means_what_it_did(value: str, holds: bool) -> None:
    matcher = compile_rules([Rule("w", "r", "r", "low", f'source:"{value}"')])
    assert bool(matcher.match(DOCUMENT)) is holds
