"""What holds for every rule and every text: a highlight is the original characters, and how a text
is encoded, cased, wrapped or written makes no difference."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from communique.rules import Document, Matcher, Rule, compile_rules, why
from communique.text import tokenize

STEADY = settings(derandomize=True, deadline=None, max_examples=150)
WORDS = ["open", "Harbours", "5G", "3.5", "réseau", "Straße", "сеть", "Ёлка", "λιμάνι", "U.S.",
         "l'Europe", "港口", "開放", "网络", "網絡", "華為", "后", "열린", "クリーン", "ガ", "شبكة",
         "ก็", "İzmir", "Łódź", "ﬁbre", "ship", "quay"]  # fmt: skip
GLUE = [
    " ",
    " ",
    " ",
    "-",
    " “",
    "” ",
    ". ",
    ", ",
    "，",
    "。",
    "\n\n",
    " (",
    ") ",
    "/",
    "'s ",
    "\u200b",
]
QUERIES = [
    '"open harbours"', "open harbour", "5g", '"3.5 5g"~4', "reseau", '"strasse"', "сети", "елка",
    "λιμάνι*", '"us ship"', "europe", "港口", '"开放港口"', '"开放 网络"~6', "华为 NOT 后", "열린",
    "クリーン OR ガ", "شبكة", "izmir OR lodz", "fibre AND ship", "title:quay", "text:(ship OR 5g)",
    '"harb* ship"', "qua? -open", '"open * ship"', "lang:en quay", "\"l'europe\"",
]  # fmt: skip
TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GLUE)), max_size=14).map(
    lambda pairs: "".join(word + glue for word, glue in pairs)
)
LANGUAGES = st.sampled_from(["en", "ru", "zh-Hans", "ko", "", "fr"])
FULL_WIDTH = str.maketrans(
    {code: code + 0xFEE0 for code in range(0x30, 0x7B) if chr(code).isalnum()}
)


@cache
def matcher() -> Matcher:
    return compile_rules(
        Rule("w", f"r{number}", query, "info", query, ("港口网",) if number % 3 == 0 else ())
        for number, query in enumerate(QUERIES)
    )


@cache
def script(name: str) -> OpenCC:
    return OpenCC(name)


def held(title: str, text: str, language: str) -> dict[str, list[str]]:
    """The rules that hold, each with the terms of its highlights."""
    document = Document(title, text, language)
    return {
        hit.rule.id: [
            token.term
            for span in hit.spans
            for token in tokenize(getattr(document, span.field)[span.start : span.end])
        ]
        for hit in matcher().match(document)
    }


@STEADY
@given(TEXTS, TEXTS, LANGUAGES)
def test_a_highlight_is_the_original_characters(title: str, text: str, language: str) -> None:
    document = Document(title, text, language)
    for hit in matcher().match(document):
        ends = {"title": 0, "text": 0}
        for span in hit.spans:
            original = document.title if span.field == "title" else document.text
            assert ends[span.field] <= span.start < span.end <= len(original)
            ends[span.field] = span.end
            stands = [(each.start, each.end) for each in tokenize(original)]
            assert span.start in {start for start, _ in stands}
            assert span.end in {end for _, end in stands}
        # What is cut out by a highlight is found by the rule's own words again.
        if '"' not in hit.rule.query and "-" not in hit.rule.query:
            for span in hit.spans:
                piece = getattr(document, span.field)[span.start : span.end]
                either = re.sub(
                    r" AND | NOT 后|(?<=open) (?=harbour)|lang:en ", " OR ", hit.rule.query
                )
                query = either.strip(" OR").replace("title:", "").replace("text:", "")
                one = compile_rules([Rule("w", "r", "", "info", query)])
                assert one.match(Document("", piece, language)), (query, piece)


@STEADY
@given(TEXTS, TEXTS, LANGUAGES, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD", "wide"]))
def test_the_unicode_form_makes_no_difference(
    title: str, text: str, language: str, form: str
) -> None:
    def formed(written: str) -> str:
        if form == "wide":
            return written.translate(FULL_WIDTH)
        return unicodedata.normalize(form, written)  # type: ignore[arg-type]

    assert held(formed(title), formed(text), language) == held(title, text, language)


@STEADY
@given(TEXTS, TEXTS, LANGUAGES)
def test_letter_case_makes_no_difference(title: str, text: str, language: str) -> None:
    wanted = held(title, text, language)
    for cased in (str.upper, str.lower, str.swapcase, str.title):
        assert held(cased(title), cased(text), language) == wanted


@STEADY
@given(TEXTS, TEXTS, st.sampled_from(["zh", "zh-Hant", "en"]))
def test_the_script_variant_makes_no_difference(title: str, text: str, language: str) -> None:
    wanted = held(title, text, language)
    for name in ("s2t", "t2s", "s2hk", "s2tw"):
        convert = script(name).convert
        assert held(convert(title), convert(text), language) == wanted


@STEADY
@given(TEXTS, TEXTS, LANGUAGES, st.sampled_from(["\n", "\r\n", "\r", "\u2028"]))
def test_line_breaks_make_no_difference(title: str, text: str, language: str, line: str) -> None:
    def wrapped(written: str) -> str:
        return re.sub(r"(?<![\s]) (?!\s)", line, written)

    assert held(wrapped(title), wrapped(text), language) == held(title, text, language)


@STEADY
@given(TEXTS, TEXTS, LANGUAGES, st.sampled_from(QUERIES))
def test_the_explanation_says_what_the_matcher_says(
    title: str, text: str, language: str, query: str
) -> None:
    rule, document = Rule("w", "r", "", "info", query, ("港口网",)), Document(title, text, language)
    hits = compile_rules([rule]).match(document)
    explanation = why(rule, document)
    assert explanation.held == bool(hits)
    assert explanation.reason
    assert explanation.spans == (hits[0].spans if hits else ())


@STEADY
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=5), st.sampled_from(QUERIES))
def test_no_document_is_too_odd_to_be_explained(
    title: str, text: str, language: str, query: str
) -> None:
    document = Document(title, text, language)
    assert why(Rule("w", "r", "", "info", query), document).reason
