"""What synthetic statements are made of: runs of words as they stand in real texts, by language.

Drawing runs of one to four words at random keeps how often each word occurs, and much of what it
stands beside, while no passage of eight words is repeated but by design. Runs that speak of what
the benchmarks look for are left out, so that its share can be chosen. Without ../shared/corpus the
words are invented, and occur by Zipf's law.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from functools import cache
from itertools import accumulate
from pathlib import Path

from opencc import OpenCC

from scrapers.charset import decode
from scrapers.readers import Page, reader
from scrapers.sources import Source
from scrapers.warc import read_records

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
CHOSEN = re.compile(r"huawei|5g\b|clean|network|华为|華為|清洁|清潔|网络|網絡|網路", re.IGNORECASE)
LEAST = 2_000  # runs of a language; what the corpus lacks is invented
SYLLABLES = [a + b for a in (*"bdfgklmnprstvz", "st", "tr") for b in "aeiou"]
# The commonest characters: what is invented in Chinese shares its characters with all else.
CHARACTERS = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而"
    "方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应"
)
SPACELESS = ("zh", "zh-Hant", "ja", "th", "lo")

Runs = Mapping[str, Sequence[str]]


def runs_of(languages: Sequence[str], seed: int) -> Runs:
    """For each language (`zh-Hant`: Chinese in traditional characters) the runs to draw from, all
    equally often. Takes some seconds: real pages are read."""
    chance = random.Random(seed)
    real: dict[str, list[str]] = defaultdict(list)
    for language, text in _real_texts():
        real[language] += _cut(language, text, chance)
    if real["zh"]:
        real["zh-Hant"] += map(OpenCC("s2t").convert, real["zh"])
    return {
        language: real[language] + _invented(language, max(0, LEAST - len(real[language])), chance)
        for language in (*languages, "zh-Hant")
    }


def _real_texts() -> Iterator[tuple[str, str]]:
    """Language and text of what the corpus holds; nothing where it is not there."""
    labelled = CORPUS / "texts.jsonl"
    if labelled.is_file():
        for line in labelled.read_text("utf-8").splitlines():
            row = json.loads(line)
            if not row["hard_negative"]:
                yield {"zh-Hans": "zh"}.get(row["lang"], row["lang"]), row["text"]
    pages = CORPUS / "mfa-spokesperson.warc.gz"
    if pages.is_file():
        yield from _ministry_texts(pages)


def _ministry_texts(pages: Path) -> Iterator[tuple[str, str]]:
    source = Source(
        id="bench",
        desk="china",
        publisher="A ministry",
        kind="ministry",
        languages=("en", "zh"),
        reader="china_mfa",
    )
    now = datetime(2020, 7, 4, tzinfo=timezone.utc)
    for record in read_records(str(pages)):
        if b"News_Body_Txt_A" in record.body:
            html = decode(record.body, "text/html")
            article = reader("china_mfa").article(Page(record.place.url, html, source, now))
            yield (
                article.language or ("en" if "mfa_eng" in record.place.url else "zh"),
                article.text,
            )


def _cut(language: str, text: str, chance: random.Random) -> Iterator[str]:
    """The text in runs of one to four words; of two to eight characters where no blanks part
    words."""
    spaceless = language in SPACELESS
    units = re.findall(r"\S", text) if spaceless else text.split()
    joint, least, most = ("", 2, 8) if spaceless else (" ", 1, 4)
    at = 0
    while at < len(units):
        length = chance.randint(least, most)
        run = joint.join(units[at : at + length])
        at += length
        if not CHOSEN.search(run):
            yield run


def _invented(language: str, count: int, chance: random.Random) -> list[str]:
    """Runs of invented words that occur by Zipf's law, with a mark here and there."""
    spaceless = language in SPACELESS
    own = random.Random(language)  # each language has words of its own
    words = [rare_word(language, own.randrange(10**6)) for _ in range(max(1, count // 2))]
    weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
    marks = ("，", "。", "", "", "", "", "", "") if spaceless else (",", ".", *[""] * 8)
    joint = "" if spaceless else " "
    return [
        joint.join(chance.choices(words, cum_weights=weights, k=chance.randint(1, 3)))
        + chance.choice(marks)
        for _ in range(count)
    ]


def rare_word(language: str, number: int) -> str:
    """A word that stands for this number, and no other in its language."""
    if language in SPACELESS:
        digits, base = list(_characters(language == "zh-Hant")), len(CHARACTERS)
    else:
        digits, base = SYLLABLES, len(SYLLABLES)
    parts = []
    while True:
        number, digit = divmod(number, base)
        parts.append(digits[digit])
        if not number:
            break
        number -= 1
    return "".join(parts) if language in SPACELESS else "".join(parts).capitalize() + "n"


@cache
def _characters(traditional: bool) -> str:
    return OpenCC("s2t").convert(CHARACTERS) if traditional else CHARACTERS
