"""*Trends*: how often, by whom and since when something is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from markupsafe import Markup
from sqlalchemy import Connection
from starlette.responses import Response

from communique.pages.charts_svg import Drawing, Look, markup
from communique.pages.opening import Reading, SettingsOf
from communique.pages.rendering import is_fragment, page
from communique.pages.trends_asked import (
    REFUSED,
    AskedOf,
    TrendAsked,
    counted,
    spread_of,
    verdicts_of,
)
from communique.pages.trends_counting import FURTHER
from communique.pages.trends_files import (
    KINDS,
    LOOK,
    days_of,
    figures,
    file_name,
    first_rows,
    svg,
)
from communique.pages.trends_shown import MOST_DOTS, NARROW, WIDE
from communique.pages.trends_span import PRESETS
from communique.pages.trends_subjects import MOST, Subject
from communique.pages.trends_tables import group_name, label_of
from communique.rule_versions import in_force
from communique.settings import Settings

router = APIRouter()


@router.get("/trends")
def trends(request: Request, connection: Reading, settings: SettingsOf, asked: AskedOf) -> Response:
    """Mentions by week, or who used it first; to htmx only the result."""
    values: dict[str, Any] = {"asked": asked, "subjects": (), "problem": "", "shown": None}
    status = 200
    try:
        values |= _shown(request, connection, settings, asked)
    except REFUSED as error:
        values["problem"], status = str(error), 422
    if is_fragment(request):
        return page(request, "_trends.html", fragment=True, status=status, **values)
    return page(request, "trends.html", status=status, **values, **_choices(connection))


@router.get("/trends.svg")
def chart(request: Request, connection: Reading, settings: SettingsOf, asked: AskedOf) -> Response:
    """The chart as a file: mentions by week, or how they spread."""
    subjects, today = _required(connection, asked), settings.clock().date()
    arguments = (connection, asked, subjects, today, verdicts_of(request), FURTHER)
    try:
        if asked.view == "spread":
            first = spread_of(*arguments)
            drawn, days = first.drawn(LOOK), (first.since or today, today)
        else:
            counts = counted(*arguments)
            drawn, days = counts.drawn(LOOK), days_of(counts.counted[0].span, counts)
    except REFUSED as error:
        raise HTTPException(422, str(error)) from error
    if drawn is None:
        raise HTTPException(404, "There is nothing to draw: nobody has said it, or it could not be "
                                 "counted in time.")  # fmt: skip
    return _file(svg(drawn), file_name(subjects, *days, "svg"), "svg")


@router.get("/trends.csv")
def table(request: Request, connection: Reading, settings: SettingsOf, asked: AskedOf) -> Response:
    """The figures as a file: every country or publisher by week, or the first mentions."""
    subjects, now = _required(connection, asked), settings.clock()
    arguments = (connection, asked, subjects, now.date(), verdicts_of(request), FURTHER)
    try:
        if asked.view == "spread":
            first = spread_of(*arguments)
            made = first_rows(first, now)
            name = file_name(subjects, first.since or now.date(), now.date(), "csv")
        else:
            counts = counted(*arguments)
            made = figures(counts, now)
            name = file_name(subjects, *days_of(counts.counted[0].span, counts), "csv")
    except REFUSED as error:
        raise HTTPException(422, str(error)) from error
    return _file(made, name, "csv")


def _shown(
    request: Request, connection: Connection, settings: Settings, asked: TrendAsked
) -> dict[str, Any]:
    subjects, today = asked.subjects(connection), settings.clock().date()
    span = asked.span(connection, today)
    if not subjects:
        return {"span": span}
    arguments = (connection, asked, subjects, today, verdicts_of(request), asked.patience())
    values: dict[str, Any] = {
        "subjects": subjects,
        "span": span,
        "label_of": label_of,
        "day_before": timedelta(days=1),
    }
    if asked.view == "spread":
        first = spread_of(*arguments)
        draw = {"charts": _sizes(first.drawn, "c"), "strips": _sizes(first.strip, "d")}
        return values | draw | {
            "shown": first, "group_name": group_name, "most_dots": MOST_DOTS,
        }  # fmt: skip
    counts = counted(*arguments)
    return values | {"shown": counts, "charts": _sizes(counts.drawn, "c")}


def _sizes(draw: Any, key: str) -> dict[str, Markup]:
    """A chart for a wide window, and one for a telephone."""
    drawn: dict[str, Drawing | None] = {
        "wide": draw(Look(WIDE, key=f"{key}w")),
        "narrow": draw(Look(NARROW, key=f"{key}n")),
    }
    return {size: markup(one) for size, one in drawn.items() if one is not None}


def _choices(connection: Connection) -> dict[str, Any]:
    """What the form offers."""
    rules = in_force(connection)
    topics = sorted({one.rule.topic for one in rules.values() if one.rule.topic})
    named = [f"{watchlist}/{rule}" for watchlist, rule in sorted(rules)]
    return {"rules": named, "topics": topics, "presets": PRESETS, "most": MOST}


def _required(connection: Connection, asked: TrendAsked) -> tuple[Subject, ...]:
    try:
        subjects = asked.subjects(connection)
    except REFUSED as error:
        raise HTTPException(422, str(error)) from error
    if not subjects:
        raise HTTPException(422, "Say what to count, as in ?q=huawei, ?rule=5g-huawei/huawei or "
                                 "?topic=5g.")  # fmt: skip
    return subjects


def _file(content: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=KINDS[kind], headers=headers)
