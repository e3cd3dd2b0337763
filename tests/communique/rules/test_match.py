"""A rule holds where its words stand, and shows them in the original characters."""

from __future__ import annotations

import pickle
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.rules import Document, Rule, RuleError, Span, compile_rules
from communique.text import tokenize

STEADY = settings(derandomize=True, deadline=None, max_examples=200)


def rule(query: str, *not_inside: str, id: str = "r", topic: str | None = None) -> Rule:  # noqa: A002
    return Rule("w", id, "A rule", "notice", query, not_inside, topic)


def matched(
    query: str, text: str, *not_inside: str, title: str = "", language: str = "en"
) -> list[str] | None:
    """The matched words as they stand in the original, the title's first; None: no match."""
    document = Document(title, text, language)
    hits = compile_rules([rule(query, *not_inside)]).match(document)
    return [getattr(document, s.field)[s.start : s.end] for s in hits[0].spans] if hits else None


@pytest.mark.parametrize(
    ("query", "text", "wanted"),
    [
        ('"open harbour"', "An Open-Harbour, an OPEN\nharbour.", ["Open-Harbour", "OPEN\nharbour"]),
        ('"open harbour"', "He kept it open. Harbour masters came.", None),
        ('"open harbour"', "open, harbour", None),
        ('"open harbour"', "open\n\nharbour", None),
        ('"open harbour"', "open harbours", None),
        ("open harbour", "The harbours were opened.", ["harbours", "opened"]),
        ('"open harb*"', "open harbours and open harbingers", ["open harbours", "open harbingers"]),
        ('"open * harbour"', "open old harbour, open harbour", ["open old harbour"]),
        ('"old * harbour"', "old open harbour, new open harbour", ["old open harbour"]),
        ("harb*r", "harbour harbor harbours", ["harbour", "harbor"]),
        ("colo?r", "color colour", ["colour"]),
        ('"5g"', "５Ｇ, 5G's and 5g", ["５Ｇ", "5G", "5g"]),
        ('"5g"', "5 g of it, 15g, 5gb", None),
        ('"港口"', "“港”口与港\n口，港，口", ["港”口", "港\n口"]),
        ("华为", "華為、华為和華爲", ["華為", "华為", "華爲"]),
        ('"5g"', "推进5G网络", ["5G"]),
        ('"열린 항구"', "열린항구는 열린 항구", ["열린항구", "열린 항구"]),
        ('"열린항구"', "열린 항구", ["열린 항구"]),
        ('"クリーン港"', "クリーン・港", ["クリーン・港"]),
        ("ship AND (quay OR dock*)", "A ship at the docks.", ["ship", "docks"]),
        ("ship AND (quay OR dock*)", "A ship at sea.", None),
        ("(ship AND quay) OR sand", "A ship on sand.", ["sand"]),
        ("ship NOT quay", "A ship.", ["ship"]),
        ("ship NOT quay", "A ship, a quay.", None),
        ('"ship quay"~2', "A quay for the ship.", ["quay", "ship"]),
        ('"ship quay"~2', "A quay for the old ship.", None),
        ('"ship quay"~2', "The ship. A quay.", ["ship", "quay"]),
        ('"ship ship"~2', "A ship.", None),
        ('"ship ship"~2', "A ship and a ship.", ["ship", "ship"]),
        ('"ship old-quay"~3', "The old quay has a ship.", ["old quay", "ship"]),
        ('"港口 开放"~2', "开放了港口", ["开放", "港口"]),
        ('"港口 开放"~2', "开港放口", None),
        ('"U.S. ship"', "a US ship", ["US ship"]),
        ('"ship: sand"', "ship: sand", ["ship: sand"]),
        ('"ship: sand"', "ship sand", None),
        ('"a ship" OR "ship sails"', "a ship sails", ["a ship sails"]),
    ],
)
def test_a_rule_holds_where_its_words_stand(
    query: str, text: str, wanted: list[str] | None
) -> None:
    assert matched(query, text) == wanted


