"""Promise: every passage long enough shares a mark, and passages are found whole."""

from __future__ import annotations

import random

from communique.echoes.marks import ECHO, marks_of, wording_of
from communique.echoes.passages import shared_passages
from communique.text import tokenize_columns

PINNED = [-8562842049224243645, -6989153750325771778, -5661249940255341660]
LETTERS = "海天山水风云日月星火"


def drawn(chance: random.Random, count: int) -> list[str]:
    """Tokens of both kinds."""
    return [
        chance.choice(LETTERS) if chance.random() < 0.4 else f"w{chance.randrange(500)}"
        for _ in range(count)
    ]


def test_marks_are_the_same_on_every_machine() -> None:
    said = "one two three four five six seven eight 清洁网络不过是空话"
    assert marks_of(wording_of(tokenize_columns(said))).tolist() == PINNED


def test_every_passage_of_an_echos_weight_holds_a_mark_of_both() -> None:
    chance = random.Random(3)
    for _ in range(300):
        passage: list[str] = []
        while sum(2 if token in LETTERS else 3 for token in passage) < ECHO:
            passage += drawn(chance, 1)
        one, other = (
            wording_of(tokenize_columns(" ".join(drawn(chance, 30) + passage + drawn(chance, 30))))
            for _ in range(2)
        )
        assert set(marks_of(one).tolist()) & set(marks_of(other).tolist())
        longest = max(
            shared_passages(one, other), key=lambda each: one.weight(each.start, each.end)
        )
        assert one.weight(longest.start, longest.end) >= ECHO
        assert (
            one.codes[longest.start : longest.end].tolist()
            == other.codes[longest.other_start : longest.other_end].tolist()
        )


def test_a_passage_is_as_long_as_it_can_be() -> None:
    shared = " ".join(f"s{number}" for number in range(40))
    one = wording_of(tokenize_columns(f"a b c {shared} d e f"))
    other = wording_of(tokenize_columns(f"g h {shared} k l"))
    ((start, end, other_start, other_end),) = shared_passages(one, other)
    assert (start, end, other_start, other_end) == (3, 43, 2, 42)
