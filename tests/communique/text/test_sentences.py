"""The passage of a match is its sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.text import passage, sentence_spans
from communique.text.sentences import PASSAGE_LIMIT


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "wanted",
    [
        ["The harbour opened.", "Nobody came!", "Why?"],
        ["Mr. Tidewell met Ada B. Quay in the U.S. on 14. August.", "They left."],
        ["He said: “It is open.”", "(Nobody laughed.)", "Then he left."],
        ["港口开放。", "“我们欢迎。”", "谁来？", "没有人！"],
        ["A heading", "Its text\nruns on."],
        ["It costs 3.5 million; that is much."],
    ],
)
def test_sentences_end_where_a_reader_would_end_them(wanted: list[str]) -> None:
    joint = "\n\n" if wanted[0] == "A heading" else " "
    assert sentences(joint.join(wanted)) == wanted


def test_a_passage_is_the_whole_sentence_around_a_span() -> None:
    text = "Ships left. The old harbour of Tidewell\nis open again. Ships came."
    start = text.index("harbour")
    low, high = passage(text, start, start + 7)
    assert text[low:high] == "The old harbour of Tidewell\nis open again."


def test_a_span_across_sentences_has_them_both_as_its_passage() -> None:
    text = "One here. Two here. Three here. Four here."
    low, high = passage(text, text.index("Two"), text.index("Three") + 5)
    assert text[low:high] == "Two here. Three here."


def test_a_passage_without_full_stops_is_bounded_and_cut_at_blanks() -> None:
    text = "word " * 20_000
    low, high = passage(text, 50_000, 50_004)
    assert high - low <= 2 * PASSAGE_LIMIT + 4
    assert set(text[low:high].split()) == {"word"}


@settings(derandomize=True, deadline=None)
@given(st.text(st.sampled_from('ab .!?。\n”"'), max_size=80), st.data())
def test_a_passage_holds_its_span(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    low, high = passage(text, start, end)
    assert 0 <= low <= start <= end <= high <= len(text)
