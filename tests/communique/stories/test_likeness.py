"""What two texts are to each other."""

from __future__ import annotations

import random

import pytest

from communique.stories.candidates import shape_of_text
from communique.stories.likeness import Relation, likeness
from tests.communique.stories.prose import NOTICE, WORDS, chinese, prose

SERBIA = {"day": "21 March", "many": "six", "country": "Serbia", "city": "Canton"}
PERU = {"day": "9 May", "many": "ten", "country": "Peru", "city": "Hebei"}
SENT = (
    "为支持{0}应对疫情，本国政府决定向{0}派遣医疗专家组。专家组由卫生部门组建，由{1}选派，"
    "将与{0}同行分享经验，提供咨询，帮助{0}提高救治水平。"
    "两国人民患难与共，友谊深厚，愿携手战胜困难，早日恢复正常生活。"
)


def relation(one: str, other: str, title: str = "", other_title: str = "") -> Relation:
    return likeness(shape_of_text(title, one), shape_of_text(other_title, other)).relation


def replaced(text: str, share: float, number: int) -> str:
    chance = random.Random(number)
    words = text.split(" ")
    return " ".join(chance.choice(WORDS) if chance.random() < share else word for word in words)


FURNITURE = "Home > News. Print this page. Follow us. All rights reserved by the embassy. "
A, B = prose(1), prose(2)
HAN = chinese(1)
SAME = {
    "word for word": (A, A),
    "in capitals": (A, A.upper()),
    "furniture around it": (A, FURNITURE + A + FURNITURE),
    "a sentence dropped": (A, A.replace(A.split(". ")[4] + ". ", "")),
    "sentences in another order": (A, ". ".join(sorted(A.split(". ")))),
    "one word in twenty replaced": (A, replaced(A, 0.05, 7)),
    "cut after two thirds": (A, A[: len(A) * 2 // 3]),
    "the headline in it": (A, "On the new bridge across the valley. " + A),
    "a misspelt name": (A + " Said Marovitch of Tallinn.", A + " Said Marowitch of Talinn."),
    "Chinese with furniture": (HAN, "来源：网站 打印本页 " + HAN + " 分享到朋友圈"),
    "Chinese with a character replaced": (HAN, HAN.replace(HAN[30], "门")),
}


@pytest.mark.parametrize("name", SAME)
def test_a_repost_that_was_edited_is_the_same_story(name: str) -> None:
    one, other = SAME[name]
    assert relation(one, other) is relation(other, one) is Relation.SAME


def test_a_text_that_quotes_two_fifths_of_another_is_another_story() -> None:
    quoted = A[: len(A) * 2 // 5]
    assert relation(A, quoted + " " + prose(3, 6)) is Relation.OTHER
    assert relation(prose(3, 6) + " " + quoted, A) is Relation.OTHER


@pytest.mark.parametrize("swapped", [("country",), ("day", "many"), tuple(PERU)])
def test_the_same_notice_with_other_names_and_numbers_is_another_story(
    swapped: tuple[str, ...],
) -> None:
    other = NOTICE.format(**SERBIA | {name: PERU[name] for name in swapped})
    assert relation(NOTICE.format(**SERBIA), other) is Relation.TEMPLATE


def test_names_that_the_script_does_not_show_are_told_by_the_titles_or_by_recurring() -> None:
    one, other = SENT.format("青山国", "北城"), SENT.format("白水国", "南市")
    titles = ("向青山国派遣医疗专家组", "向白水国派遣医疗专家组")
    assert relation(one, other) is Relation.TEMPLATE
    assert relation(one, other, *titles) is Relation.TEMPLATE
    assert relation(one, one.replace("深厚", "长久"), *titles) is Relation.SAME


def test_a_remark_is_part_of_the_conference_that_holds_it_and_no_repost_of_it() -> None:
    conference = prose(5, 20) + " " + A + " " + prose(6, 20)
    assert relation(A, conference) is Relation.PART
    assert relation(conference, A) is Relation.WHOLE
    assert relation("Question by the press. " + A, conference) is Relation.PART


def test_short_notices_are_alike_by_chance() -> None:
    assert relation("Closed on Monday.", "Closed on Monday.") is Relation.OTHER
    assert relation("使馆周一休息。", "使馆周一休息。") is Relation.OTHER
    two = prose(8, 2)
    assert relation(two, two) is Relation.SAME
    assert relation(two, two.replace(two.split()[9], "sky")) is Relation.OTHER


def test_texts_without_words_are_like_nothing() -> None:
    for text in ("", "...", "a b", "字"):
        assert relation(text, text) is Relation.OTHER
        assert relation(text, A) is Relation.OTHER
