"""What the page of trends, and its files, show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import Connection

from communique.pages import charts
from communique.pages.charts_frame import Dot, Frame
from communique.pages.charts_svg import Drawing, Look
from communique.pages.trends_counting import Counting, Mentions, mentions
from communique.pages.trends_firsts import By, Firsts, first_mentions
from communique.pages.trends_notes import marks_of, notes_of
from communique.pages.trends_span import Span
from communique.pages.trends_subjects import Subject
from communique.pages.trends_tables import (
    Source,
    Table,
    group_name,
    label_of,
    period_of,
    sources_of,
    table_of,
)
from communique.pages.trends_verdicts import Verdicts

View = Literal["time", "spread"]
MOST_DOTS = 45  # rows of a strip
WIDE, NARROW = 820, 344  # pixels


@dataclass(frozen=True, slots=True)
class OverTime:
    """Mentions by week. table: None where nothing could be counted in time; frame likewise."""

    counted: tuple[Mentions, ...]
    by: By
    table: Table | None
    frame: Frame | None
    notes: tuple[str, ...]
    sources: Mapping[str, Source]

    @property
    def whole(self) -> bool:
        """Whether all that was asked for is counted."""
        return self.table is not None and self.table.whole

    def drawn(self, look: Look) -> Drawing | None:
        """The chart; None where there is nothing to draw."""
        if self.frame is None or self.table is None:
            return None
        draw = charts.bars if len(self.counted) == 1 else charts.lines
        return draw(self.frame, self.table.series, look)


@dataclass(frozen=True, slots=True)
class Spread:
    """First mentions, by country or publisher. frame: None where nobody has any."""

    found: tuple[Firsts, ...]
    by: By
    frame: Frame | None
    notes: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether every first mention is known."""
        return all(one.whole for one in self.found)

    @property
    def since(self) -> date | None:
        """The day of the first of all; None: there is none."""
        return min((first.day for one in self.found for first in one.firsts), default=None)

    def drawn(self, look: Look) -> Drawing | None:
        """How the number rose; None where nobody has any."""
        if self.frame is None:
            return None
        return charts.steps(
            self.frame, [(one.subject.name, _dots(one)) for one in self.found], look
        )

    def strip(self, look: Look) -> Drawing | None:
        """The first mentions as dots, of one subject."""
        if self.frame is None or len(self.found) > 1:
            return None
        dots = [
            replace(dot, name=group_name(first.group, self.by))
            for dot, first in zip(_dots(self.found[0]), self.found[0].firsts, strict=True)
        ]
        frame = replace(self.frame, title=f"First mentions: {self.found[0].subject.name}",
                        unit="day of the first statement")  # fmt: skip
        return charts.strip(frame, dots[:MOST_DOTS], look)


def over_time(
    connection: Connection,
    subjects: Sequence[Subject],
    span: Span,
    verdicts: Verdicts,
    *,
    by: By,
    counting: Counting,
    patience: float,
) -> OverTime:
    """Counts, and what is shown of it. patience: seconds."""
    counted = mentions(connection, subjects, span, verdicts, counting=counting, patience=patience)
    sources = sources_of(connection)
    table = table_of(counted, sources, by)
    notes = notes_of(connection, counted, table, sources)
    frame = None
    if table is not None:
        frame = _frame(counted, table, notes, sources, by)
    return OverTime(counted, by, table, frame, notes, sources)


def _frame(
    counted: Sequence[Mentions],
    table: Table,
    notes: tuple[str, ...],
    sources: Mapping[str, Source],
    by: By,
) -> Frame:
    span, what = counted[0].span, counted[0].counting
    names = " · ".join(one.subject.name for one in counted)
    total = sum(map(sum, (one.values for one in table.series)))
    highest = max(zip(table.totals, table.starts, strict=True), key=lambda pair: pair[0])
    told = f"From {table.since} to {span.last}"
    if len(counted) == 1:
        most = f"the most, {highest[0]:,}, in the {label_of(highest[1], span.unit)}"
        told += f" {total:,} {what}, {most}"
    listed = "; ".join(f"{one.name}: {sum(one.values):,}" for one in table.series)
    running = span.running
    per = "" if len(counted) > 1 else f", by {by}"
    return Frame(
        title=f"{names}: {what} per {span.unit}{per}, {period_of(span, table.since)}",
        description=f"{told}. {listed}. The figures stand in the table beneath.",
        unit=f"{what} per {span.unit}",
        starts=table.starts,
        until=span.until,
        labels=tuple(
            label_of(start, span.unit) + (" (not ended)" if start == running else "")
            for start in table.starts
        ),
        running=table.starts.index(running) if running in table.starts else None,
        marks=marks_of(counted, sources, replace(span, since=table.since)),
        notes=notes,
    )


def spread(
    connection: Connection,
    subjects: Sequence[Subject],
    today: date,
    verdicts: Verdicts,
    *,
    by: By,
    patience: float,
) -> Spread:
    """First mentions, and what is shown of them. patience: seconds."""
    found = first_mentions(connection, subjects, verdicts, by=by, patience=patience)
    notes = tuple(_spread_notes(found, by))
    days = [first.day for one in found for first in one.firsts]
    if not days:
        return Spread(found, by, None, notes)
    what = "publishers" if by == "publisher" else "countries"
    names = " · ".join(one.subject.name for one in found)
    until = max(max(days), today) + timedelta(days=1)
    counts = "; ".join(f"{one.subject.name}: {len(one.firsts):,} {what}" for one in found)
    frame = Frame(
        title=f"{names}: {what} in order of first use, {min(days)} to {until - timedelta(days=1)}",
        description=f"{counts}, the first on {min(days)}. They stand in the table beneath.",
        unit=f"{what} that have used it" if len(found) == 1 else what,
        starts=(min(days) - timedelta(days=1),),
        until=until,
        labels=(),
        notes=notes,
    )
    return Spread(found, by, frame, notes)


def _spread_notes(found: Sequence[Firsts], by: By) -> list[str]:
    what = "publishers" if by == "publisher" else "countries"
    said = []
    for one in found:
        if not one.whole:
            names = ", ".join(group_name(group, by) for group in one.unsettled[:12])
            more = len(one.unsettled) - 12
            rest = f" and {more} more" if more > 0 else ""
            said.append(
                f"{one.subject.name}: of {len(one.unsettled)} {what} the first statement is not "
                f"known yet ({names}{rest}): there was more to read than a page has time for."
            )
    said.append(
        "The first statement of each that is stored, in its current wording, whatever the period; "
        "of one day, the one that was published, or else seen, first. What was published before a "
        "source was watched is stored only as far back as its listings, or a backfill, reached."
    )
    return said


def _dots(one: Firsts) -> list[Dot]:
    return [
        Dot(
            first.group if one.by == "country" else first.publisher,
            first.day,
            f"{group_name(first.group, one.by)}, {first.day}: {first.publisher}, “{first.title}”",
        )
        for first in one.firsts
    ]
