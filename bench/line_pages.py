"""Pages for the whole line: what a mission of China puts on the web in some weeks, 50 KB each.

Made of runs of words of real texts (bench/wording.py), of which no passage is repeated but by
design: of ten pages one is a repost of an earlier one under another address, as embassies do it.
With ../shared the spokesperson's real pages come on top.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.wording import runs_of
from scrapers.sources import ListingFacts, Source
from scrapers.warc import read_records

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "mfa-spokesperson.warc.gz"
CHARACTERS, FURNITURE = 3_600, 330
MINISTRY = "china_mfa"


@dataclass(frozen=True, slots=True)
class Made:
    """A page: its source's place, its address, its bytes, its text's marks for a plain reader."""

    source: str
    url: str
    body: bytes
    title: str
    date: str
    text: str


MISSION_MARKS = ("div.title", "div.date", "div.trs_editor_view")
MINISTRY_MARKS = ("#News_Body_Title", "#News_Body_Time", "#News_Body_Txt_A")


def sources(places: int) -> list[Source]:
    """Missions, one a host, and the ministry."""
    made = [
        Source(
            id=f"mission_{n}",
            desk="china",
            publisher=f"Mission {n}",
            kind="embassy",
            languages=("en",),
            time_zone="Asia/Shanghai",
            reader="china_mission",
            listings=(ListingFacts(url=f"http://m{n}.china-embassy.example/eng/"),),
        )
        for n in range(places)
    ]
    return [*made, made[0].model_copy(update={"id": MINISTRY, "reader": "china_mfa"})]


def pages(count: int, places: int, seed: int = 3) -> list[Made]:
    """So many made pages, and the real ones where they are."""
    chance, runs = random.Random(seed), runs_of(["en"], seed)["en"]
    made, texts = list[Made](), list[str]()
    for number in range(count):
        repost = texts and number % 10 == 9
        text = chance.choice(texts) if repost else _text(chance, runs)
        texts.append(text)
        made.append(_page(number, f"mission_{number % places}", number % places, text))
    return [*made, *_real()]


def _text(chance: random.Random, runs: Sequence[str]) -> str:
    paragraphs, length = list[str](), 0
    while length < CHARACTERS:
        words = " ".join(chance.choice(runs) for _ in range(chance.randint(15, 50)))
        paragraphs.append(words.replace("<", " ").replace("&", " "))
        length += len(words)
    return "".join(f"<p>{words}</p>" for words in paragraphs)


def _page(number: int, source: str, place: int, text: str) -> Made:
    host = f"http://m{place}.china-embassy.example"
    day = f"2026-{number % 9 + 1:02d}-{number % 27 + 1:02d}"
    menu = "".join(
        f'<li class="menu{n % 7}"><a href="/eng/s{n}/" title="Section {n}">Section {n}</a></li>'
        for n in range(FURNITURE)
    )
    body = (
        f"<!doctype html><html><head><meta charset=utf-8><title>Statement {number}</title></head>"
        f"<body><div class='head'><ul>{menu}</ul></div><div class='title'>Statement {number} of "
        f"mission {place}</div><div class='date'>{day} 10:30</div>"
        f"<div class='trs_editor_view TRS_UEDITOR'>{text}</div><ul>{menu}</ul></body></html>"
    ).encode()
    url = f"{host}/eng/xwdt/{day.replace('-', '')[:6]}/t{day.replace('-', '')}_{number}.htm"
    return Made(source, url, body, *MISSION_MARKS)


def _real() -> list[Made]:
    if not CORPUS.is_file():
        return []
    return [
        Made(MINISTRY, record.place.url, record.body, *MINISTRY_MARKS)
        for record in read_records(str(CORPUS))
        if b"News_Body_Txt_A" in record.body
    ]
