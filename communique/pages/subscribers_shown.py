"""What the pages of subscriptions share: the list, and who may see whose address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import Response

from communique.addressees import normal_recipient
from communique.choices import HOWS, WEEKDAYS, SubscriptionError
from communique.pages.access import visitor_of
from communique.pages.rendering import page
from communique.pages.subscribers_facts import counts, listed
from communique.pages.watchlists_loading import watchlists_of
from communique.rules import SEVERITIES
from communique.selections import EVERY
from communique.settings import Settings
from communique.subscription_words import hears, part, standing, when
from communique.subscriptions import known_rules


def list_page(
    request: Request,
    connection: Connection,
    settings: Settings,
    *,
    named: str = "",
    after: str = "",
    ended: bool = False,
    typed: dict[str, str] | None = None,
    refused: str = "",
) -> Response:
    """The list; for who may not edit, how many there are. typed, refused: a form that was refused,
    and why."""
    now = settings.clock()
    shared = words(now) | {"counts": counts(connection, now)}
    if not visitor_of(request).may_edit:
        return page(request, "subscriptions.html", **shared)
    blank = {"recipient": "", "watchlist": EVERY, "how": "instant", "severity": "info"}
    blank |= dict.fromkeys(("rules", "countries", "zone", "hour", "weekday", "quiet"), "")
    known = known_rules(connection, watchlists_of(settings.watchlists))
    return page(
        request,
        "subscriptions.html",
        status=422 if refused else 200,
        found=listed(connection, named=named.replace("\0", ""), after=after, ended=ended),
        named=named,
        ended=ended,
        typed=blank | (typed or {}),
        refused=refused,
        known=sorted(known),
        hows=HOWS,
        severities=SEVERITIES,
        weekdays=WEEKDAYS,
        channels=sorted(settings.channels),
        **shared,
    )


def words(now: datetime) -> dict[str, Any]:
    """How templates put a subscription into words; now: aware."""
    return {
        "hears": hears,
        "when": when,
        "part": part,
        "standing": lambda one: standing(one, now),
        "every": EVERY,
    }


def recipient_of(request: Request, recipient: str) -> str:
    """In its one spelling. Raises HTTPException for what is none, and for who may not see it."""
    visitor = visitor_of(request)
    if not visitor.may_edit:
        raise HTTPException(403, f"{visitor.name} may not see who is subscribed.")
    try:
        return normal_recipient(recipient)
    except SubscriptionError as error:
        raise HTTPException(422, str(error)) from error