@pytest.mark.parametrize(
    ("language", "query", "text"),
    [
        ("de", "Hafen", "des Hafens"),
        ("ru", "гавань", "в гавани"),
        ("es", "prohibición", "prohibiciones"),
        ("fr", "réseau", "les réseaux"),
        ("zh-Hant", "開放港口", "开放港口"),
        ("xx", "harbours", "harbours"),
    ],
)
def test_unquoted_words_match_other_forms_in_the_statements_language(
    language: str, query: str, text: str
) -> None:
    assert matched(query, text, language=language)
    assert matched(f'"{query}"', text, language=language) is None or language in ("zh-Hant", "xx")


def test_one_rulebook_serves_every_language() -> None:
    matcher = compile_rules([rule("harbour", id="bare"), rule('"harbour"', id="quoted")])

    def ids(text: str, language: str) -> list[str]:
        return [hit.rule.id for hit in matcher.match(Document("", text, language))]

    assert ids("harbours", "en") == ["bare"]
    assert (
        ids("harbour", "en") == ids("harbour", "zh") == ids("harbour", "nl") == ["bare", "quoted"]
    )
    assert ids("harbours", "zh") == []


def test_the_title_counts_and_comes_first() -> None:
    matcher = compile_rules([rule('"ship"')])
    document = Document("A ship", "Another ship, a ship", "en")
    assert matcher.match(document)[0].spans == (
        Span("title", 2, 6), Span("text", 8, 12), Span("text", 16, 20),
    )  # fmt: skip


def test_a_phrase_or_a_distance_does_not_reach_from_the_title_into_the_text() -> None:
    assert matched('"old ship"', "ship", title="old") is None
    assert matched('"old ship"~5', "ship", title="old") is None
    assert matched("old ship", "ship", title="old") == ["old", "ship"]


def test_fields_ask_for_the_title_the_text_and_the_facts() -> None:
    document = Document(
        "Quay", "Ship", "zh-Hans", "cn_mfa", "Ministry of Harbours, Tidewell", "CN", "DE",
        "embassy", ("5g",),
    )  # fmt: skip

    def holds(query: str) -> bool:
        return bool(compile_rules([rule(query)]).match(document))

    for query in (
        "title:quay", "text:ship", "source:cn_mfa", "source:cn_*", "country:cn", "host_country:DE",
        "lang:zh", "lang:zh-Hans", "kind:embassy", 'publisher:"ministry of harbours"',
        "publisher:tidewell", "topic:5g", "country:(US OR CN) ship", "ship NOT country:US",
    ):  # fmt: skip
        assert holds(query), query
    for query in (
        "title:ship", "text:quay", "source:mfa", "country:us", "country:DE", "lang:en",
        "kind:news", "publisher:ministries", "topic:huawei", "ship NOT country:CN",
        'title:"quay ship"~5',
    ):  # fmt: skip
        assert not holds(query), query


def test_a_rule_may_ask_for_the_topic_that_another_rule_gives() -> None:
    matcher = compile_rules(
        [rule("topic:boats ban", id="asks"), rule('"ship"', id="gives", topic="boats")]
    )
    assert [hit.rule.id for hit in matcher.match(Document("", "a ship ban", "en"))] == [
        "asks",
        "gives",
    ]
    assert [hit.rule.id for hit in matcher.match(Document("", "a ban", "en"))] == []


@pytest.mark.parametrize(
    ("query", "masks", "text", "wanted"),
    [
        ("华为", ["升华为"], "升华为情", None),
        ("华为", ["升华为"], "昇華為情，华为", ["华为"]),
        ("华为 OR 提升华为", ["升华为"], "提升华为", ["提升华为"]),
        ('"5g"', ['"5g salt"~2'], "5g of table salt", None),
        ('"5g"', ['"5g salt"~2'], "5g masts. 5g salt", ["5g"]),
        ('"ship sand"~3', ["ship yard"], "ship yard sand", None),
        ("sand NOT ship", ["ship yard"], "ship yard sand", ["sand"]),
        ('"prism"', ["through * prism"], "through his prism, the prism", ["prism"]),
    ],
)
def test_a_match_that_is_part_of_another_word_does_not_count(
    query: str, masks: list[str], text: str, wanted: list[str] | None
) -> None:
    assert matched(query, text, *masks) == wanted


