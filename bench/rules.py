"""What trying rules on a statement costs, beside its peers: `python -m bench.rules`.

1,000 and 10,000 rules on texts of about 3,600 characters. Naive is Python's `in` on the folded
text, pattern by pattern, without tokens, operators or spans; so is the one big `re` alternation,
and so is the bare automaton (ahocorasick-rs on the folded text), the least that such a pass costs.
Figures are processor time, the best of some rounds, and ratios to naive `in` of the same run, so
that they mean the same on any machine and beside other work.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ahocorasick_rs import AhoCorasick

from communique.rules import Document, Matcher, Rule, compile_rules
from communique.rules.view import View, view_of

TEXTS = Path(__file__).parents[2] / "shared" / "corpus" / "texts.jsonl"
LENGTH = 3_600
ROUNDS = 7
LIMITS = {1_000: 100, 10_000: 300}  # microseconds a text beyond normalising


def main() -> None:
    """Prints the table."""
    documents = _documents()
    plain = [document.text.casefold() for document in documents]
    views = [view_of(document) for document in documents]
    normalising = _best(lambda: [view_of(document) for document in documents], len(documents))
    print(
        f"{len(documents)} texts of {LENGTH:,} characters; normalising {normalising:.0f} us a text"
    )
    for count in LIMITS:
        phrases = _phrases(documents, count)
        started = time.process_time()
        matcher = compile_rules(_rules(phrases))
        matcher.match(documents[0])
        compiling = time.process_time() - started
        hits = sum(len(matcher.match(document)) for document in documents) / len(documents)
        beyond = _best(partial(_match_all, matcher, documents, views), len(documents))
        print(
            f"{count:>6} rules, {hits:.0f} of them hold for a text; compiled in {compiling:.2f} s"
        )
        _print_peers(count, phrases, plain, beyond)


def _match_all(matcher: Matcher, documents: Sequence[Document], views: Sequence[View]) -> None:
    for document, view in zip(documents, views, strict=True):
        matcher.match_view(document, view)


def _print_peers(count: int, phrases: Sequence[str], plain: Sequence[str], beyond: float) -> None:
    naive = _best(lambda: [[x for x in phrases if x in text] for text in plain], len(plain), 2)
    bare = AhoCorasick(list(phrases))
    automaton = _best(
        lambda: [bare.find_matches_as_indexes(text, overlapping=True) for text in plain], len(plain)
    )
    alternation = _alternation(phrases, plain[:5]) if count == min(LIMITS) else None
    limit = f"beyond normalising; at most {LIMITS[count]} us"
    _print("naive in", naive, naive)
    _print("re alternation", alternation, naive)
    _print("bare automaton", automaton, naive)
    _print("rules", beyond, naive, limit)


def _print(name: str, taken: float | None, naive: float, remark: str = "") -> None:
    if taken is not None:
        print(f"       {name:14} {taken:9.0f} us   {taken / naive:6.3f}  {remark}".rstrip())


def _alternation(phrases: Sequence[str], texts: Sequence[str]) -> float:
    one = re.compile("|".join(map(re.escape, phrases)))
    return _best(lambda: [one.findall(text) for text in texts], len(texts), rounds=1)


def _documents() -> list[Document]:
    if TEXTS.is_file():
        rows = [json.loads(line) for line in TEXTS.read_text("utf-8").splitlines()]
        long = [row for row in rows if len(row["text"]) > 1_500]
        texts = [((row["text"] + "\n\n") * 3)[:LENGTH] for row in long]
        return [Document("", text, row["lang"]) for text, row in zip(texts, long, strict=True)]
    chance = random.Random(7)
    words = ["".join(chance.choices("aeionrstlmdk", k=chance.randint(2, 9))) for _ in range(4_000)]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    texts = [" ".join(chance.choices(words, weights, k=600))[:LENGTH] for _ in range(100)]
    return [Document("", text, "en") for text in texts]


def _phrases(documents: Sequence[Document], count: int) -> list[str]:
    """A fifth of them from the texts themselves, two or three words long; the others stand
    nowhere, as most rules do on most days."""
    chance = random.Random(11)
    found: set[str] = set()
    while len(found) < count // 5:
        words = re.findall(
            r"[a-z]{5,}|[\u4e00-\u9fff]{4}", chance.choice(documents).text.casefold()
        )
        start = chance.randrange(max(1, len(words) - 3))
        found.add(" ".join(words[start : start + chance.randint(2, 3)]))
    letters = "abcdefghijklmnoprstuvw"
    while len(found) < count:
        found.add(" ".join("".join(chance.choices(letters, k=7)) for _ in range(2)))
    return sorted(found)


def _rules(phrases: Sequence[str]) -> list[Rule]:
    """Each phrase as a rule: as it stands, near each other, with a condition, with an exception."""
    rules = []
    for number, phrase in enumerate(phrases):
        other = phrases[number * 7 % len(phrases)].split()[0]
        shapes = (
            f'"{phrase}"',
            f'"{phrase}"~10' if " " in phrase else f'"{phrase}"',
            f'"{phrase}" AND (exclu* OR "{other}" OR security)',
            f'"{phrase}" NOT "{other}"',
        )
        rules.append(Rule("bench", f"rule-{number}", phrase, "info", shapes[number % 4]))
    return rules


def _best(work: Callable[[], object], texts: int, rounds: int = ROUNDS) -> float:
    """Microseconds of processor time a text, the best of some rounds."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken) / texts * 1e6


if __name__ == "__main__":
    main()
