"""What a made-up web publishes: many sources, some of which share a host, statements for each, and
their facts as a maintainer would write them. Nothing but Python's own library is needed here.

The text is put together from words that were never heard, so that no two statements resemble each
other. Every tenth is a repost, word for word, of what another source says; every twenty-fifth names
what the watchlists look for.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property

DESKS = ("china", "united_states", "europe", "asia_pacific", "elsewhere", "media")
# What a source is, by its number: language and reader.
KINDS = (
    ("zh", "china_mission"),
    ("en", "china_mission"),
    ("en", "wordpress"),
    ("de", "generic"),
    ("en", "generic"),
)
COUNTRIES = ("DE", "CZ", "PL", "JP", "AU", "CA", "KE", "BR")
NAMED = {
    "en": "The minister was asked about Huawei and the security of 5G networks.",
    "de": "Auf die Frage nach Huawei und der Sicherheit von 5G-Netzen wich der Minister aus.",
    "zh": "发言人就华为公司和5G网络安全问题回答了记者的提问。",
}
LITTLE = {"en": "and the of to in for", "de": "und der die von in mit", "zh": "的 在 和"}
SENTENCES = 24


@dataclass(frozen=True, slots=True)
class Statement:
    """number: which of its source's; at: when it was published (aware)."""

    number: int
    title: str
    paragraphs: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class Plan:
    """share: of so many sources in a row the last shares the host of the one `apart` before it;
    desks: how many desks they are dealt to; now: nothing is dated later (aware, UTC)."""

    sources: int
    statements: int
    now: datetime
    share: int = 10
    apart: int = 1
    desks: int = len(DESKS)

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """All host names, each once."""
        return tuple(dict.fromkeys(self.host(each) for each in range(self.sources)))

    def host(self, source: int) -> str:
        """The name of a source's host."""
        shares = source % self.share == self.share - 1
        return f"host-{source - self.apart * shares:03}.test"

    def count(self, source: int) -> int:
        """How many statements a source has."""
        most, more = divmod(self.statements, self.sources)
        return most + (source < more)

    def statement(self, source: int, number: int) -> Statement:
        """One of a source's statements, from 0, the newest; the same whenever it is asked for."""
        language, _ = KINDS[source % len(KINDS)]
        reposted = number % 10 == 9 and source >= len(KINDS)
        origin = source - len(KINDS) if reposted else source  # of the same language
        chance = random.Random(f"{origin} {number}")
        said = [_sentence(chance, language) for _ in range(SENTENCES)]
        if (origin + number) % 25 == 0:
            said[3] = NAMED[language]
        joint = "" if language == "zh" else " "
        paragraphs = tuple(joint.join(said[i : i + 4]) for i in range(0, SENTENCES, 4))
        title = _sentence(chance, language)[:70].strip(" .。")
        minutes = 20 * number + source % 7 + 1
        return Statement(number, title, paragraphs, self.now - timedelta(minutes=minutes))

    def facts(self, address: Callable[[str], str], delay: float | None = None) -> dict[str, str]:
        """The files of source facts, by name. address: where a host is asked, as
        `http://name:port`; delay: of every source, in seconds; None: the usual one."""
        files: dict[str, list[dict[str, object]]] = {}
        for source in range(self.sources):
            language, reader = KINDS[source % len(KINDS)]
            listing = {
                "url": f"{address(self.host(source))}/s{source:03}/news/",
                "type": "rss" if reader == "generic" else "html",
                "confidence": "seen",
            }
            facts: dict[str, object] = {
                "id": f"source_{source:03}",
                "publisher": f"Ministry number {source}",
                "kind": "ministry",
                "country": COUNTRIES[source % len(COUNTRIES)],
                "languages": [language],
                "time_zone": "UTC",
                "reader": reader,
                "listings": [listing],
            }
            if delay is not None:
                facts["delay"] = delay
            files.setdefault(f"{DESKS[source % self.desks]}.yaml", []).append(facts)
        return {name: json.dumps(rows, indent=1) for name, rows in files.items()}  # YAML too


@cache
def _words(language: str) -> tuple[str, ...]:
    chance = random.Random(1)
    if language == "zh":
        return tuple(chr(0x4E00 + number) for number in range(2000))
    words = (
        "".join(chance.choice("bdfgklmnprstv") + chance.choice("aeiou") for _ in range(2))
        + chance.choice(("", "n", "r", "s", "ga", "lo", "mi"))
        for _ in range(2000)
    )
    return tuple(word.capitalize() if language == "de" else word for word in words)


def _sentence(chance: random.Random, language: str) -> str:
    """So many words that were never heard, every other one after a little one of the language."""
    words, little = _words(language), LITTLE[language].split()
    parts: list[str] = []
    for _ in range(chance.randint(10, 20)):
        parts += [chance.choice(little)] if chance.random() < 0.5 else []
        parts.append(chance.choice(words))
    said = ("" if language == "zh" else " ").join(parts)
    return f"{said[0].upper()}{said[1:]}{'。' if language == 'zh' else '.'}"
