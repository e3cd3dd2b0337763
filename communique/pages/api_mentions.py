"""Mentions by week, as *Trends* counts them, for the JSON API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, HTTPException, Query
from sqlalchemy import Connection

from communique.pages import api_models as models
from communique.pages.trends_asked import REFUSED, TrendAsked, trend_asked
from communique.pages.trends_counting import Counting, Mentions, mentions, waiting
from communique.pages.trends_firsts import By
from communique.pages.trends_subjects import LONGEST
from communique.pages.trends_tables import counted_groups, sources_of
from communique.pages.trends_verdicts import Verdicts

MOST_GROUPS = 100
Text = Annotated[str, Query(max_length=LONGEST)]
Several = Annotated[tuple[Text, ...], Query(description="Three at most, of all kinds.")]


def _asked(
    q: Several = (),
    rule: Several = (),
    topic: Several = (),
    by: By = "country",
    count: Counting = "statements",
    period: Annotated[
        Literal["", "13w", "1y", "all"], Query(description="Where no days are named; usually 1y.")
    ] = "",
    since: Annotated[str, Query(description="A first day, such as 2019-01-31.")] = "",
    until: Annotated[str, Query(description="A last day.")] = "",
    further: Annotated[bool, Query(description="Take up to four seconds, for more of it.")] = False,
) -> TrendAsked:
    named = list(q), list(rule), list(topic)
    days: dict[str, Any] = {"period": period, "since": since, "until": until}
    return trend_asked(*named, by=by, count=count, further=further, **days)


MentionsAsked = Annotated[TrendAsked, Depends(_asked)]


def counted(
    connection: Connection, asked: TrendAsked, today: date, verdicts: Verdicts
) -> models.Mentions:
    """What is asked for, as far back as there is time. Raises HTTPException 422 for what makes no
    sense."""
    try:
        subjects, span = asked.subjects(connection), asked.span(connection, today)
    except REFUSED as error:
        raise HTTPException(422, str(error)) from error
    if not subjects:
        raise HTTPException(422, "Mentions of what? Give a query (q), a rule or a topic.")
    found = mentions(
        connection, subjects, span, verdicts, counting=asked.count, patience=asked.patience()
    )
    sources = sources_of(connection)
    return models.Mentions(
        unit=span.unit,
        since=span.since,
        until=span.last,
        waiting=waiting(connection),
        subjects=[_subject(one, counted_groups(one, sources, asked.by)) for one in found],
    )


def _subject(found: Mentions, groups: Mapping[str, Counter[date]]) -> models.Subject:
    return models.Subject(
        kind=found.subject.kind,
        asked=found.subject.asked,
        counted_from=found.since,
        whole=found.whole,
        total=found.total,
        groups=[_group(*each) for each in list(groups.items())[:MOST_GROUPS]],
        more=max(0, len(groups) - MOST_GROUPS),
    )


def _group(name: str, counts: Counter[date]) -> models.Group:
    by_start = [models.Count(start=start, count=count) for start, count in sorted(counts.items())]
    return models.Group(group=name, total=counts.total(), counts=by_start)
