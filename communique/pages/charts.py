"""Charts of *Trends*: bars, lines, steps and a strip of dots, drawn on the server.

Every chart tells its unit and its time, names its series beside a swatch whose texture is its own,
and has words for whoever cannot see it; each week, month or dot tells its figures to a pointer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from communique.pages.charts_frame import (
    Dot,
    Frame,
    Mark,
    Plot,
    Series,
    begun,
    draw_days,
    draw_dot,
    draw_line,
    draw_notes,
    draw_title,
    filling,
    room_for_notes,
    room_for_title,
)
from communique.pages.charts_svg import (
    LINE,
    TEXTURES,
    Drawing,
    Look,
    drawing,
    fitted,
    textures,
    width_of,
)

__all__ = ["MOST", "Dot", "Frame", "Mark", "Series", "bars", "lines", "steps", "strip"]

MOST = len(TEXTURES)  # series that are told apart; one more stands for the rest


def bars(frame: Frame, series: Sequence[Series], look: Look) -> Drawing:
    """Bars, one upon the other: the first series at the bottom."""
    largest = max((sum(one.values[at] for one in series) for at in range(len(frame.starts))),
                  default=0)  # fmt: skip
    made, plot = begun(frame, series, look, largest)
    textures(made, len(series))
    edges = [*frame.starts, frame.until]
    bases = [0] * len(frame.starts)
    for number, one in enumerate(series):
        path = []
        for at, value in enumerate(one.values):
            if value:
                left, right = plot.x(edges[at]), plot.x(edges[at + 1])
                gap = min(2.0, (right - left) / 5)
                low, high = plot.y(bases[at]), plot.y(bases[at] + value)
                path.append(f"M{left + gap / 2:.1f} {low:.1f}V{high:.1f}H{right - gap / 2:.1f}"
                            f"V{low:.1f}z")  # fmt: skip
                bases[at] += value
        if path:
            made.shape("path", d="".join(path), **filling(made, number, one))
    if frame.running is not None:
        _veil(made, plot, edges[frame.running], edges[frame.running + 1], bases[frame.running])
    _tell(made, frame, series, plot, edges)
    return made


def lines(frame: Frame, series: Sequence[Series], look: Look) -> Drawing:
    """A line for each series, over the middle of each week or month."""
    largest = max((value for one in series for value in one.values), default=0)
    made, plot = begun(frame, series, look, largest, dashed=True)
    edges = [*frame.starts, frame.until]
    for number, one in enumerate(series):
        points = [
            ((plot.x(edges[at]) + plot.x(edges[at + 1])) / 2, plot.y(value))
            for at, value in enumerate(one.values)
        ]
        draw_line(made, number, points)
        for at, (x, y) in enumerate(points if len(points) <= 60 else points[-1:]):
            hollow = at == frame.running or (len(points) > 60 and frame.running is not None)
            draw_dot(made, number, x, y, hollow=hollow)
    _tell(made, frame, series, plot, edges)
    return made


def steps(frame: Frame, spreads: Sequence[tuple[str, Sequence[Dot]]], look: Look) -> Drawing:
    """How many there are by each day: a line that rises by one at each dot. spreads: a name and its
    dots in their order, for each line."""
    named = [Series(name, (len(dots),)) for name, dots in spreads]
    made, plot = begun(frame, named, look, max((len(dots) for _, dots in spreads), default=0),
                        dashed=True)  # fmt: skip
    for number, (_, dots) in enumerate(spreads):
        points = [(plot.left, plot.y(0))]
        for count, dot in enumerate(dots, 1):
            x = plot.x(dot.day)
            points += [(x, points[-1][1]), (x, plot.y(count))]
        draw_line(made, number, [*points, (plot.left + plot.width, points[-1][1])])
        free = 0.0
        for count, dot in enumerate(dots, 1):
            x, y = plot.x(dot.day), plot.y(count)
            made.told(f"{count}. {dot.words}", draw_dot(made, number, x, y))
            if len(spreads) == 1 and len(dot.name) <= 3 and x - width_of(dot.name) - 5 > free:
                made.label(dot.name, x - 5, y - 4, anchor="end", colour="soft")
                free = x
    return made


def strip(frame: Frame, dots: Sequence[Dot], look: Look) -> Drawing:
    """A row for each dot, at its day, the first at the top."""
    wide = min(look.width * 0.4, max((width_of(dot.name) for dot in dots), default=0.0) + 4)
    top, row = room_for_title(frame, look) + 1.6 * LINE, LINE + 3
    height = top + row * len(dots) + 2.6 * LINE
    made = drawing(look, height + room_for_notes(frame, look), frame.title, frame.description)
    left = wide + 12
    plot = Plot(left, top, look.width - left - 84, row * len(dots), frame.starts[0], frame.until, 1)
    draw_title(made, frame)
    made.label(frame.unit, 0, top - 0.6 * LINE, colour="soft")
    draw_days(made, plot)
    for number, dot in enumerate(dots):
        y = top + row * (number + 0.5)
        made.shape("path", d=f"M{left:.1f} {y:.1f}H{plot.x(dot.day):.1f}", stroke_width=1,
                   **made.paint("line", "stroke"))  # fmt: skip
        made.label(fitted(dot.name, wide), wide, y + 4.5, anchor="end")
        made.told(dot.words, draw_dot(made, 0, plot.x(dot.day), y))
        made.label(dot.day.isoformat(), plot.x(dot.day) + 8, y + 4.5, colour="soft")
    draw_notes(made, frame, height)
    return made


def _veil(made: Drawing, plot: Plot, start: date, until: date, count: int) -> None:
    """What has not ended is pale, within a broken line."""
    left, right, top = plot.x(start), plot.x(until), plot.y(count)
    made.shape("rect", x=left, y=top, width=right - left, height=plot.bottom - top,
               fill_opacity=0.55, **made.paint("card"))  # fmt: skip
    frame = made.shape("g")
    made.shape("rect", frame, x=left, y=min(top, plot.bottom - 8), width=right - left,
               height=max(8.0, plot.bottom - top), stroke_dasharray="3 2",
               **made.paint("soft", "stroke"))  # fmt: skip


def _tell(
    made: Drawing,
    frame: Frame,
    series: Sequence[Series],
    plot: Plot,
    edges: Sequence[date],
) -> None:
    """Over each week or month, to a pointer: what is counted there."""
    for at, label in enumerate(frame.labels):
        said = [f"{one.name}: {one.values[at]:,}" for one in series if one.values[at]]
        total = sum(one.values[at] for one in series)
        left = plot.x(edges[at])
        cell = made.shape("rect", x=left, y=plot.top, width=plot.x(edges[at + 1]) - left,
                          height=plot.height, fill="transparent")  # fmt: skip
        if made.look.themed:
            cell.set("class", "cell")
        head = label if len(series) == 1 else f"{label}: {total:,}"
        made.told("\n".join([head, *said] if said else [f"{label}: 0"]), cell)
