"""One tokenizer: spellings that mean the same are the same terms, and every term can be shown in
the original characters."""

from __future__ import annotations

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.text import BREAK, tokenize

STEADY = settings(derandomize=True, deadline=None, max_examples=200)
LETTERS = (
    "abgnzABGZ059éüñçÆøđřŠčžİ"
    "бйжЁїЩ"
    "κλςά"
    "清洁潔淨网網絡络華为為爲升国國後"
    "クリンガパーぁ"
    "청정네트워크"
    "بطحنظيف"
    "นเร"
)
MARKS = " \n-–'’\"“”「」()（）[].,;:!?…。，；：！？、/·\u00ad\u200b\u3000"
TEXT = st.text(st.sampled_from(LETTERS + MARKS), max_size=60)


def terms(text: str) -> list[str]:
    return [token.term for token in tokenize(text)]


def phrase(text: str) -> list[tuple[str, int]]:
    tokens = tokenize(text)
    return [(token.term, token.position - tokens[0].position) for token in tokens]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Open-Harbour", "open harbour"),
        ("“港口”开放", "港口开放"),
        ("「港口」開放", "港口开放"),
        ("the (open) harbour", "the open harbour"),
        ("[O]pen harbour", "open harbour"),
        ("U.S. ports", "US ports"),
        ("the U.K.", "the UK"),
        ("5G's masts", "5G masts"),
        ("the ministry’s note", "the ministry note"),
        ("the allies' note", "the allies note"),
        ("５Ｇ", "5g"),
        ("𝟓𝐆", "5G"),
        ("華為", "华为"),
        ("華爲", "华为"),
        ("凈港", "净港"),
        ("réseau", "re\u0301seau"),
        ("réseau", "reseau"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("Ёлка", "елка"),
        ("ﬁbre", "fibre"),
        ("Xi'an", "Xian"),
        ("l’Europe", "l Europe"),
        ("har\u00adbour", "harbour"),
        ("har\u200bbour", "harbour"),
        ("open\nharbour", "open harbour"),
        ("open\r\nharbour", "open harbour"),
        ("港口\n开放", "港口开放"),
        ("ｸﾘｰﾝ", "クリーン"),
        ("ク\u30ea\u30fcン・ネット", "クリーンネット"),
        ("カ\u3099", "ガ"),
        ("열린 항구", "열린항구"),
        (unicodedata.normalize("NFD", "열린 항구"), "열린항구"),
        ("1,000 ships", "1000 ships"),
        ("Mr. Tidewell", "Mr Tidewell"),
        ("Ada B. Tidewell", "Ada B Tidewell"),
        ("نسل ۵", "نسل 5"),
        ("⼈", "人"),
    ],
)
def test_spellings_of_the_same_are_the_same_phrase(one: str, other: str) -> None:
    assert phrase(one) == phrase(other)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("推进5G网络", ["推", "进", "5g", "网", "络"]),
        ("شبكات الـ5G", ["شبكات", "ال", "5g"]),
        ("4G/5G, #5G", ["4g", "5g", "5g"]),
        ("①5G", ["5g"]),
        ("harbour¹ Tidewell™", ["harbour", "tidewell"]),
        ("in 2020,5G and 2020.5G", ["in", "2020", "5g", "and", "2020", "5g"]),
        ("3.5 and 3.5G", ["3.5", "and", "3.5g"]),
        ("5 G", ["5", "g"]),
        ("㍿", ["株", "式", "会", "社"]),
        ("don't", ["dont"]),
        ("\ufeff\x00\ud800", []),
        ("", []),
    ],
)
def test_what_is_one_term(text: str, wanted: list[str]) -> None:
    assert terms(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["open{}harbour".replace("{}", mark + " ") for mark in ".,;:!?…—|"]
    + [f"港口{mark}开放" for mark in "。，；：！？、…"]
    + ["open\n\nharbour", "open\r\n \r\nharbour", "open.Harbour", "open\u2029harbour"],
)
def test_sentence_and_clause_marks_and_empty_lines_break_a_phrase(text: str) -> None:
    positions = [token.position for token in tokenize(text)]
    assert max(late - early for early, late in pairwise(positions)) > BREAK


@pytest.mark.parametrize(
    "text", ["open–harbour", "open / harbour", "open (harbour)", "the U.S. port"]
)
def test_other_marks_do_not_break_a_phrase(text: str) -> None:
    assert [token.position for token in tokenize(text)] == list(range(len(tokenize(text))))


@STEADY
@given(TEXT)
def test_every_term_gives_its_original_characters_back(text: str) -> None:
    last = 0
    for token in tokenize(text):
        assert last <= token.start < token.end <= len(text)
        assert token.term in terms(text[token.start : token.end])
        last = token.start


@STEADY
@given(TEXT)
def test_terms_do_not_depend_on_unicode_form(text: str) -> None:
    wanted = phrase(text)
    assert phrase(unicodedata.normalize("NFC", text)) == wanted
    assert phrase(unicodedata.normalize("NFD", text)) == wanted


@STEADY
@given(TEXT)
def test_terms_do_not_depend_on_letter_case(text: str) -> None:
    assert phrase(text.upper()) == phrase(text) == phrase(text.lower())


@STEADY
@given(TEXT)
def test_a_term_is_its_own_term(text: str) -> None:
    for token in tokenize(text):
        assert "".join(terms(token.term)) == token.term


@STEADY
@given(st.text(max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    tokens = tokenize(text)
    assert all(0 <= token.start < token.end <= len(text) and token.term for token in tokens)
    assert [token.position for token in tokens] == sorted({token.position for token in tokens})


@pytest.mark.parametrize(
    "piece",
    [
        "a.",
        "a'",
        "5,",
        "1,000,",
        "\n ",
        "[a]",
        "ก็",
        "한\u1100",
        "-",
        "5.",
        "a",
        "网",
        "\u200b ",
        "B. ",
    ],
)
def test_hostile_text_takes_time_in_proportion(piece: str) -> None:
    started = time.perf_counter()
    tokenize(piece * (300_000 // len(piece)))
    assert time.perf_counter() - started < 5
