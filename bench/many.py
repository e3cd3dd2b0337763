"""Many statements, made up, the same for the same seed: what a large store is filled with.

About 3 KB each, of the real sources, as many a day whatever their number: a million in ten years.
8 % are reposts of an earlier one, 20 % hold a passage that stood in an earlier one, 2 % speak of
Huawei and 0.1 % of a clean network. The vocabulary grows with the number of statements, as it does
in real ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from itertools import accumulate

from bench.wording import SPACELESS, Runs, rare_word, runs_of
from scrapers.sources import Source

SEED = 20_26
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)  # the moment after the last statement
APART = timedelta(days=3_650) / 1_000_000
REPOSTS, REUSED, HUAWEI, CLEAN = 0.08, 0.2, 0.02, 0.001
TRADITIONAL = 0.3  # of the statements in Chinese
RARE = 6  # words of a text that are invented for it, or for few others
# Sentences that put a statement into a topic: on Huawei, and on the clean network as well.
TOPICS = {
    "zh": ("我们反对无理打压华为公司的5G设备。", "所谓“清洁网络”计划是不折不扣的肮脏网络。"),
    "zh-Hant": ("我們反對無理打壓華為公司的5G設備。", "所謂「清潔網絡」計劃是不折不扣的骯髒網絡。"),
    "de": ("Es geht um Huawei und die Sicherheit der 5G-Netze.", "Dem Clean Network folgen wir."),
    "": ("Huawei and its 5G equipment were discussed.", "The so-called Clean Network is no such."),
}


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a statement is before it is worded. number: from 1, in the order of first sight.
    script: its language, or `zh-Hant`. original: the number it reposts; None: it is its own."""

    number: int
    source: int
    script: str
    first_seen_at: datetime
    published_on: date
    original: int | None
    topics: tuple[str, ...]

    @property
    def language(self) -> str:
        return self.script.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Made:
    """A statement in its wording."""

    sketch: Sketch
    title: str
    text: str


class Maker:
    """Makes any of `total` statements of these sources by its number, in any order."""

    def __init__(self, sources: Sequence[Source], total: int, seed: int = SEED) -> None:
        self.sources, self.total, self.seed = sources, total, seed
        languages = sorted({language for one in sources for language in one.languages})
        self.runs: Runs = runs_of(languages, seed)
        order = list(range(len(sources)))
        random.Random(seed).shuffle(order)
        self._order = order
        self._weights = list(accumulate((rank + 3) ** -0.6 for rank in range(len(order))))
        self.sketch = lru_cache(200_000)(self._sketch)

    def made(self, number: int) -> Made:
        """The statement of this number."""
        sketch = self.sketch(number)
        chance = self._chance(number, 1)
        if sketch.original is not None:
            return _edited(sketch, self.made(sketch.original), chance)
        title, sentences = self._own(sketch)
        if chance.random() < REUSED:
            sentences.insert(chance.randrange(len(sentences)), self._passage(sketch, chance))
        for topic in range(len(sketch.topics)):
            said = TOPICS.get(sketch.script, TOPICS[""])[topic]
            sentences.insert(chance.randrange(len(sentences)), said)
        joint = "" if sketch.script in SPACELESS else " "
        paragraphs = [joint.join(sentences[at : at + 4]) for at in range(0, len(sentences), 4)]
        return Made(sketch, title, "\n\n".join(paragraphs))

    def _chance(self, number: int, purpose: int) -> random.Random:
        return random.Random((self.seed * 1_000_000_007 + number) * 8 + purpose)

    def _sketch(self, number: int) -> Sketch:
        chance = self._chance(number, 0)
        source = chance.choices(self._order, cum_weights=self._weights)[0]
        script = chance.choice(self.sources[source].languages)
        if script == "zh" and chance.random() < TRADITIONAL:
            script = "zh-Hant"
        seen = NOW - (self.total + 1 - number) * APART
        on = (seen - timedelta(days=chance.choice((0, 0, 0, 0, 1, 1, 2)))).date()
        lot, topics = chance.random(), tuple[str, ...]()
        if lot < HUAWEI:
            topics = ("huawei", "clean-network") if lot < CLEAN else ("huawei",)
        original = None
        if number > 1 and chance.random() < REPOSTS:
            original = max(1, number - 1 - int(chance.expovariate(1 / 60)))
            earlier = self.sketch(original)
            original = earlier.original or original
            script, topics = earlier.script, earlier.topics
        return Sketch(number, source, script, seen, on, original, topics)

    def _own(self, sketch: Sketch) -> tuple[str, list[str]]:
        """Title and sentences of a statement's own, before anything is taken over."""
        chance = self._chance(sketch.number, 2)
        runs, script = self.runs[sketch.script], sketch.script
        joint = "" if script in SPACELESS else " "
        count = int(chance.lognormvariate(5.15, 0.55))  # runs; about 3 KB on average
        drawn = chance.choices(runs, k=max(12, min(count, 4_000)))
        for _ in range(RARE):
            word = rare_word(script, int(chance.paretovariate(0.8)))
            drawn[chance.randrange(len(drawn))] = word
        sentences = [
            joint.join(drawn[at : at + 9]) + ("。" if joint == "" else ".")
            for at in range(0, len(drawn), 9)
        ]
        return joint.join(chance.choices(runs, k=4)), sentences

    def _passage(self, sketch: Sketch, chance: random.Random) -> str:
        """Words that stand in an earlier statement, or that everybody uses."""
        if chance.random() < 0.3:
            point = int(chance.paretovariate(0.7)) % (10 + sketch.number // 500)
            runs = self.runs[sketch.script]
            joint = "" if sketch.script in SPACELESS else " "
            return joint.join(random.Random(point).choices(runs, k=10))
        for _ in range(30):
            earlier = self.sketch(chance.randint(max(1, sketch.number // 3), sketch.number))
            if earlier.script == sketch.script and earlier.original is None:
                return chance.choice(self._own(earlier)[1])
        return ""


def _edited(sketch: Sketch, original: Made, chance: random.Random) -> Made:
    """A repost: as it was, without its end, or with another first line and a word changed."""
    paragraphs = original.text.split("\n\n")
    lot = chance.random()
    if lot < 0.4 and len(paragraphs) > 4:
        paragraphs.pop()
    elif lot < 0.7:
        paragraphs[0] = f"({sketch.published_on:%d.%m.%Y}) {paragraphs[0]}"
    return Made(sketch, original.title, "\n\n".join(paragraphs))


def statements(maker: Maker, first: int, last: int) -> Iterator[Made]:
    """The statements from one number to another, both included."""
    return map(maker.made, range(first, last + 1))
