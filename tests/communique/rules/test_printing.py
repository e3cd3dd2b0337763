"""A query is printed as it was understood: what is printed is understood as the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.rules import RuleError, parse, printed
from communique.rules.parse import QUERY_LIMIT

STEADY = settings(derandomize=True, deadline=None, max_examples=400)
WORDS = st.sampled_from(
    ["harbour", "Harbours", "réseau", "5G", "3.5", "1,000", "U.S.", "l'Europe", "5G's", "港口",
     "開放", "열린", "クリーン", "ｸﾘｰﾝ", "сеть", "شبكة", "ก็", "and", "not", "to", "Mr.", "a,b",
     "net*", "wom?n", "netw?", "净?网", "港口*", "open-harb*", "a*-b?", "*", "?", r"a\:b", r"\*",
     r"\"", "a.b", "…", ". ", "\n\n", "—", "𝟓𝐆", "①", "x²"]
)  # fmt: skip
PHRASES = st.lists(WORDS, min_size=1, max_size=4).map(lambda words: f'"{" ".join(words)}"')
NEAR = st.tuples(PHRASES, st.integers(0, 20)).map(lambda pair: f"{pair[0]}~{pair[1]}")
FACTS = st.sampled_from(
    ["country:CN", "host_country:(DE OR c?)", "lang:zh-Hans", 'publisher:"Port * Office"',
     "publisher:embass*", "source:cn_*", "kind:embassy", 'topic:"a b"', r"topic:a\"b\\",
     "topic:a=b", "topic:a/b:c", "topic:AND", 'source:"a(b)"']
)  # fmt: skip
LEAVES = WORDS | PHRASES | NEAR | FACTS
QUERIES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(" ".join),
        st.lists(inner, min_size=2, max_size=3).map(" AND ".join),
        st.lists(inner, min_size=2, max_size=3).map(" OR ".join),
        st.lists(inner, min_size=2, max_size=3).map(" || ".join),
        inner.map("NOT ({})".format),
        inner.map("({})".format),
        inner.map("title:({})".format),
        inner.map("text:{}".format),
        inner.map("-{}".format),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("Open   harbours", "open AND harbours"),
        ('"OPEN-Harbour"', '"open harbour"'),
        ("a b OR c", "a AND b OR c"),
        ("a (b OR c)", "a AND (b OR c)"),
        ("a && !(b || c)", "a AND NOT (b OR c)"),
        ("title:a title:b", "title:(a AND b)"),
        ("country:(cn OR us) a", "country:(CN OR US) AND a"),
        ('"a b"~05', '"a b"~5'),
        ('"净网 5G"~40', '"净网 5g"~40'),
        ("華為", "华为"),
        ('"ship: sand"', '"ship, sand"'),
        (r"\not a", r"\not AND a"),
        ('publisher:"Port Office"', 'publisher:"port office"'),
    ],
)
def test_a_query_is_printed_as_it_was_understood(query: str, wanted: str) -> None:
    assert printed(parse(query)) == wanted


@STEADY
@given(QUERIES | st.text(max_size=40))
def test_what_is_printed_is_understood_as_the_same(query: str) -> None:
    try:
        understood = parse(query)
    except RuleError:
        return
    text = printed(understood)
    assert parse(text) == understood
    assert printed(parse(text)) == text


def test_a_long_query_is_printed_whole() -> None:
    query = parse("title:(" + " OR ".join(f'"harbour {n}"' for n in range(500)) + ")")
    assert len(printed(query)) < QUERY_LIMIT
    assert parse(printed(query)) == query
