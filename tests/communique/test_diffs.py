"""Promise: what a diff shows is the edit and nothing else, whatever the texts."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.comparing import compare, words_of
from communique.diffs import Operation, diff, marked


def shown(before: str, after: str) -> str:
    return marked(diff(("Title", before), ("Title", after)))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("We regret the plan.", "We welcome the plan.", "We [-regret-]{+welcome+} the plan."),
        ("We oppose it.", "We firmly oppose it.", "We {+firmly+} oppose it."),
        ("We firmly oppose it.", "We oppose it.", "We [-firmly-] oppose it."),
        # Neighbours are one change, not confetti.
        ("on 25 May 2021 in", "on 26 May 2022 in", "on [-25 May 2021-]{+26 May 2022+} in"),
        ("a 1,000 men and", "a 1,100 men and", "a [-1,000-]{+1,100+} men and"),
        # Of two ways to say it, the one that takes out a whole sentence.
        (
            "Good. The envoy met X. The envoy met Y.",
            "Good. The envoy met Y.",
            "Good. [-The envoy met X.-] The envoy met Y.",
        ),
        ("End.", "End.\n\nMore here.", "End. {+More here.+}"),
        # In Chinese by characters.
        (
            "我们反对清洁网络，坚持合作。",
            "我们坚决反对清洁网络，坚持互利合作。",
            "我们{+坚决+}反对清洁网络，坚持{+互利+}合作。",
        ),
        # Words that run together until a line break is mended.
        ("in Paris.(Pooled) Then", "in Paris.\n(Pooled) Then",
         "in [-Paris.(Pooled)-]{+Paris.\n(Pooled)+} Then"),
        ("", "All new.", "{+All new.+}"),
        ("All old.", "", "[-All old.-]"),
    ],
)  # fmt: skip
def test_an_edit_is_shown_by_words_and_nothing_else(before: str, after: str, said: str) -> None:
    assert shown(before, after) == f"text: {said}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("One.\n\nTwo  three.", " One. Two\u00a0three.\n"),
        ("Cafe\u0301 talks.", "Café talks."),
        ("net\u00adwork \u200bplan", "network plan"),
        ("华为公司 声明", "华为公司\n声明"),
        ("华为 5G网络", "华为 5G 网络"),
    ],
)
def test_white_space_and_what_nobody_sees_are_no_difference(before: str, after: str) -> None:
    assert diff(("Title", before), ("Title", after)) == []


def test_the_title_comes_first_and_long_equal_parts_are_cut_to_what_stands_around() -> None:
    filler = "We have said so before, and more than once. " * 40
    before = "On a plan", f"{filler}It is good. {filler}"
    found = diff(before, ("On the plan", f"{filler}It is bad. {filler}"))
    assert marked(found) == (
        "title: On [-a-]{+the+} plan\n"
        "text: … once. We have said so before, and more than once. It is [-good-]{+bad+}. "
        "We have said so before, and more than once. We have said …"
    )
    assert [each["op"] for each in found] == ["equal", "delete", "insert", "equal"] * 2


PIECES = ("net", "a", "华", "为", ". ", "。", ", ", "\n\n", " ", "5G", "e\u0301", "\u200b")
WORDS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@settings(deadline=None, max_examples=300)
@given(WORDS, WORDS)
def test_both_wordings_can_be_told_from_a_diff_and_what_is_equal_is_equal(
    before: str, after: str
) -> None:
    found = diff(("", before), ("", after))
    if not found:
        assert words_of(before).keys == words_of(after).keys
        return
    for side, text in (("earlier", before), ("later", after)):
        ranges = [each[side] for each in found if side in each]
        assert [ranges[0][0], ranges[-1][1]] == [0, len(text)] if ranges else not text
        assert all(one[1] == other[0] for one, other in pairwise(ranges))
    for each in found:
        if each["op"] == "equal":
            sides = before[slice(*each["earlier"])], after[slice(*each["later"])]
            assert words_of(sides[0]).keys == words_of(sides[1]).keys


def _text(words: int, seed: int) -> str:
    chance = random.Random(seed)
    return " ".join(
        f"w{chance.randrange(3_000)}{'.' if n % 17 == 16 else ''}" for n in range(words)
    )


def _edited(text: str, share: float) -> str:
    chance = random.Random(1)
    return " ".join("new" if chance.random() < share else word for word in text.split(" "))


LONG = _text(17_000, 7)
HARD = {
    "100 KB, one word in fifty": (LONG, _edited(LONG, 0.02)),
    "100 KB, one word in three": (LONG, _edited(LONG, 0.33)),
    "100 KB, another text": (LONG, _text(17_000, 8)),
    "one word for ever": ("net " * 50_000, "net b " * 50_000),
    "one character for ever": ("网" * 50_000, "网络" * 50_000),
    "1 MB, one word in a thousand": (LONG * 10, _edited(LONG * 10, 0.001)),
}


@pytest.mark.parametrize(("before", "after"), HARD.values(), ids=HARD.keys())
def test_no_text_takes_long_to_compare(before: str, after: str) -> None:
    started = time.process_time()
    assert diff(("", before), ("", after))
    assert time.process_time() - started < 3


def test_every_edit_of_a_long_text_is_found_and_no_more() -> None:
    changes = compare(LONG, _edited(LONG, 0.02))
    assert not any(change.coarse for change in changes)
    assert sum(len(LONG[c.start : c.end].split()) for c in changes) < 17_000 * 0.025
    assert len(compare(LONG * 10, _edited(LONG * 10, 0.001))) > 100


def test_what_was_not_compared_to_the_end_says_so() -> None:
    before, after = "net " * 50_000, "b net a " * 50_000
    coarse: list[Operation] = [
        each for each in diff(("", before), ("", after)) if each.get("coarse")
    ]
    assert [each["op"] for each in coarse] in (["delete", "insert"], ["insert"])
    assert all(len(each["text"]) <= 20_000 for each in coarse)
