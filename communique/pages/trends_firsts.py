"""First mentions: who in each country, or which statement of each publisher, held it first; and so
how it spread.

They are sought in all that is stored, from the oldest on, whatever period is looked at otherwise.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, text

from communique.pages.trends_counting import MOMENT
from communique.pages.trends_reading import Doubtful, Reader, doubtful_in
from communique.pages.trends_selections import Selection, Selections, selections_of, these
from communique.pages.trends_span import EARLIEST
from communique.pages.trends_subjects import Subject
from communique.pages.trends_verdicts import Verdicts
from communique.search.candidates import TooLong, bounded

By = Literal["country", "publisher"]
AT_ONCE = 3  # statements of each country that are read in one go
_END = date.max - timedelta(days=1)
_SOURCES = text("SELECT id, publisher, country FROM communique.sources")


@dataclass(frozen=True, slots=True)
class First:
    """A country's, or a publisher's, first statement. group: the country's code ("" where the
    publisher speaks for none), or the publisher's name. day: of publication, where unknown of first
    sight (UTC); dated: whether it is the former."""

    group: str
    day: date
    moment: datetime
    statement: int
    source: str
    publisher: str
    country: str | None
    language: str
    title: str
    url: str
    dated: bool


@dataclass(frozen=True, slots=True)
class Firsts:
    """Of one subject. firsts: in the order of first use. unsettled: countries, or publishers, whose
    first statement could not be told in time; every other one has none, or stands in `firsts`."""

    subject: Subject
    by: By
    firsts: tuple[First, ...]
    unsettled: tuple[str, ...]
    seconds: float

    @property
    def whole(self) -> bool:
        """Whether every country's, or publisher's, first statement is known."""
        return not self.unsettled


def first_mentions(
    connection: Connection,
    subjects: Sequence[Subject],
    verdicts: Verdicts,
    *,
    by: By = "country",
    patience: float,
) -> tuple[Firsts, ...]:
    """The first statements of each of these subjects, in their order. Nothing is written. patience:
    seconds, for all of them together. The JSON API tells the same."""
    until, found = time.monotonic() + patience, list[Firsts]()
    for number, subject in enumerate(subjects):
        started = time.monotonic()
        deadline = started + (until - started) / (len(subjects) - number)
        found.append(_Search(connection, subject, verdicts, by).until(deadline))
    return tuple(found)


class _Search:
    """One subject, while its first statements are sought."""

    def __init__(
        self, connection: Connection, subject: Subject, verdicts: Verdicts, by: By
    ) -> None:
        self._connection, self._subject, self._by = connection, subject, by
        self._selections: Selections = selections_of(connection, subject)
        self._reader = (
            Reader(connection, subject.asked, verdicts) if self._selections.doubtful else None
        )
        self._groups = {
            row.id: row.publisher if by == "publisher" else row.country or ""
            for row in connection.execute(_SOURCES)
        }

    def until(self, deadline: float) -> Firsts:
        started = time.monotonic()
        unsettled: set[str] = set()
        firsts: list[First] = []
        try:
            earliest = self._surely(deadline)
            ids, unsettled = self._read(earliest, deadline)
            with bounded(self._connection, deadline):
                firsts = self._told(earliest, ids, unsettled)
        except TooLong:
            unsettled = set(self._groups.values())
        if self._reader is not None:
            self._reader.keep()
        return Firsts(
            self._subject,
            self._by,
            tuple(firsts),
            tuple(sorted(unsettled)),
            time.monotonic() - started,
        )

    def _surely(self, deadline: float) -> dict[str, date]:
        """The first day of each source in what is sure."""
        earliest: dict[str, date] = {}
        for selection in self._selections.sure:
            with bounded(self._connection, deadline):
                rows = self._connection.execute(
                    text(f"""
                        {selection.before}
                        SELECT s.source_id, min({selection.day}) FROM {selection.rows}
                        WHERE {selection.where} GROUP BY s.source_id
                    """),  # noqa: S608 (constants of ours)
                    selection.values,
                ).all()
            for source, day in rows:
                earliest[source] = min(day, earliest.get(source, day))
        return earliest

    def _read(self, earliest: Mapping[str, date], deadline: float) -> tuple[list[int], set[str]]:
        """Of what is doubtful: statements that match and may be the first, and the groups of which
        that could not be told."""
        if self._reader is None:
            return [], set()
        doubtful, every = doubtful_in(
            self._connection,
            self._selections.doubtful,
            EARLIEST,
            _END,
            deadline,
            most=2 * self._reader.most,
            newest_first=False,
        )
        unread = set() if every else set(self._groups.values())
        waiting: dict[str, list[Doubtful]] = defaultdict(list)
        for one in doubtful:
            waiting[self._groups[one.source]].append(one)
        known = self._by_group(earliest)
        for group, day in known.items():
            if every or (doubtful and day < doubtful[-1].place.day):
                unread.discard(group)
        return self._settle(waiting, known, unread, deadline)

    def _settle(
        self,
        waiting: dict[str, list[Doubtful]],
        known: dict[str, date],
        unread: set[str],
        deadline: float,
    ) -> tuple[list[int], set[str]]:
        """Reads the oldest of each group, as long as it may be the first, in turns."""
        assert self._reader is not None  # noqa: S101 (whoever calls has asked)
        ids: list[int] = []
        while True:
            turn: list[Doubtful] = []
            for group, rest in list(waiting.items()):
                if not rest or (group in known and rest[0].place.day > known[group]):
                    waiting.pop(group)
                    continue
                turn += rest[:AT_ONCE]
                waiting[group] = rest[AT_ONCE:]
            if not turn:
                return ids, unread
            matching, decided = self._reader.matching(turn, deadline)
            groups = {one.place.statement_id: self._groups[one.source] for one in turn}
            for place in matching:
                group = groups[place.statement_id]
                known[group] = min(place.day, known.get(group, place.day))
                unread.discard(group)
                ids.append(place.statement_id)
            if decided < len(turn):
                late = {self._groups[one.source] for one in turn[decided:]}
                return ids, unread | late | {group for group, rest in waiting.items() if rest}

    def _by_group(self, earliest: Mapping[str, date]) -> dict[str, date]:
        known: dict[str, date] = {}
        for source, day in earliest.items():
            group = self._groups[source]
            known[group] = min(day, known.get(group, day))
        return known

    def _told(
        self, earliest: Mapping[str, date], ids: Sequence[int], unsettled: Iterable[str]
    ) -> list[First]:
        """The first statements themselves: of each group the earliest, by day, then by moment."""
        groups = self._by_group(earliest)
        sources = {
            source: day for source, day in earliest.items() if groups[self._groups[source]] == day
        }
        rows: list[Any] = []
        for selection in self._selections.sure if sources else ():
            rows += self._rows(selection, sources)
        if ids:
            rows += self._rows(these(ids), {})
        firsts: dict[str, First] = {}
        for row in rows:
            group = self._groups[row.source]
            first = First(group, *row)
            if group not in firsts or _order(first) < _order(firsts[group]):
                firsts[group] = first
        left = set(unsettled)
        return sorted((one for one in firsts.values() if one.group not in left), key=_order)

    def _rows(self, selection: Selection, sources: Mapping[str, date]) -> Sequence[Any]:
        """What is told of statements. sources: only theirs, and of these days; empty: all."""
        day, where = selection.day, selection.where
        values = dict(selection.values)
        if sources:
            these_days = "SELECT * FROM unnest(CAST(:of AS text[]), CAST(:days AS date[]))"
            where = f"(s.source_id, {day}) IN ({these_days}) AND {where}"
            values |= {"of": list(sources), "days": list(sources.values())}
        return self._connection.execute(
            text(f"""
                {selection.before}
                SELECT {day} AS day, {MOMENT} AS moment, s.id AS statement, s.source_id AS source,
                       o.publisher, o.country, s.language, s.title, s.url,
                       s.published_on IS NOT NULL AS dated
                FROM {selection.rows} JOIN communique.sources o ON o.id = s.source_id
                WHERE {where}
            """),  # noqa: S608 (constants of ours)
            values,
        ).all()


def _order(first: First) -> tuple[date, datetime, int]:
    return first.day, first.moment, first.statement
