"""Confirming and unsubscribing by the link of a mail: for whoever holds its token, signed in or
not.

To ask for a page changes nothing: mail scanners open every link. Its button does, and so does the
one-click POST of mail programs (RFC 8058), which brings neither a cookie nor a token of ours: the
signed token in the address is what permits it, and what is sent with it is not even read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from communique.addressees import masked
from communique.choices import SubscriptionError
from communique.mail_in import unsubscribe_by_token
from communique.optin import asked_for, confirm
from communique.pages.opening import EngineOf, Reading, SettingsOf
from communique.pages.rendering import outside_page
from communique.selections import EVERY
from communique.subscriptions import Subscription, of_ids
from communique.tokens import read

router = APIRouter(include_in_schema=False)
BEGINNINGS = ("/confirm/", "/unsubscribe/")


@dataclass(frozen=True, slots=True)
class Told:
    """A subscription, to whoever holds a link that may have been passed on. address: its owner
    knows it again, nobody else learns it. what, how: which watchlist, in which way. over: that
    nothing is left to do."""

    address: str
    what: str
    how: str
    over: bool


def routes() -> Iterable[APIRoute]:
    """What needs no session."""
    return [cast(APIRoute, route) for route in router.routes]


@router.get("/confirm/{token}")
def ask_to_confirm(
    request: Request, token: str, connection: Reading, settings: SettingsOf
) -> Response:
    """Shows what the token confirms, and a button."""
    return _page(request, "confirm", lambda: asked_for(connection, token, settings.clock()))


@router.post("/confirm/{token}")
def do_confirm(request: Request, token: str, engine: EngineOf, settings: SettingsOf) -> Response:
    """Confirms; as often as it is asked."""

    def confirmed() -> tuple[Subscription, ...]:
        with engine.begin() as connection:
            return confirm(connection, token, settings.clock())

    return _page(request, "confirm", confirmed, done=True)


@router.get("/unsubscribe/{token}")
def ask_to_unsubscribe(
    request: Request, token: str, connection: Reading, settings: SettingsOf
) -> Response:
    """Shows what the token ends, and a button."""
    return _page(
        request,
        "unsubscribe",
        lambda: of_ids(connection, read(connection, "unsubscribe", token, settings.clock()).ids),
    )


@router.post("/unsubscribe/{token}")
def do_unsubscribe(
    request: Request, token: str, engine: EngineOf, settings: SettingsOf
) -> Response:
    """Unsubscribes; as often as it is asked. Never a redirect: RFC 8058 forbids it."""

    def ended() -> tuple[Subscription, ...]:
        with engine.begin() as connection:
            return unsubscribe_by_token(connection, token, settings.clock())

    return _page(request, "unsubscribe", ended, done=True)


def _page(
    request: Request,
    purpose: str,
    find: Callable[[], tuple[Subscription, ...]],
    *,
    done: bool = False,
) -> Response:
    try:
        found = find()
    except SubscriptionError as error:
        return outside_page(
            request,
            "refused.html",
            status=400,
            framed=False,
            said=str(error),
            sign_in=False,
            signed_out=False,
        )
    about = [_told(one, purpose) for one in found]
    return outside_page(
        request, f"{purpose}.html", framed=False, about=about, done=done,
        waits=not done and not all(one.over for one in about),
    )  # fmt: skip


def _told(one: Subscription, purpose: str) -> Told:
    over = one.ended_at if purpose == "unsubscribe" else one.confirmed_at
    what = "every watchlist" if one.watchlist == EVERY else one.watchlist
    how = {"instant": "each alert at once", "daily": "daily", "weekly": "weekly"}[one.how]
    return Told(masked(one.recipient), what, how, over is not None)