def test_a_rule_that_cannot_be_used_is_refused_when_it_is_compiled() -> None:
    with pytest.raises(RuleError):
        compile_rules([rule("NOT ship")])
    with pytest.raises(RuleError):
        compile_rules([rule("ship", '"a b"~2 OR c')])


def test_an_error_keeps_its_place_across_processes() -> None:
    error = pickle.loads(pickle.dumps(RuleError("no letter", 7)))
    assert (error.reason, error.position, str(error)) == (
        "no letter",
        7,
        "no letter (at character 8)",
    )


WORDS = ["open", "harbour", "5G", "港口", "開放", "열린", "ship", "réseau", "сеть", "U.S."]
GLUE = st.sampled_from([" ", "-", "\n", " “", "” ", ". ", "，", "\n\n", " (", ") ", "/"])
TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), GLUE), max_size=15).map(
    lambda pairs: "".join(word + glue for word, glue in pairs)
)


@STEADY
@given(TEXTS, st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join))
def test_spans_are_the_original_characters_of_the_matched_words(text: str, phrase: str) -> None:
    wanted = [token.term for token in tokenize(phrase)]
    stands = [token.term for token in tokenize(text)]
    positions = [token.position for token in tokenize(text)]
    size = len(wanted)
    places = [
        place
        for place in range(len(stands) - size + 1)
        if stands[place : place + size] == wanted
        and positions[place + size - 1] - positions[place] == size - 1
    ]
    found = matched(f'"{phrase}"', text)
    assert bool(places) == (found is not None)
    for span in found or []:
        assert " ".join(wanted) in " ".join(token.term for token in tokenize(span))


@STEADY
@given(TEXTS, st.sampled_from(['"open harbour"', "港口", "열린", "reseau ship", '"сеть us"~4']))
def test_a_match_does_not_depend_on_how_the_text_is_written(text: str, query: str) -> None:
    wanted = matched(query, text) is not None
    traditional = text.translate(str.maketrans("开", "開"))
    wrapped = text.replace(" ", "\n").replace("\n\n\n", "\n\n")
    for other in (unicodedata.normalize("NFD", text), text.upper(), text.lower(), traditional):
        assert (matched(query, other) is not None) == wanted
    if "\n" not in text:
        assert (matched(query, wrapped.replace("\n\n", "\n")) is not None) == wanted


@STEADY
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=5))
def test_no_document_is_too_odd(title: str, text: str, language: str) -> None:
    matcher = compile_rules([rule("a OR 港 OR 1*", "a b"), rule('"a e"~5 OR топ')])
    for hit in matcher.match(Document(title, text, language)):
        for span in hit.spans:
            assert 0 <= span.start < span.end <= len(title if span.field == "title" else text)


@pytest.mark.parametrize(
    "piece", ["ship quay ", "ship ", "s", "网络", "ship\n\n", "5g salt ", "a" * 50 + "b "]
)
def test_a_huge_document_takes_time_in_proportion(piece: str) -> None:
    rules = [
        rule('"ship quay"~1000'), rule('"ship ship quay"~50'), rule("网络 OR s*s*s*s*x"),
        rule("a*a*a*a*c"), rule('"5g"', '"5g salt"~2', "salt 5g"), rule("ships NOT quays"),
    ]  # fmt: skip
    matcher = compile_rules(rules)
    started = time.perf_counter()
    matcher.match(Document("", piece * (400_000 // len(piece)), "en"))
    assert time.perf_counter() - started < 10
