"""Mentions: how many statements, or stories, hold a query, a rule or a topic, by week and source.

What is counted is exact, or not shown: from the newest week backwards, in lots, until all of the
span is counted or time is up; then only weeks that were counted to their end are told.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, text

from communique.pages.trends_reading import Reader, doubtful_in
from communique.pages.trends_selections import Selection, Selections, selections_of, these
from communique.pages.trends_span import Span, following, start_of
from communique.pages.trends_subjects import Subject
from communique.pages.trends_verdicts import Verdicts
from communique.search.candidates import TooLong, bounded

Counting = Literal["statements", "stories"]
PATIENCE, FURTHER = 0.45, 4.0  # seconds in which to count, at first and where somebody asks for it
AT_ONCE = (
    0.75  # seconds for what is counted whole or not at all: a hundred thousand matches take it
)
KEPT_BACK = 0.3  # of the time left: for counting what was found by reading
# When a statement was posted, as far as that is known.
MOMENT = "coalesce(s.published_at, s.first_seen_at)"

_WAITING = text("SELECT count(*) FROM (SELECT FROM communique.revisions WHERE settled_at IS NULL "
                "LIMIT :most) w")  # fmt: skip
MOST_WAITING = 10_000

Cell = tuple[date, str]  # the first day of a week, month or year; a source


@dataclass(frozen=True, slots=True)
class Mentions:
    """What was counted of one subject.

    counts: by week (its first day; or month, or year, as `span.unit` says) and source; what is not
    there is zero. since: the first day from which on all is counted; None: not even the newest week
    is. counting: `statements`; or `stories`, each of which counts once, where the first statement
    of it that matches was posted within the days that are counted. read: how many statements had
    to be read. seconds: what it took.
    """

    subject: Subject
    span: Span
    counting: Counting
    counts: Mapping[Cell, int]
    since: date | None
    read: int
    seconds: float

    @property
    def whole(self) -> bool:
        """Whether all of the span was counted."""
        return self.since is not None and self.since <= self.span.since

    @property
    def starts(self) -> tuple[date, ...]:
        """The first day of each week, month or year that was counted, the earliest first."""
        since = self.since
        return tuple(start for start in self.span.starts if since is not None and start >= since)

    @property
    def total(self) -> int:
        """All that was counted."""
        return sum(self.counts.values())


def mentions(
    connection: Connection,
    subjects: Sequence[Subject],
    span: Span,
    verdicts: Verdicts,
    *,
    counting: Counting = "statements",
    patience: float = PATIENCE,
) -> tuple[Mentions, ...]:
    """Counts each of these subjects, in their order. connection: in a transaction, or about to
    begin one; nothing is written. patience: seconds, for all of them together. The JSON API tells
    the same."""
    until, counted = time.monotonic() + patience, list[Mentions]()
    for number, subject in enumerate(subjects):
        started = time.monotonic()
        deadline = started + (until - started) / (len(subjects) - number)
        counted.append(_Count(connection, subject, span, verdicts, counting).until(deadline))
    return tuple(counted)


def waiting(connection: Connection) -> int:
    """How many wordings no query finds yet, since the index does not know them; MOST_WAITING stands
    for as many or more."""
    return int(connection.execute(_WAITING, {"most": MOST_WAITING}).scalar_one())


class _Count:
    """One subject, while it is counted."""

    def __init__(
        self,
        connection: Connection,
        subject: Subject,
        span: Span,
        verdicts: Verdicts,
        counting: Counting,
    ) -> None:
        self._connection, self._subject, self._span = connection, subject, span
        self._stories = counting == "stories"
        self._counting: Counting = counting
        self._selections: Selections = selections_of(connection, subject)
        self._reader = (
            Reader(connection, subject.asked, verdicts) if self._selections.doubtful else None
        )
        self._counts: Counter[Cell] = Counter()
        self._firsts: dict[int, tuple[date, datetime, int, str]] = {}

    def until(self, deadline: float) -> Mentions:
        """Counts until then."""
        started, reached, lots = time.monotonic(), None, list(self._span.lots())
        if self._selections.at_once:
            lots, deadline = [(lots[-1][0], lots[0][1])], max(deadline, started + AT_ONCE)
        for since, until in lots:
            try:
                whole_from = self._lot(since, until, deadline)
            except TooLong:
                break
            if whole_from < until:
                reached = whole_from
            if whole_from > since:
                break
        if self._reader is not None:
            self._reader.keep()
        for day, _, _, source in self._firsts.values():
            self._counts[start_of(day, self._span.unit), source] += 1
        read = self._reader.read if self._reader is not None else 0
        spent = time.monotonic() - started
        return Mentions(
            self._subject, self._span, self._counting, self._counts, reached, read, spent
        )

    def _lot(self, since: date, until: date, deadline: float) -> date:
        """Counts these days; returns the day from which on they are counted. Raises TooLong where
        nothing of them is."""
        ids: list[int] = []
        if self._reader is not None:
            since, ids = self._read(self._reader, since, until, deadline)
        selections = [*self._selections.sure, *([these(ids)] if ids else [])]
        if since < until:
            self._add(list(self._counted(selections, since, until, deadline)))
        return since

    def _read(
        self, reader: Reader, since: date, until: date, deadline: float
    ) -> tuple[date, list[int]]:
        """The day from which on all that is doubtful was read, and what of it matches."""
        now = time.monotonic()
        doubtful, every = doubtful_in(
            self._connection, self._selections.doubtful, since, until, deadline, most=reader.most
        )
        last = deadline - KEPT_BACK * max(0.0, deadline - now)
        found, decided = reader.matching(doubtful, last)
        if decided < len(doubtful):
            broken: date | None = doubtful[decided].place.day
        else:
            broken = None if every else doubtful[-1].place.day
        if broken is not None:
            since = following(start_of(broken, self._span.unit), self._span.unit)
        return since, [place.statement_id for place in found if place.day >= since]

    def _counted(
        self, selections: Sequence[Selection], since: date, until: date, deadline: float
    ) -> Iterator[Row[*tuple[Any, ...]]]:
        query = _firsts if self._stories else _grouped
        for selection in selections:
            asked = text(query(selection))
            days = {"since": since, "until": until, "unit": self._span.unit}
            with bounded(self._connection, deadline):
                yield from self._connection.execute(asked, {**selection.values, **days}).all()

    def _add(self, rows: Sequence[Row[*tuple[Any, ...]]]) -> None:
        """Only what is complete comes here: a lot, or its newer weeks."""
        if not self._stories:
            for start, source, count in rows:
                self._counts[start, source] += count
            return
        for story, day, moment, number, source in rows:
            post = (day, moment, number, source)
            self._firsts[story] = min(post, self._firsts.get(story, post))


def _grouped(selection: Selection) -> str:
    day = selection.day
    return f"""
        {selection.before}
        SELECT CAST(date_trunc(:unit, CAST({day} AS timestamp)) AS date), s.source_id, count(*)
        FROM {selection.rows}
        WHERE {day} >= :since AND {day} < :until AND {selection.where}
        GROUP BY 1, 2
    """  # noqa: S608 (constants of ours)


def _firsts(selection: Selection) -> str:
    day = selection.day
    return f"""
        {selection.before}
        SELECT DISTINCT ON (s.story_id) s.story_id, {day}, {MOMENT}, s.id, s.source_id
        FROM {selection.rows}
        WHERE {day} >= :since AND {day} < :until AND {selection.where}
        ORDER BY s.story_id, {day}, {MOMENT}, s.id
    """  # noqa: S608 (constants of ours)
