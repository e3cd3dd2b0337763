"""Promise: a few words around a shared mark never hide a passage that the whole texts share."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path

import pytest

from communique.echoes.marks import OFTEN, Wording, marked, wording_of
from communique.echoes.passages import shared_passages
from communique.echoes.seeds import Searched, Seed
from communique.text import tokenize_columns

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "texts.jsonl"
PIECES = (
    *("walls", "sea", "U.S.", "l'Europe", "Xi'an's", "3.5", "1,000", "[C]lean", "J. Doe", "㍿"),
    *(
        "海",
        "天山",
        "網絡",
        "네트워크",
        "état",
        "Straße",
        "well-known",
        "a",
        "Donaudampfschifffahrt",
    ),
)
BLANKS = (" ", " ", " ", "\n\n", ", ", ". ", ' "', "” — “", "  \u00a0 ", "。")


def prepared(text: str) -> tuple[str, Wording, dict[int, int]]:
    wording = wording_of(tokenize_columns(text))
    return text, wording, marked(wording)


Prepared = tuple[str, Wording, dict[int, int]]


def told(one: Prepared, other: Prepared) -> tuple[bool, bool]:
    """Whether the seeds let another text pass, and one that is tokenised."""
    seeds = [Seed(at, other[2][mark]) for mark, at in one[2].items() if mark in other[2]]
    searched = Searched(one[1])
    return searched.may_share(other[0], seeds), searched.may_share(Searched(other[1]), seeds)


def run(chance: random.Random, pieces: int) -> str:
    return "".join(chance.choice(PIECES) + chance.choice(BLANKS) for _ in range(pieces))


def test_no_passage_of_drawn_texts_is_hidden() -> None:
    chance = random.Random(7)
    passed = 0
    for _ in range(600):
        shared = run(chance, chance.randrange(4, 12))
        one, other = (
            prepared(run(chance, chance.randrange(30)) + shared + run(chance, chance.randrange(30)))
            for _ in range(2)
        )
        if shared_passages(one[1], other[1]):
            passed += 1
            assert told(one, other) == (True, True), (one[0], other[0])
    assert passed > 200


def test_no_passage_of_real_texts_is_hidden_and_most_texts_need_not_be_read() -> None:
    if not CORPUS.is_file():
        pytest.skip("../shared/corpus/texts.jsonl is not here")
    lines = CORPUS.read_text("utf-8").splitlines()
    texts = [prepared(json.loads(line)["text"]) for line in lines]
    users: dict[int, list[int]] = defaultdict(list)
    for number, (_, _, marks) in enumerate(texts):
        for mark in marks:
            users[mark].append(number)
    pairs = {(one, other) for each in users.values() for one in each for other in each}
    needless = 0
    for one, other in sorted(pair for pair in pairs if pair[0] != pair[1]):
        if shared_passages(texts[one][1], texts[other][1]):
            assert told(texts[one], texts[other]) == (True, True)
        else:
            needless += told(texts[one], texts[other])[0]
    assert needless * 10 < len(pairs)


def test_where_a_mark_stands_is_a_place_in_the_text_and_more_than_one_is_none() -> None:
    said = "whoever builds walls across the open sea must swim"
    text, wording, once = prepared(f"Said today: {said}.")
    assert once
    assert all(start in wording.starts for start in once.values())
    assert OFTEN not in once.values()
    twice = prepared(f"{text} {said.upper()}!")[2]
    assert OFTEN in {start for mark, start in twice.items() if mark in once}
