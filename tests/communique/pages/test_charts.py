"""Promise: a chart shows the figures as they are, to whoever reads it and in whatever program, and
nothing that a stranger wrote becomes markup of ours."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import date, timedelta
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communique.pages import charts
from communique.pages.charts_axes import count_ticks, day_ticks
from communique.pages.charts_frame import Dot, Frame, Mark, Series
from communique.pages.charts_svg import Drawing, Look, as_file, markup, width_of
from tests.communique.pages.hostile import TITLES

SVG = "{http://www.w3.org/2000/svg}"
FIRST = date(2025, 1, 6)
STARTS = tuple(FIRST + timedelta(weeks=number) for number in range(20))
FRAME = Frame(
    title="huawei: statements per week, by country, 2025-01-06 to 2025-05-25",
    description="210 statements.",
    unit="statements per week",
    starts=STARTS,
    until=FIRST + timedelta(weeks=20),
    labels=tuple(f"week of {start}" for start in STARTS),
    running=19,
    marks=(Mark(FIRST + timedelta(days=30), "added: Embassy in Elsewhere"),),
    notes=("Statements are counted.", "One more note. " * 30),
)
SERIES = tuple(
    Series(f"Country {number}", tuple((at + number) % 4 for at in range(20)), rest=number == 8)
    for number in range(9)
)
DOTS = tuple(Dot(f"C{n}", FIRST + timedelta(days=3 * n), f"words {n}") for n in range(9))
STEADY = settings(derandomize=True, database=None, deadline=None)


@STEADY
@given(st.integers(0, 10**9), st.integers(2, 12))
def test_counts_are_told_in_round_steps_that_hold_the_largest(largest: int, most: int) -> None:
    ticks = count_ticks(largest, most)
    assert ticks[0] == 0
    assert ticks[-1] >= largest
    assert 2 <= len(ticks) <= most + 1
    steps = {after - before for before, after in itertools.pairwise(ticks)}
    (step,) = steps
    assert re.fullmatch("[125]0*", str(step))
    assert ticks[-1] - step < max(largest, 1)


@STEADY
@given(st.dates(date(1945, 1, 1), date(2150, 1, 1)), st.integers(0, 70_000), st.integers(2, 14))
def test_days_are_told_evenly_and_never_crowd(first: date, days: int, most: int) -> None:
    last = first + timedelta(days=days)
    ticks = [tick.day for tick in day_ticks(first, last, most)]
    assert len(ticks) <= most
    assert all(first <= tick <= last for tick in ticks)
    assert ticks == sorted(set(ticks))
    gaps = [(after - before).days for before, after in itertools.pairwise(ticks)]
    assert not gaps or max(gaps) <= min(gaps) * 1.2  # months are of 28 to 31 days
    if days > 60:
        assert ticks


@pytest.mark.parametrize("width", [300, 344, 820, 900])
@pytest.mark.parametrize("themed", [True, False])
def test_every_figure_is_told_and_nothing_leaves_the_chart(width: int, themed: bool) -> None:
    for drawn in all_charts(Look(width, themed=themed)):
        root = parsed(drawn)
        assert root.get("role") == "img"
        names = (root.get("aria-labelledby") or "").split()
        assert [root.find(f".//*[@id='{name}']").text for name in names]  # type: ignore[union-attr]
        for text in root.iter(f"{SVG}text"):
            x, words = float(text.get("x", "0")), text.text or ""
            shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[text.get("text-anchor", "start")]
            left = x - shift * width_of(words)
            assert left >= -14, words
            assert left + width_of(words) <= width + 14, words
            assert 0 < float(text.get("y", "0")) <= drawn.height + 400


def test_bars_are_as_high_as_their_figures() -> None:
    drawn = charts.bars(FRAME, SERIES, Look(820))
    cells = [cell for cell in parsed(drawn).iter(f"{SVG}rect") if cell.get("class") == "cell"]
    assert len(cells) == len(STARTS)
    for at, cell in enumerate(cells):
        said = cell.find(f"{SVG}title")
        assert said is not None
        figures = {one.name: one.values[at] for one in SERIES if one.values[at]}
        assert said.text == "\n".join(
            [f"week of {STARTS[at]}: {sum(figures.values())}",
             *(f"{name}: {count}" for name, count in figures.items())]
        )  # fmt: skip
    one = charts.bars(FRAME, (Series("one", tuple(range(20))),), Look(820))
    (path,) = (p for p in parsed(one).iter(f"{SVG}path") if p.get("class") == "fill-s1")
    bars = re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)H", path.get("d") or "")
    heights = [float(low) - float(high) for low, high in bars]
    assert heights == pytest.approx([210 * n / 20 for n in range(1, 20)], abs=0.11)


def test_series_are_told_apart_without_colours() -> None:
    root = parsed(charts.bars(FRAME, SERIES, Look(820, themed=False)))
    textures = [p.find(f"{SVG}path").get("d") for p in root.iter(f"{SVG}pattern")]  # type: ignore[union-attr]
    assert len(set(textures)) == len(textures) == 7  # the first and the rest are plain
    assert {one.name for one in SERIES} <= {
        (text.text or "").rpartition(" ")[0] for text in root.iter(f"{SVG}text")
    }


def test_strangers_words_stay_words_in_a_chart() -> None:
    for words in (*TITLES.values(), "\ud800 lone", "x\x00y"):
        frame = replace(FRAME, title=words, description=words, notes=(words,),
                        marks=(Mark(FIRST, words),))  # fmt: skip
        series = [Series(words, one.values) for one in SERIES[:3]]
        dots = [Dot(words, dot.day, words) for dot in DOTS]
        for themed in (True, False):
            look = Look(344, themed=themed)
            for drawn in (
                charts.bars(frame, series, look),
                charts.lines(frame, series, look),
                charts.steps(frame, [(words, dots)], look),
                charts.strip(frame, dots, look),
            ):
                root = parsed(drawn)
                assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
                    "svg", "title", "desc", "defs", "pattern", "rect", "path", "g", "text",
                }  # fmt: skip
                for element in root.iter():
                    assert not any(
                        name.startswith("on") or "href" in name for name in element.attrib
                    )
                body = str(markup(drawn))
                assert not re.search("[\x00-\x08\x0b\u202a-\u202e\u2066-\u2069]", body)


def test_a_file_needs_nothing_but_itself() -> None:
    for drawn in all_charts(Look(900, themed=False)):
        content = as_file(drawn).decode("utf-8")
        assert content.startswith("<?xml")
        assert "class=" not in content
        assert "style" not in content
        assert re.findall(r"(?:https?:)?//[^\s\"']+", content) == ["http://www.w3.org/2000/svg"]


def test_nothing_counted_is_a_chart_too() -> None:
    for draw in (charts.bars, charts.lines):
        empty = [Series("none", (0,) * 20)]
        assert "week of 2025-01-06: 0" in str(markup(draw(FRAME, empty, Look(820))))
        parsed(draw(FRAME, [], Look(820)))


def all_charts(look: Look) -> list[Drawing]:
    return [
        charts.bars(FRAME, SERIES, look),
        charts.lines(FRAME, SERIES[:3], look),
        charts.steps(FRAME, [("one", DOTS)], look),
        charts.steps(FRAME, [("one", DOTS), ("two", DOTS[:4])], look),
        charts.strip(FRAME, DOTS, look),
    ]


def parsed(drawn: Drawing) -> Element:
    return fromstring(as_file(drawn))
