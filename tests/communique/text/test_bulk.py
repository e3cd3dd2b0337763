"""Most tokens of a long text are taken at once, and are those that a walk through it would find."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.text import BREAK, tokenize
from communique.text.bulk import bulk
from communique.text.classes import classes
from communique.text.walk import Walked, walk

PIECES = [
    *"abgnzABÉéñßŁİæﬁ059٣５清洁潔網后クガぁ한각بطحـก็นเ㍿①²𝟓", "\u0301", "\u3099",
    "\u00ad", "\u200b", *" \n\r\t\u2028\u3000.,;:!?…。，'’\"“”[]()-–—/·", "\ud800", "Mr.", "Mr",
    "3.5", "1,000", "U.S.",
    "l'", "'s", "B. ", "\r\n", "\n \n", "5.", "[C]", "St. ", "Tidewell ", "港口",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(PIECES), min_size=1, max_size=25).map("".join)


def columns(walked: Walked) -> tuple[list[str], list[int], list[int], list[int]]:
    stops = [stop for stop in sorted(walked.stops) if stop not in walked.silent]
    return walked.terms, walked.starts, walked.ends, stops


@settings(derandomize=True, deadline=None, max_examples=1_000)
@given(TEXT | st.text(min_size=1, max_size=20))
def test_what_is_taken_at_once_is_what_a_walk_finds(text: str) -> None:
    walked = Walked()
    walk(walked, text, text.translate(classes()), 0, len(text))
    assert columns(bulk(text)) == columns(walked)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ship... sand", "ship… sand"),
        ("ship?! sand", "ship! sand"),
        ("ship.\n\nsand", "ship. sand"),
    ],
)
def test_several_marks_in_one_place_are_one(one: str, other: str) -> None:
    for text in (one, one + " quay" * 100):
        gap = tokenize(text)[1].position - tokenize(text)[0].position
        assert gap == tokenize(other)[1].position - tokenize(other)[0].position == BREAK + 1


def test_only_the_dot_of_an_abbreviation_breaks_nothing() -> None:
    for rest in ("", " quay" * 100):
        for text, gap in (("Mr. Tidewell", 1), ("Mr, Tidewell", BREAK + 1), ("Mr\n\nX", BREAK + 1)):
            tokens = tokenize(text + rest)
            assert tokens[1].position - tokens[0].position == gap
