"""Which language versions are found, and which are not: `python -m bench.translations`.

On the labelled answers of ../shared/corpus (`xling_group`: English and Chinese of one answer, cut
out of press conferences; each answer of a publisher is told apart by its day), and on all pages of
one ministry in both languages, read through the reader. Two figures matter: no pair that the labels
contradict, and how many labelled pairs are found. Every miss is named, and every pair that no label
speaks of is shown, to be judged by eye.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timezone
from itertools import combinations
from typing import Any

from bench.wording import CORPUS
from communique.translations import Pair, Text, pairs_of
from scrapers.charset import decode
from scrapers.readers import Page, reader
from scrapers.sources import Source
from scrapers.warc import read_records

SHOWN = 40


def main() -> None:
    """Prints both parts; without the corpus, why there is nothing to print."""
    if not CORPUS.is_dir():
        print("../shared/corpus is not here: nothing to measure")
        return
    _labelled()
    _ministry()


def _labelled() -> None:
    lines = (CORPUS / "texts.jsonl").read_text("utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if not row["hard_negative"]]
    texts = {
        number: text for number, row in enumerate(rows) if (text := _labelled_text(number, row))
    }
    found = _pairs(texts, {number: str(row["publisher"]) for number, row in enumerate(rows)})
    groups: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row["xling_group"]:
            groups[row["xling_group"]].append(number)
    wanted = {pair for members in groups.values() for pair in combinations(members, 2)}
    pairs = {(each.statement_id, each.other_id): each.score for each in found}
    labelled = {number for members in groups.values() for number in members}
    wrong = [each for each in pairs if each not in wanted and labelled & set(each)]
    right = wanted & pairs.keys()
    print(
        f"labelled answers: {len(right)} of {len(wanted)} pairs found, recall "
        f"{len(right) / len(wanted):.3f}; {len(wrong)} pairs contradict the labels, precision "
        f"{len(right) / max(1, len(right) + len(wrong)):.3f}"
    )
    for one, other in sorted(wanted - right):
        print(f"  missed   {rows[one]['id']} and {rows[other]['id']}: {_why(texts, one, other)}")
    for pair in wrong:
        print(f"  wrong    {_named(rows, pair)} {pairs[pair]:.2f}")
    for pair in sorted(pairs.keys() - wanted - set(wrong)):
        print(f"  unlabelled, judge by eye: {_named(rows, pair)} {pairs[pair]:.2f}")
    _any_day(texts)


def _labelled_text(number: int, row: Mapping[str, Any]) -> Text | None:
    if not row["published"] or len(row["published"]) != len("2020-01-31"):
        return None
    language = row["lang"].partition("-")[0]
    on = date.fromisoformat(row["published"])
    return Text(number, number, on, language, "", row["text"])


def _why(texts: Mapping[int, Text], one: int, other: int) -> str:
    if one not in texts or other not in texts:
        return "one of them has no date"
    alone = pairs_of([texts[one]], [texts[one], texts[other]])
    return "another is nearly as like" if alone else "not like enough"


def _named(rows: Sequence[Mapping[str, Any]], pair: tuple[int, int]) -> str:
    return " and ".join(rows[number]["id"] for number in pair)


def _any_day(texts: Mapping[int, Text]) -> None:
    """As if all had been said on one day by one publisher: the hardest case, all on one topic."""
    day = next(iter(texts.values())).on
    same_day = [
        Text(t.statement_id, t.story_id, day, t.language, t.title, t.text) for t in texts.values()
    ]
    started = time.perf_counter()
    found = pairs_of(same_day, same_day)
    compared = sum(a.language != b.language for a, b in combinations(same_day, 2))
    spent = time.perf_counter() - started
    wrong = [p for p in found if abs((texts[p.statement_id].on - texts[p.other_id].on).days) > 2]
    print(
        f"  all {len(same_day)} as if of one day and publisher: {compared} comparisons in "
        f"{spent:.1f} s, {len(found)} pairs, of which {len(wrong)} are of different days: wrong"
    )


def _ministry() -> None:
    texts = {text.statement_id: text for text in _ministry_texts()}
    found = _pairs(texts, dict.fromkeys(texts, "the ministry"))
    languages = Counter(text.language for text in texts.values())
    print(f"one ministry's pages, {dict(languages)}: {len(found)} pairs")
    paired = {number for each in found for number in (each.statement_id, each.other_id)}
    step = max(1, len(found) // SHOWN)
    for each in found[::step][:SHOWN]:
        one, other = texts[each.statement_id], texts[each.other_id]
        print(f"  {each.score:.2f}  {one.on} {one.title[:70]}  |  {other.on} {other.title[:40]}")
    days = defaultdict[date, set[str]](set)
    for text in texts.values():
        days[text.on].add(text.language)
    for number, text in texts.items():
        if number not in paired and len(days[text.on]) > 1:
            print(f"  alone though its day has both  {text.on} {text.language} {text.title[:60]}")


def _ministry_texts() -> Iterator[Text]:
    source = Source(
        id="bench",
        desk="china",
        publisher="A ministry",
        kind="ministry",
        languages=("en", "zh"),
        time_zone="Asia/Shanghai",
        reader="china_mfa",
    )
    lines = (CORPUS / "mfa-spokesperson.truth.jsonl").read_text("utf-8").splitlines()
    known = {row["url"]: row for row in map(json.loads, lines)}
    now = datetime(2020, 7, 4, tzinfo=timezone.utc)
    for number, record in enumerate(read_records(str(CORPUS / "mfa-spokesperson.warc.gz"))):
        if record.place.url in known:
            truth = known[record.place.url]
            page = Page(record.place.url, decode(record.body, "text/html"), source, now)
            article = reader("china_mfa").article(page)
            on = date.fromisoformat(truth["date"])
            yield Text(number, number, on, truth["lang"], article.title, article.text)


def _pairs(texts: Mapping[int, Text], publishers: Mapping[int, str]) -> list[Pair]:
    """The pairs within each publisher, best first."""
    of: dict[str, list[Text]] = defaultdict(list)
    for number, text in texts.items():
        of[publishers[number]].append(text)
    found = [pair for those in of.values() for pair in pairs_of(those, those)]
    return sorted(found, key=lambda pair: -pair.score)


if __name__ == "__main__":
    main()
