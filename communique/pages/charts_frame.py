"""What all charts have in common: their values, axes, legend and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from xml.etree.ElementTree import Element

from communique.pages.charts_axes import compact, count_ticks, day_ticks
from communique.pages.charts_svg import LINE, Drawing, Look, drawing, fitted, width_of, wrapped

HEIGHT = 210.0  # pixels, of what is plotted
RIGHT, PER_TICK = 14.0, 62.0
DASHES = ("", "8 4", "2 3", "10 3 2 3")


@dataclass(frozen=True, slots=True)
class Series:
    """A series, with a value for each start of its frame. rest: the others together."""

    name: str
    values: tuple[int, ...]
    rest: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A day that is marked on the axis of time. words: what for."""

    day: date
    words: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What a chart is of. starts: the first day of each week, month ...; until: the day after the
    last. unit: what is counted, per what. labels: how each start is called. running: the number of
    the one that has not ended. notes: lines beneath, in a file."""

    title: str
    description: str
    unit: str
    starts: tuple[date, ...]
    until: date
    labels: tuple[str, ...]
    running: int | None = None
    marks: tuple[Mark, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dot:
    """Something that happened on a day."""

    name: str
    day: date
    words: str


@dataclass(frozen=True, slots=True)
class Plot:
    """The rectangle in which is plotted, and what it stands for."""

    left: float
    top: float
    width: float
    height: float
    first: date
    until: date
    most: int

    def x(self, day: date) -> float:
        return self.left + self.width * (day - self.first).days / (self.until - self.first).days

    def y(self, count: float) -> float:
        return self.top + self.height * (1 - count / self.most)

    @property
    def bottom(self) -> float:
        return self.top + self.height


def begun(
    frame: Frame, series: Sequence[Series], look: Look, largest: int, *, dashed: bool = False
) -> tuple[Drawing, Plot]:
    """The chart with its axes and its legend."""
    ticks = count_ticks(largest)
    left = max(width_of(compact(tick)) for tick in ticks) + 8
    title = room_for_title(frame, look)
    legend = _entries(series, look)
    top = title + 1.6 * LINE
    below = top + HEIGHT + 3.3 * LINE
    height = below + (len(legend) - 1) * (LINE + 2) + 6
    made = drawing(look, height + room_for_notes(frame, look), frame.title, frame.description)
    draw_title(made, frame)
    plot = Plot(
        left, top, look.width - left - RIGHT, HEIGHT, frame.starts[0], frame.until, ticks[-1]
    )
    made.label(frame.unit, 0, top - 0.6 * LINE, colour="soft")
    for tick in ticks:
        y = plot.y(tick)
        made.shape("path", d=f"M{left:.1f} {y:.1f}h{plot.width:.1f}", stroke_width=1,
                   **made.paint("soft" if tick == 0 else "line", "stroke"))  # fmt: skip
        made.label(compact(tick), left - 6, y + 4, colour="soft", anchor="end")
    draw_days(made, plot)
    draw_marks(made, frame, plot)
    draw_legend(made, legend, below, dashed=dashed)
    draw_notes(made, frame, height)
    return made, plot


def draw_days(made: Drawing, plot: Plot) -> None:
    """Ticks of the axis of time, with their labels."""
    last = plot.until - timedelta(days=1)
    for tick in day_ticks(plot.first, last, max(2, int(plot.width / PER_TICK))):
        x = plot.x(tick.day)
        made.shape("path", d=f"M{x:.1f} {plot.bottom:.1f}v5", **made.paint("soft", "stroke"))
        anchor = "end" if x + 26 > made.look.width else "middle" if x > 22 else "start"
        made.label(tick.label, x, plot.bottom + LINE + 2, colour="soft", anchor=anchor)
        if tick.year:
            made.label(tick.year, x, plot.bottom + 2 * LINE, colour="soft", anchor=anchor)


def draw_marks(made: Drawing, frame: Frame, plot: Plot) -> None:
    """What is marked on the axis of time."""
    for mark in frame.marks:
        if plot.first <= mark.day <= plot.until:
            x, y = plot.x(mark.day), plot.bottom
            group = made.shape("g")
            made.told(mark.words, group)
            made.shape("path", group, d=f"M{x:.1f} {plot.top:.1f}V{y:.1f}", stroke_dasharray="2 4",
                       **made.paint("soft", "stroke"))  # fmt: skip
            made.shape("path", group, d=f"M{x:.1f} {y:.1f}l-5 9h10z", **made.paint("ink"))


def draw_line(made: Drawing, number: int, points: Sequence[tuple[float, float]]) -> None:
    """A line of a series: each has dashes of its own."""
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dash = {"stroke_dasharray": DASHES[number]} if DASHES[number % len(DASHES)] else {}
    made.shape("path", d=path, stroke_width=2, stroke_linejoin="round", **dash,
               **made.paint(f"s{number + 1}", "stroke"))  # fmt: skip


def draw_dot(made: Drawing, number: int, x: float, y: float, *, hollow: bool = False) -> Element:
    """Each series has a shape of its own: a circle, a square, a diamond."""
    path = (
        f"M{x - 4:.1f} {y:.1f}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
        f"M{x - 3.5:.1f} {y - 3.5:.1f}h7v7h-7z",
        f"M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z",
    )[number % 3]
    if not hollow:
        return made.shape("path", d=path, **made.paint(f"s{number + 1}"))
    group = made.shape("g")
    made.shape("path", group, d=path, **made.paint("card"))
    made.shape("path", group, d=path, stroke_width=1.5, **made.paint(f"s{number + 1}", "stroke"))
    return group


def filling(made: Drawing, number: int, one: Series) -> dict[str, str]:
    """What fills the shapes of a series."""
    return made.paint("rest") if one.rest else made.texture(number)


def room_for_title(frame: Frame, look: Look) -> float:
    """How much room the title takes: only a file has it within."""
    return 0.0 if look.themed else len(_title(frame, look)) * LINE + 4


def draw_title(made: Drawing, frame: Frame) -> None:
    """The title of a file; on a page it is a heading."""
    for number, line in enumerate(() if made.look.themed else _title(frame, made.look)):
        made.label(line, 0, LINE * (number + 1) - 2, weight="bold")


def _title(frame: Frame, look: Look) -> Sequence[str]:
    lines = wrapped(frame.title.split(" "), look.width * 0.92)[:6]
    return [fitted(" ".join(line), look.width * 0.96) for line in lines]


def _entries(series: Sequence[Series], look: Look) -> list[list[tuple[int, Series, str]]]:
    """The legend's lines: each series with its name and its sum, cut where it is too long."""
    entries = [
        (number, one, fitted(one.name, look.width * 0.8) + f" {sum(one.values):,}")
        for number, one in enumerate(series)
    ]
    rows: list[list[tuple[int, Series, str]]] = [[]]
    left = float(look.width)
    for entry in entries:
        taken = width_of(entry[2]) + 40
        if taken > left and rows[-1]:
            rows, left = [*rows, []], float(look.width)
        rows[-1].append(entry)
        left -= taken
    return rows


