"""Marks that overlap are shown as pieces that do not, and every character stays what it was."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from communique.pages.statement_marks import Mark, beginning, bounded, paragraphs, pieces

NAMES = ("rule-1", "rule-2", "echo-1", "echo-2")
TEXTS = st.text(alphabet="ab \n\r\t网\u202e<&\U0001f600\x0b", max_size=60)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[Mark]]:
    text = draw(TEXTS)
    places = st.integers(-3, len(text) + 3)
    marks = draw(st.lists(st.builds(Mark, places, places, st.sampled_from(NAMES)), max_size=12))
    return text, marks


def names_at(marks: list[Mark], place: int) -> tuple[str, ...]:
    return tuple(sorted({mark.name for mark in marks if mark.start <= place < mark.end}))


@given(marked())
def test_every_character_stands_once_under_exactly_its_marks(given: tuple[str, list[Mark]]) -> None:
    text, marks = given
    found = pieces(text, marks)
    assert "".join(piece.text for piece in found) == text
    for piece in found:
        assert piece.text == text[piece.start : piece.end] != ""
        for place in range(piece.start, piece.end):
            assert piece.names == names_at(marks, place)
    assert all(one.names != other.names for one, other in pairwise(found))


@given(marked())
def test_paragraphs_hold_all_but_blank_lines_and_each_name_ends_once(
    given: tuple[str, list[Mark]],
) -> None:
    text, marks = given
    parts = paragraphs(text, pieces(text, marks))
    shown = [piece for part in parts for piece in part]
    assert all(part for part in parts)
    assert all("\n\n" not in "".join(piece.text for piece in part) for part in parts)
    said = ["".join(piece.text for piece in part) for part in parts]
    assert "\n\n".join(said).split() == text.split()
    for piece in shown:
        assert piece.text == text[piece.start : piece.end]
        assert piece.names == names_at(marks, piece.start)
    ends = [name for piece in shown for name in piece.ends]
    assert sorted(ends) == sorted({name for piece in shown for name in piece.names})
    for place, piece in enumerate(shown):
        for name in piece.ends:
            assert all(name not in later.names for later in shown[place + 1 :])


@given(marked(), st.integers(0, 15))
def test_of_many_marks_the_first_are_shown_and_the_rest_counted(
    given: tuple[str, list[Mark]], most: int
) -> None:
    _, marks = given
    kept, more = bounded(marks, most)
    assert len(kept) + more == len(marks)
    assert list(kept) == sorted(marks)[:most]


@given(TEXTS, st.integers(1, 70))
def test_the_beginning_of_a_text_is_its_beginning(text: str, limit: int) -> None:
    begun = beginning(text, limit)
    assert text.startswith(begun)
    assert len(begun) <= limit
    assert begun == text or len(begun) >= limit // 2


def test_marks_that_cross_are_cut_where_they_cross() -> None:
    text = "They want a clean network for all."
    marks = [Mark(5, 25, "echo-1"), Mark(12, 29, "rule-1"), Mark(18, 25, "rule-2")]
    assert [(piece.text, piece.names, piece.ends) for piece in pieces(text, marks)] == [
        ("They ", (), ()),
        ("want a ", ("echo-1",), ()),
        ("clean ", ("echo-1", "rule-1"), ()),
        ("network", ("echo-1", "rule-1", "rule-2"), ("echo-1", "rule-2")),
        (" for", ("rule-1",), ("rule-1",)),
        (" all.", (), ()),
    ]


def test_thousands_of_marks_over_a_long_text_take_no_time() -> None:
    text = "clean network " * 140_000
    marks = [Mark(at, at + 5, "rule-1") for at in range(0, len(text), 14)]
    marks += [Mark(at, at + 400, f"echo-{at}") for at in range(0, 40_000, 100)]
    kept, more = bounded(marks)
    found = pieces(text, kept)
    assert more > 100_000
    assert len(found) < 12_000
    assert "".join(piece.text for piece in found) == text
