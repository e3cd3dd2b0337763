"""Stems, in the statement's own language."""

from __future__ import annotations

import pytest

from communique.text import stem


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", ["harbour", "harbours"]),
        ("de", ["hafen", "hafens"]),
        ("fr", ["reseau", "reseaux"]),
        ("es", ["comunicacion", "comunicaciones"]),
        ("ru", ["гавань", "гавани", "гаванью"]),
        ("nl", ["schip", "schippen"]),
        ("it", ["porto", "porti"]),
        ("pt", ["porto", "portos"]),
    ],
)
def test_forms_of_a_word_share_a_stem(language: str, forms: list[str]) -> None:
    assert len({stem(form, language) for form in forms}) == 1
    assert stem(forms[0], f"{language}-XX") == stem(forms[0], language)


@pytest.mark.parametrize("language", ["zh", "ja", "ko", "", "xx", "zh-Hant"])
def test_other_languages_keep_their_words(language: str) -> None:
    assert stem("harbours", language) == "harbours"
    assert stem("港", language) == "港"


def test_a_term_with_a_digit_has_no_other_forms() -> None:
    assert stem("5gs", "en") == "5gs"