def draw_legend(
    made: Drawing, rows: Sequence[Sequence[tuple[int, Series, str]]], top: float, *, dashed: bool
) -> None:
    """Each series beside its swatch. rows: of `_entries`."""
    for line, row in enumerate(rows):
        x, y = 0.0, top + line * (LINE + 2)
        for number, one, words in row:
            if dashed:
                draw_line(made, number, [(x, y - 4), (x + 22, y - 4)])
                draw_dot(made, number, x + 11, y - 4)
            else:
                made.shape("rect", x=x, y=y - 11, width=16, height=13, **filling(made, number, one))
            made.label(words, x + 26, y)
            x += width_of(words) + 40


def room_for_notes(frame: Frame, look: Look) -> float:
    """How much room the notes take: only a file has them within."""
    if look.themed:
        return 0.0
    return LINE * sum(len(_wrapped(note, look)) for note in frame.notes) + LINE


def draw_notes(made: Drawing, frame: Frame, top: float) -> None:
    """The lines beneath; on a page they stand in its text."""
    y = top + LINE + 2
    for note in () if made.look.themed else frame.notes:
        for line in _wrapped(note, made.look):
            made.label(line, 0, y, colour="soft")
            y += LINE


def _wrapped(note: str, look: Look) -> Sequence[str]:
    lines = wrapped(note.split(" "), look.width * 0.96)
    return [fitted(" ".join(line), look.width * 1.02) for line in lines]
