"""A Chinese word is found without tokenizing all of a text, and is found exactly where it would be
if all of it were."""

from __future__ import annotations

import json
from functools import cache

from hypothesis import example, given, settings
from hypothesis import strategies as st

from communique.rules import Document, Matcher, Rule, compile_rules
from communique.text import Tokens, around, tokenize_columns
from communique.text.around import tokens_of
from tests.command import shared

QUERIES = (
    "华为", "華為", "中国", "清洁", "网", "清洁网络", '"华 为"', "中国 AND 网络", "网络 OR 华为",
    "净网 NOT 华为", "title:华为", "text:网 NOT title:中", "华为 country:CN", "が", "네트", "カ",
    "ไทย", "株式会社", "后", "NOT (NOT 网)",
)  # fmt: skip
PIECES = [
    *"华華为為中国國清潔网網络絡净后後", "华为", "華為", "网络", "中国", "が", "か\u3099", "カ",
    "ｶ", "ガ", "ﾞ", "㍿", "株式会社", "㏠", "일", "\u1102\u1166", "네트", "ไ", "ท", "ย", "ก็", "⼈",
    "𠀀", "\uf900", *"abß5５²①ـبשㇰ〇々ー", *" \n\t\r\u2028\u2029\u3000\x0b", *".,;:!?…。，、．！",
    *"'’“”\"[]()（）「」-—·/|", "\n\n", "\n \n", "\r\n", "\n]\n", "\u0301", "\u200b", "\u00ad",
    "\ufe0f", "\ud800", "Mr.", "3.5", "U.S.", "l'", "5.", "[华]", "'s", "B. ", "œ", "ﬁ", "Å",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=20)
LONG = "x" * around.SHORT  # behind a blank or a mark: no part of what stands before


@cache
def matcher(query: str, mask: str = "") -> Matcher:
    return compile_rules([Rule("w", "r", "r", "info", query, (mask,) if mask else ())])


def agrees(document: Document, query: str, mask: str = "") -> None:
    one = matcher(query, mask)
    assert one.match(document) == one.match_view(document, one.view(document)), query


@settings(derandomize=True, deadline=None, max_examples=120)
@given(TEXT, TEXT, st.sampled_from(["", "zh", "zh-Hant", "ja", "ko", "en"]))
@example("华\n\n为", "华\n]\n为 华\r\n为 华\n\u3000\n为 华.为 华'为 [华]为 华ـ为 华\u0301为", "zh")
def test_it_is_found_where_all_tokens_say(title: str, text: str, language: str) -> None:
    for behind in ("", " " + LONG, "。" + LONG):
        document = Document(title, text + behind, language, country="CN")
        for query in QUERIES:
            agrees(document, query)
        agrees(document, "华为", "中华为")
        agrees(document, "华为 OR 网络", "网络")


@settings(derandomize=True, deadline=None, max_examples=120)
@given(TEXT)
def test_its_tokens_are_the_texts_own(text: str) -> None:
    text += " " + LONG
    every = tokenize_columns(text)
    some = tokens_of(text, [("华", "为"), ("网",)])
    assert set(placed(some)) <= set(placed(every))


def placed(tokens: Tokens) -> list[tuple[str, int, int]]:
    return list(zip(tokens.terms, tokens.starts, tokens.ends, strict=True))


def test_on_the_corpus() -> None:
    lines = shared("corpus/texts.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    found = 0
    for row in rows:
        document = Document(row["title"] or "", row["text"] or "", row["lang"] or "")
        for language in {document.language, "zh", ""}:
            again = Document(document.title, document.text, language)
            for query in QUERIES:
                agrees(again, query)
                found += bool(matcher(query).match(again))
    assert found > 100


def test_a_word_beside_others_takes_the_usual_way() -> None:
    for query in ("华为 AND 5g", '"华为 中兴"~5', '"华为，中兴"', '"华为 5G"', "华?为"):
        document = Document("", "他们说，华为 5G、中兴，华为，中兴 5G。" * 20, "zh")
        agrees(document, query)
