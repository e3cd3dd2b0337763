"""Why a rule holds or not: every part of its query with its answer, and the reason in words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from communique.rules import Document, Explanation, Rule, Span, compile_rules, why

DOCUMENT = Document(
    "The dredging",
    "Harbour masters met. An open and old harbour closed. 升华为情. The pier, far from any "
    "of the new docks, has sand. Salt; water.",
    "en",
    "xx_port",
    "Port Office",
    "CN",
    None,
    "embassy",
    ("ports",),
)


def asked(query: str, *not_inside: str) -> Explanation:
    return why(Rule("w", "r", "A rule", "info", query, not_inside), DOCUMENT)


def every(explanation: Explanation) -> Iterator[Explanation]:
    yield explanation
    for part in explanation.parts:
        yield from every(part)


@pytest.mark.parametrize(
    ("query", "masks", "reason"),
    [
        ("lighthouse", (), "not in the title or text: lighthouse"),
        ('"old lighthouse"', (), "not in the title or text: lighthouse (1 other word of"),
        ('"open harbour"', (), "but with 2 others between where they are nearest: “open and old"),
        ('"harbour old"', (), "but in another order where they are nearest: “old harbour”"),
        ('"salt water"', (), "but a mark parts them: “Salt; water”"),
        ('"dredging sand"', (), "but not in one field"),
        ('"pier docks"~3', (), "6 words apart where they are nearest (“pier, far from any of"),
        ('"pier quay"~3', (), 'not in the title or text: "quay"'),
        ('"dredging sand"~30', (), "not in one field"),
        ("title:sand", (), "not in the title; in the text: “sand”"),
        ("text:dredging", (), "not in the text; in the title: “dredging”"),
        ("华为", ("升华为",), 'only inside what not_inside names: "升华为" (“升华为”)'),
        ("country:US", (), "country is CN, not US"),
        ("host_country:US", (), "host_country is not known"),
        ("topic:ships", (), "topic is ports, not ships"),
        ("lang:zh", (), "lang is en, not zh"),
        ("sand NOT harbour", (), "1 of 2 does not hold"),
        ("lighthouse OR beacon", (), "none of 2 holds"),
    ],
)
def test_what_failed_says_why(query: str, masks: tuple[str, ...], reason: str) -> None:
    explanation = asked(query, *masks)
    assert not explanation.held
    assert explanation.spans == ()
    assert reason in explanation.reason


def test_every_part_has_its_own_answer_and_place() -> None:
    explanation = asked("sand AND (lighthouse OR title:dredg*) AND NOT beacon AND country:CN")
    assert [(each.node, each.held) for each in every(explanation)] == [
        ("sand AND (lighthouse OR title:dredg*) AND NOT beacon AND country:CN", True),
        ("sand", True),
        ("lighthouse OR title:dredg*", True),
        ("lighthouse", False),
        ("title:dredg*", True),
        ("NOT beacon", True),
        ("beacon", False),
        ("country:CN", True),
    ]
    assert explanation.parts[1].spans == (Span("title", 4, 12),)
    assert explanation.reason == "all 4 hold"
    assert explanation.parts[0].reason == "found once: “sand”"


@pytest.mark.parametrize(
    "query",
    ["harbour", "title:harbour", '"open harbour"~2', "sand NOT salt", "a b", "lang:en docks",
     "(pier OR quay) AND (sand OR mud)", "publisher:port", '"har* masters"'],
)  # fmt: skip
def test_the_answer_is_the_matchers(query: str) -> None:
    rule = Rule("w", "r", "A rule", "info", query)
    hits = compile_rules([rule]).match(DOCUMENT)
    explanation = why(rule, DOCUMENT)
    assert explanation.held == bool(hits)
    assert explanation.spans == (hits[0].spans if hits else ())


def test_a_long_text_is_looked_through_once_for_all_words_of_a_rule() -> None:
    words = " ".join(f"word{number % 40}" for number in range(100_000))
    each = (f'"word{n} nowhere" OR "harbo* x{n}" OR text:"wor* x{n}"' for n in range(150))
    query = " OR ".join(each)
    rule = Rule("w", "r", "A rule", "info", query, ())
    begun = time.monotonic()
    why(rule, replace(DOCUMENT, text="short"))
    little = time.monotonic() - begun
    begun = time.monotonic()
    found = why(rule, replace(DOCUMENT, text=words))
    assert not found.held
    assert time.monotonic() - begun < 10 * little + 3  # not a look for each word
    assert asked('text:"dredging met"').reason.startswith("not in the text: dredging")
