"""A back-test for whoever waits in front of a page: on the newest statements, as many as can be
tried in about a second, and it says how far that was."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from communique.backtest import BackTest, Question, answered, asked, first_day
from communique.backtest_candidates import terms_of
from communique.backtest_reading import read
from communique.backtest_tally import Tally
from communique.backtest_weeks import estimate, weeks_of
from communique.rules import Rule
from communique.search.candidates import TooLong, Wanted, bounded, looks
from communique.search.finding import END, LAST_ID
from communique.search.values import Place

PATIENCE = 0.9  # seconds
SHOWING = 0.25  # of these left for reading once more what is shown
AT_LEAST = 0.7  # seconds more, as long as nothing at all was tried
BATCH = 40  # statements tried at once


@dataclass(frozen=True, slots=True)
class Glance:
    """What the newest statements say. found: as of a back-test; its `statements` are those that
    were tried. reached: everything after this day was looked at; None: nothing could be in time.
    whole: that was all the search index has, and only what it does not know yet is missing."""

    found: BackTest
    reached: date | None
    whole: bool


def glance(
    connection: Connection,
    draft: Sequence[Rule],
    watchlist: str,
    today: date,
    *,
    rule: str | None = None,
    patience: float = PATIENCE,
) -> Glance:
    """Tries a draft as `backtest` does, newest first, until `patience` seconds are over.
    connection: in a transaction; nothing is written. today: in UTC. Raises RuleError."""
    deadline = time.monotonic() + patience - SHOWING
    latest = deadline + AT_LEAST if patience > 0 else deadline
    question = asked(connection, draft, watchlist, rule)
    tally, reached, whole = Tally(), None, False
    for batch in _batches(connection, question, latest):
        try:
            with bounded(connection, deadline if tally.read else latest):
                ids = [place.statement_id for place in batch.newest]
                for one in read(connection, ids, question.sides, date.min, processes=1):
                    tally.add(one)
        except TooLong:
            break
        reached, whole = batch.end, batch.end is None
    first = reached if reached and not whole else first_day(connection, None, today)
    weeks = weeks_of(tally.stories_before, tally.stories_after, first, today) if tally.read else ()
    if not whole:  # a week of which only a part was looked at would look quieter than it was
        weeks = tuple(week for week in weeks if week.start > first)
    found = answered(connection, question, tally, weeks, today)
    found = replace(found, estimate=estimate(weeks, today))
    return Glance(found, reached, whole)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Places to be tried. end: the day after which everything has been tried then; None: there is
    nothing else."""

    newest: Sequence[Place]
    end: date | None


def _batches(connection: Connection, question: Question, deadline: float) -> Iterator[_Batch]:
    """What may match, newest first, as far as the index could be asked in time."""
    terms = terms_of(connection, question.sides.tried, question.sides.givers)
    if terms is None:
        yield _Batch((), None)
        return
    for looked in looks(connection, Wanted(terms, Place(END, LAST_ID), date.min), deadline):
        if not looked.in_time:
            return
        places, end = looked.places, looked.end.day if looked.end else None
        for start in range(0, len(places) - BATCH, BATCH):
            batch = places[start : start + BATCH]
            yield _Batch(batch, batch[-1].day)
        yield _Batch(places[(len(places) - 1) // BATCH * BATCH :] if places else (), end)
