"""*Today*: what is new since yesterday, how every source stands, which formulations are on
the rise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from communique.health_changes import changes as not_well
from communique.mail import dates
from communique.pages import today_changes, today_news, today_work
from communique.pages.opening import Reading, SettingsOf
from communique.pages.rendering import embedding_of, page
from communique.pages.sources_facts import SIGNS, by_desk, known_sources, legend
from communique.pages.today_period import NAMES, PERIODS, PROPOSED, Period, WrongPeriod, period
from communique.settings import Settings
from communique.standing import standings_in
from scrapers.errors import SourceFactsError

router = APIRouter()

# What is shown of each section at first, and of one that is asked for alone.
FEW, MANY = 10, 25
COUNTED = 10_000
MOST_WORST = 8
SECTIONS = (*today_news.GRAVEST, "again", "changes")

Section = Literal["", "urgent", "notice", "info", "again", "changes"]
Word = Annotated[str, Query(max_length=100)]


@router.get("/today")
def today(
    request: Request,
    connection: Reading,
    settings: SettingsOf,
    period: Word = "yesterday",
    since: Word = "",
    zone: Word = "UTC",
    section: Section = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1_000)] = 1,
) -> Response:
    """What is new. section: that alone, page by page."""
    asked = _period(period, since, zone, settings.clock())
    shown = _news(connection, asked, section, number)
    if section:
        return page(request, "today_section.html", **_shared(request, asked), **shown)
    first, risen = today_work.rising(connection, *asked.days)
    return page(
        request,
        "today.html",
        **_shared(request, asked),
        **shown,
        **_coverage(connection, settings),
        seen=today_work.seen(connection, asked.since, asked.until, COUNTED),
        counted=COUNTED,
        rising=risen,
        rising_since=first,
        runs=today_work.last_runs(connection),
        unsent=today_work.unsent(connection, asked.since, asked.until),
    )


def _period(chosen: str, since: str, zone: str, now: datetime) -> Period:
    try:
        return period(chosen, since, zone or "UTC", now)
    except WrongPeriod as error:
        raise HTTPException(422, str(error)) from error


def _shared(request: Request, asked: Period) -> dict[str, Any]:
    return {
        "period": asked,
        "periods": {name: NAMES[name] for name in PERIODS},
        "zones": PROPOSED,
        "published": published,
        "run_page": lambda key: embedding_of(request).run_page(key, None),
    }


def _news(connection: Connection, asked: Period, section: str, number: int) -> dict[str, Any]:
    """The stories and changes of the period, as far as they are shown."""
    found = today_news.news(connection, asked.since, asked.until)
    stories = {name: found.of(name) for name in today_news.GRAVEST} | {"again": found.again}
    wanted = [section] if section in stories else [] if section else list(stories)
    most = MANY if section else FEW
    start = (number - 1) * most
    parts = {name: stories[name][start : start + most] for name in wanted}
    every = today_news.entries(
        connection, [one for part in parts.values() for one in part], asked.since
    )
    by_story = {entry.found.story: entry for entry in every}
    changed: Sequence[today_changes.Change] = ()
    more = False
    if section in ("", "changes"):
        changed, more = today_changes.changes(
            connection, asked.since, asked.until, most=most, first=start
        )
    return {
        "section": section,
        "number": number,
        "start": start,
        "news": found,
        "totals": {name: len(some) for name, some in stories.items()},
        "parts": {
            name: [by_story[one.story] for one in part if one.story in by_story]
            for name, part in parts.items()
        },
        "changes": changed,
        "more_changes": more,
    }


def _coverage(connection: Connection, settings: Settings) -> dict[str, Any]:
    """How the sources stand; where their facts cannot be read, why."""
    try:
        known = known_sources(settings)
    except SourceFactsError as error:
        return {
            "desks": (),
            "legend": (),
            "signs": SIGNS,
            "worst": [],
            "names": {},
            "broken": str(error),
        }
    found = standings_in(connection, known, settings.clock())
    return {
        "desks": by_desk(found),
        "legend": legend(found),
        "signs": SIGNS,
        "worst": [_bounded(section) for section in not_well(found, None)],
        "names": {source.id: source.publisher for source in known},
        "broken": "",
    }


def _bounded(section: dict[str, Any]) -> dict[str, Any]:
    """A state's sources for the list beneath the strip: so many, those that fail alike as one."""
    groups = [
        group | {"since": datetime.fromisoformat(group["since"])}
        for group in section["groups"][:MOST_WORST]
    ]
    single = [
        one | {"since": datetime.fromisoformat(one["since"])}
        for one in section["entries"][: max(0, MOST_WORST - len(groups))]
    ]
    told = len(single) + sum(group["number"] for group in groups)
    return {
        "state": section["state"],
        "number": section["number"],
        "groups": groups,
        "single": single,
        "more": max(0, section["number"] - told),
    }


def published(row: Any) -> str:
    """When a statement was published, with precision and zone, as mails say it."""
    return dates.published(
        *(row.date_precision, row.published_on, row.published_at),
        *(row.date_zone, row.date_zone_assumed, row.date_text),
    )
