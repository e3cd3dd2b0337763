"""Promise: a text's language is the one it is in, whatever the page around it declares."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scrapers.language import language_of, primary

TEXTS = {
    "en": "The regulator said that operators have answered its questions about base stations.",
    "zh": "监管机构表示，运营商已经答复了有关基站的全部问题，并将提交更多文件。",
    "ja": "規制当局は、事業者が基地局に関する質問にすべて回答したと述べた。",
    "ko": "규제 당국은 사업자들이 기지국에 관한 모든 질문에 답변했다고 밝혔다.",
    "de": "Die Behörde teilte mit, die Betreiber hätten alle ihre Fragen beantwortet.",
    "fr": "L'autorité a déclaré que les opérateurs avaient répondu à toutes ses questions.",
    "ru": "Регулятор сообщил, что операторы ответили на все вопросы о базовых станциях.",
    "nl": "De toezichthouder zei dat de aanbieders alle vragen over de masten hebben beantwoord.",
    "es": "El regulador dijo que los operadores han respondido a todas las preguntas.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_the_language_is_told_from_the_text(language: str) -> None:
    assert language_of(TEXTS[language]) == language
    assert language_of(TEXTS[language], expected=("en", language)) == language


@pytest.mark.parametrize("language", TEXTS)
def test_a_declaration_that_the_text_contradicts_loses(language: str) -> None:
    declared = "zh-CN" if language != "zh" else "en-US"
    assert language_of(TEXTS[language], expected=(language,), declared=declared) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("外交部发言人就题为“Beyond the Network”的报告答记者问，表示中方坚决反对。", "zh"),
        ("대변인은 'Beyond the Network' 보고서에 대해 논평하지 않겠다고 밝혔다.", "ko"),
        ("Le ministre a pris part au forum « Beyond the Network » et a rappelé les règles.", "fr"),
        ("El embajador participó en el foro 'Beyond the Network' y recordó las reglas.", "es"),
    ],
)
def test_an_english_name_does_not_make_a_short_text_english(text: str, language: str) -> None:
    assert language_of(text, expected=(language, "en", "zh")) == language


@pytest.mark.parametrize("expected", ["sr", "hr", "bs"])
def test_serbian_croatian_and_bosnian_are_what_the_source_calls_them(expected: str) -> None:
    text = (
        "Ambasada je saopštila da su optužbe protiv kompanije neosnovane i da zemlja ostaje"
        " posvećena saradnji."
    )
    assert language_of(text, expected=(expected, "zh")) == expected


def test_a_language_that_the_source_never_used_is_told_all_the_same() -> None:
    assert language_of(TEXTS["fr"] * 3, expected=("en", "zh")) == "fr"


def test_a_text_too_short_to_tell_is_what_is_declared_or_all_that_is_expected() -> None:
    assert language_of("5G", declared="de-AT") == "de"
    assert language_of("5G", expected=("en",)) == "en"
    assert language_of("5G", expected=("en", "fr"), declared="zh") is None
    assert language_of("") is None


def test_a_tag_is_read_for_its_language() -> None:
    assert primary("en-GB") == "en"
    assert primary("zh_CN") == "zh"
    assert primary("english") is None
    assert primary(None) is None


def test_threads_that_need_the_model_at_once_load_it_once() -> None:
    code = """
import sys
from concurrent.futures import ThreadPoolExecutor
from scrapers.language import identify
from tests.memory import most
before = most()
list(ThreadPoolExecutor(12).map(identify, [sys.argv[1]] * 12))
print((most() - before) // 1_000_000)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, TEXTS["de"]], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 250, f"{done.stdout.strip()} MB for one model"
