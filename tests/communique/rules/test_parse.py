"""A query is understood as Lucene's users expect, or refused with the place and the reason."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.rules import RuleError, parse
from communique.rules.query import And, Fact, Near, Node, Not, Or, Phrase

STEADY = settings(derandomize=True, deadline=None, max_examples=300)
PIECES = st.sampled_from(
    ["harbour", '"open harbour"', "港口", '"a b"~3', "AND", "OR", "NOT", "(", ")", "+", "-", ":",
     "~", "title:", "country:", "*", "?", "net*", '"', "“", "”", "\\", "/", "^2", "[", "]", "TO",
     "{", "}", " ", "  ", "\n", "，", "（", "）", "…", "\x00", "\ud800", "&&", "||", "!", ">",
     "<=", "~1.5", "9" * 30]
)  # fmt: skip


def refusal(query: str) -> RuleError | None:
    try:
        parse(query)
    except RuleError as error:
        return error
    return None


def shape(node: Node) -> str:
    """The tree as text, brackets everywhere."""
    match node:
        case Phrase(words, field):
            return (f"{field}:" if field else "") + "_".join(words.terms)
        case Near(parts, distance, _):
            return "~".join(["_".join(part.terms) for part in parts]) + f"~{distance}"
        case Fact(field, value):
            return f"{field}={value}"
        case And(nodes):
            return f"({' & '.join(map(shape, nodes))})"
        case Or(nodes):
            return f"({' | '.join(map(shape, nodes))})"
        case Not(inner):
            return f"!{shape(inner)}"


@pytest.mark.parametrize(
    ("query", "understood"),
    [
        ("harbour", "harbour"),
        ("open harbour", "(open & harbour)"),
        ('"open harbour"', "open_harbour"),
        ("“open harbour”", "open_harbour"),
        ("open-harbour", "open_harbour"),
        ("港口", "港_口"),
        ("“港口”开放", "港_口_开_放"),
        ("a b OR c", "((a & b) | c)"),
        ("a AND b OR c AND d", "((a & b) | (c & d))"),
        ("a OR b c", "(a | (b & c))"),
        ("(a OR b) c", "((a | b) & c)"),
        ("（a OR b） AND c", "((a | b) & c)"),
        ("a NOT b", "(a & !b)"),
        ("a -b +c", "(a & !b & c)"),
        ("a AND NOT (b OR c)", "(a & !(b | c))"),
        ("title:(ship OR quay) sand", "((title:ship | title:quay) & sand)"),
        ("text:ship", "text:ship"),
        ("country:(CN OR US) a", "((country=cn | country=us) & a)"),
        ('publisher:"Port Office" lang:zh source:cn_* a',
         "(publisher=port office & lang=zh & source=cn_* & a)"),
        ('"old ship-yard"~10', "old~ship_yard~10"),
        ('"open harb*"', "open_harb*"),
        ('"open * harbour"', "open_*_harbour"),
        ("harb*r", "harb*r"),
        ("colo?r", "colo?r"),
        ("港口*", "港_口"),
        (r"a\:b", "a_b"),
        ('"who is there?"', "who_is_there"),
        ("NOT NOT a", "!!a"),
        ("a && b || c", "((a & b) | c)"),
        ("a&&b", "(a & b)"),
        ("a !b", "(a & !b)"),
        ("a && !(b || c)", "(a & !(b | c))"),
        ("+a -b", "(a & !b)"),
        ("+a (b OR c)", "(a & (b | c))"),
        ("a - b", "(a & b)"),
        ("a-b", "a_b"),
        ('"a && b!"', "a_b"),
        ("＋a －b ５Ｇ＊", "(a & !b & 5g*)"),
        ("「open harbour」", "open_harbour"),
        ('"a b"~0', "a_b"),
        ('"wom?n harb*"', "wom?n_harb*"),
        ('"harbour? mole"', "harbour?_mole"),
        (r'"harbour\? mole"', "harbour_mole"),
        ('"qui ? moi"', "qui_moi"),
        ("净?网", "净_?_网"),
        ('"harb?r* quay?"~5', "harb?r*~quay~5"),
        ("Title:a", "title:a"),
        (r"\(a\) \"b", "(a & b)"),
        (r"\AND a", "(and & a)"),
        (r'"a \" b"', "a_b"),
        ("country:(d? OR C*)", "(country=d? | country=c*)"),
        ("title:(a -b) text:c", "((title:a & !title:b) & text:c)"),
    ],
)  # fmt: skip
def test_a_query_means_what_lucene_users_expect(query: str, understood: str) -> None:
    assert shape(parse(query).root) == understood


def test_quoted_words_stand_as_they_are_and_others_are_stemmed() -> None:
    quoted, bare, wild = parse('"harbours"').root, parse("harbours").root, parse("harb*").root
    assert isinstance(quoted, Phrase)
    assert isinstance(bare, Phrase)
    assert isinstance(wild, Phrase)
    assert (quoted.words.stemmed, bare.words.stemmed, wild.words.stemmed) == (False, True, False)


@pytest.mark.parametrize(
    ("query", "position", "reason"),
    [
        ("", 0, "empty"),
        ("  \n", 0, "empty"),
        ('harbour AND "open', 12, "never closed"),
        ("(harbour", 8, "ends too early"),
        ("harbour)", 7, "makes no sense"),
        ("harbour OR OR quay", 11, "makes no sense"),
        ("harbour AND", 11, "ends too early"),
        ("NOT harbour", 0, "must not be there"),
        ("harbour OR NOT quay", 0, "must not be there"),
        ("NOT (a AND NOT b)", 0, "must not be there"),
        ("a OR harb.ur~", 5, "fuzzy"),
        ("a OR /harb.ur/", 5, "regular expressions"),
        ("a OR harbour^2", 5, "weights"),
        ("a OR [b TO c]", 5, "ranges"),
        ("a OR >5", 5, "ranges"),
        ("a OR *bour", 5, "wildcard cannot begin"),
        ('a OR "* harbour"', 5, "wildcard cannot begin"),
        ("港*口", 0, "inside a Chinese word"),
        ("a OR …", 5, "no letter or digit"),
        ('a OR ""', 5, "no letter or digit"),
        ("a OR colour:red", 5, "no field 'colour'; there are title"),
        ("title:(country:CN)", 7, "inside title"),
        ("country:", 8, "ends too early"),
        ('country:"a b"~3', 8, "wants a word or a phrase"),
        ('a OR "one"~3', 5, "two words with a blank"),
        ('a OR "b c"~', 5, "how near"),
        ('a OR "b c"~1.5', 10, "whole number"),
        ('a OR "b c"~100000', 5, "distance of more than"),
        ("a and b", 2, "AND in capitals"),
        ("a And b", 2, "AND in capitals"),
        ("a && (b OR colour:c)", 11, "no field 'colour'"),
        ("a && b && !", 11, "ends too early"),
        ("!a", 0, "must not be there"),
        ("a OR +b", 5, "+ makes no sense beside OR"),
        ("a OR 'b c'", 5, 'write "b c"'),
        ("a OR ‘b c’", 5, 'write "b c"'),
        ("a OR “b c", 5, "never closed"),
        ("a OR 'tis", 5, "single quotation mark"),
        ("a OR [b]", 7, "[ ] and { } make ranges"),
        ("a OR ()", 6, "nothing stands between"),
        ("a OR ~5", 5, "a distance follows its phrase"),
        ("a OR (b c)^2", 5, "leave it out"),
        ("a OR b~2", 5, "use wildcards (exclu*)"),
        ("a NEAR/5 b", 2, 'write "huawei ban"~10'),
        ("a w/5 b", 2, "no operator here"),
        ("a ANDNOT b", 2, "write NOT"),
        ('a OR "?b c"', 5, "wildcard cannot begin"),
        ("a language:de", 2, "did you mean lang:?"),
        (r"a OR http://b", 5, r"write http\:"),
        ("a country:Germany", 10, "as in country:DE"),
        ("a lang:german", 7, "as in lang:de"),
        ("a kind:boat", 7, "wants one of embassy"),
        ("a publisher:*office", 12, "wildcard cannot begin"),
        ('a OR country:"C', 13, "never closed"),
        ('a"b c"', 0, "quotation mark inside a word"),
    ],
)
def test_a_query_that_cannot_be_is_refused_with_place_and_reason(
    query: str, position: int, reason: str
) -> None:
    with pytest.raises(RuleError) as refused:
        parse(query)
    assert refused.value.position == position
    assert reason in refused.value.reason
    assert f"(at character {position + 1})" in str(refused.value)


@pytest.mark.parametrize(
    "query",
    ["(" * 19_000, "a" + ")" * 19_000, "(" * 4_500 + "a" + ")" * 9_000, "NOT " * 4_500 + "a",
     "-" * 19_000 + "a", "title:" * 3_000 + "a", "a " * 9_900, "a OR " * 3_900 + "a",
     "a AND b OR " * 1_800 + "a", "a* " * 6_600, '"' + "a " * 9_900 + '"', "a" * 19_900,
     "\\" * 19_900, '"' * 19_900, "港" * 19_900, "a b OR " * 2_800 + "c", "a" * 1_000_000,
     '"\\' * 9_900, "“" * 19_000],
    ids=lambda query: query[:12],
)  # fmt: skip
def test_a_huge_query_is_answered_soon(query: str) -> None:
    started = time.perf_counter()
    error = refusal(query)
    assert error is None or 0 <= error.position <= len(query)
    assert time.perf_counter() - started < 5


@STEADY
@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=40))
def test_no_query_crashes_the_parser(query: str) -> None:
    error = refusal(query)
    assert error is None or (error.reason and 0 <= error.position <= len(query))
