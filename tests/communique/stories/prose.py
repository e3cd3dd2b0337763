"""Texts to be grouped, made here: the same number is the same text, another shares nothing."""

from __future__ import annotations

import random

_WORDS = """
    ambassador bridge council delegation evening farmer gathering harbour islands journey kitchen
    ladder market neighbours orchard partners quarry railway season teachers uplands valley workshop
    yesterday agreed brought carried decided explained followed gathered hoped invited joined kept
    listened mended noted opened painted raised settled travelled visited welcomed across beside
    careful distant early faithful gentle honest joint kindly lasting modest narrow open patient
    quiet rather sincere together useful warm young and but for of on over the their to under with
"""
WORDS = tuple(_WORDS.split())
CHARACTERS = (
    "山水田园春秋冬夏东西南北朋友学生老师医院桥路船车书画歌舞茶饭"
    "花草树木鸟鱼马牛羊天地日月星云风雨雪河海湖岛城村市门窗桌"
)


def prose(number: int, sentences: int = 12) -> str:
    """Sentences of twelve words; about a hundred and fifty words as a rule."""
    chance = random.Random(number)
    return " ".join(
        " ".join(chance.choices(WORDS, k=12)).capitalize() + "." for _ in range(sentences)
    )


def chinese(number: int, sentences: int = 12) -> str:
    """The same in Chinese characters, twenty to a sentence."""
    chance = random.Random(number)
    return "".join("".join(chance.choices(CHARACTERS, k=20)) + "。" for _ in range(sentences))


NOTICE = (
    "The Ministry announced on {day} that a team of {many} doctors will travel to {country} at the "
    "invitation of the government there. The team was put together by the health office of {city} "
    "and will stay in {country} for some weeks, share what it knows, and help those who fell ill. "
    "People in {country} and in our land have long been friends who stand by each other."
)
"""A template of seventy words."""
