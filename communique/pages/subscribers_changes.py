"""Subscribing, pausing, resuming and ending, as the command line does."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, cast

from fastapi import APIRouter, Form, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from communique import optin, recipients, subscriptions
from communique.choices import Choices, SubscriptionError
from communique.pages.access import Changing
from communique.pages.opening import EngineOf, SettingsOf
from communique.pages.rendering import url
from communique.pages.subscribers_shown import list_page, recipient_of
from communique.pages.watchlists_loading import watchlists_of
from communique.selections import EVERY
from communique.subscriptions import Subscription, known_rules, of_ids

router = APIRouter()

FIELDS = ("severity", "zone", "quiet")


@router.post("/subscriptions", include_in_schema=False)
def add(
    request: Request,
    _changer: Changing,
    settings: SettingsOf,
    engine: EngineOf,
    recipient: Annotated[str, Form()],
    watchlist: Annotated[str, Form()] = EVERY,
    how: Annotated[str, Form()] = "instant",
    severity: Annotated[str, Form()] = "",
    rules: Annotated[str, Form()] = "",
    countries: Annotated[str, Form()] = "",
    zone: Annotated[str, Form()] = "",
    hour: Annotated[str, Form()] = "",
    weekday: Annotated[str, Form()] = "",
    quiet: Annotated[str, Form()] = "",
) -> Response:
    """Subscribes an address, asking it to confirm where it is none of the house's own; one that is
    subscribed so already is changed."""
    given = {
        name: value.strip() for name, value in zip(FIELDS, (severity, zone, quiet), strict=True)
    }
    choices: dict[str, Any] = {name: value for name, value in given.items() if value}
    choices |= {name: _several(said) for name, said in
                (("rules", rules), ("countries", countries)) if said.strip()}  # fmt: skip
    typed = {"recipient": recipient, "watchlist": watchlist, "how": how, "rules": rules}
    typed |= given | {"countries": countries, "hour": hour, "weekday": weekday}
    try:
        if how != "instant" and hour.strip():
            choices["hour"] = _hour(hour)
        if how == "weekly" and weekday:
            choices["weekday"] = weekday
        with engine.begin() as connection:
            known = known_rules(connection, watchlists_of(settings.watchlists))
            asked = optin.request(
                *(connection, settings, recipient, watchlist, settings.clock()),
                known=known,
                how=how,
                **cast(Choices, choices),
            )
    except SubscriptionError as error:
        with engine.connect() as connection:
            return list_page(request, connection, settings, typed=typed, refused=str(error))
    done = {"not needed": "added", "queued": "asked", "asked before": "waits"}
    return _of(request, asked.subscription.recipient, done[asked.confirmation])


@router.post("/subscriptions/{number}/pause", include_in_schema=False)
def pause(
    request: Request,
    number: int,
    _changer: Changing,
    settings: SettingsOf,
    engine: EngineOf,
    until: Annotated[str, Form()] = "",
) -> Response:
    """Tells it nothing, until a day or until it is resumed."""
    with engine.begin() as connection:
        one = _one(connection, number)
        try:
            day = _day(until)
            subscriptions.pause(
                *(connection, one.recipient, settings.clock()),
                until=day,
                watchlist=one.watchlist,
                how=one.how,
            )
        except SubscriptionError as error:
            raise HTTPException(422, str(error)) from error
    return _of(request, one.recipient, "paused")


@router.post("/subscriptions/{number}/resume", include_in_schema=False)
def resume(request: Request, number: int, _changer: Changing, engine: EngineOf) -> Response:
    """Ends its pause."""
    with engine.begin() as connection:
        one = _one(connection, number)
        subscriptions.resume(connection, one.recipient, watchlist=one.watchlist, how=one.how)
    return _of(request, one.recipient, "resumed")


@router.post("/subscriptions/{number}/end", include_in_schema=False)
def end(
    request: Request, number: int, _changer: Changing, settings: SettingsOf, engine: EngineOf
) -> Response:
    """Ends it."""
    with engine.begin() as connection:
        one = _one(connection, number)
        subscriptions.end(connection, [one.id], settings.clock())
    return _of(request, one.recipient, "ended")


@router.post("/subscriptions/enable", include_in_schema=False)
def enable(
    request: Request, _changer: Changing, engine: EngineOf, recipient: Annotated[str, Form()]
) -> Response:
    """Lets mail go to an address again that had refused it for good."""
    who = recipient_of(request, recipient)
    with engine.begin() as connection:
        if not recipients.enable(connection, who):
            raise HTTPException(409, f"{who} is not disabled.")
    return _of(request, who, "enabled")


def _one(connection: Connection, number: int) -> Subscription:
    found = of_ids(connection, [number]) if abs(number) < 2**63 else ()
    if not found or found[0].ended_at is not None:
        raise HTTPException(404, f"There is no running subscription {number}.")
    return found[0]


def _of(request: Request, recipient: str, done: str) -> Response:
    where = url(request, "/subscriptions/of", recipient=recipient, done=done)
    return RedirectResponse(where, 303)


def _several(said: str) -> list[str]:
    return [one.strip() for one in said.split(",") if one.strip()]


def _hour(said: str) -> int:
    if not said.strip().isdecimal() or len(said) > 4:
        raise SubscriptionError(f"{said[:20]!r} is no hour: give one from 0 to 23.")
    return int(said)


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said.strip()) if said.strip() else None
    except ValueError as error:
        raise SubscriptionError(f"{said[:20]!r} is no day such as 2026-03-01.") from error
