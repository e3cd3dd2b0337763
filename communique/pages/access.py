"""Who may do what. Every route but those that a signed token opens asks for a signed-in visitor;
every change asks for one who may edit, for a token of our own pages, and for our own origin."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from communique.addressees import masked
from communique.pages.embedding import Embedding, Visitor
from communique.pages.opening import settings_of, store_of

READING = frozenset({"GET", "HEAD"})
LONGEST = 24 * 60 * 60  # seconds that a page may stand open before its forms are refused
HEADER, FIELD = "x-csrf-token", "csrf"


class UncheckedRouteError(Exception):
    """A route that would be open to whom it must not be."""


def signed_in(embedding: Embedding) -> Callable[..., Any]:
    """The dependency that notes who visits, or refuses."""

    async def check_visitor(
        request: Request,
        visitor: Visitor = Depends(embedding.visitor),
    ) -> Visitor:
        request.state.visitor = visitor
        return visitor

    return check_visitor


def visitor_of(request: Request) -> Visitor:
    """Who visits; only behind `signed_in`."""
    visitor: Visitor = request.state.visitor
    return visitor


async def check_change(request: Request) -> Visitor:
    """The dependency of every change. Returns who makes it; raises HTTPException 403."""
    visitor = visitor_of(request)
    if not visitor.may_edit:
        raise HTTPException(
            403,
            f"{visitor.name} may look, but change nothing. Ask whoever grants roles in Airflow.",
        )
    if not await run_in_threadpool(_is_ours, request):
        raise HTTPException(
            403,
            "This request came from another site's page: nothing was changed. If it did not, "
            "a proxy hides our address: COMMUNIQUE_PAGES_URL has to name it.",
        )
    sent = await request.form()
    if any("\0" in value for value in sent.values() if isinstance(value, str)):
        raise HTTPException(400, "What was sent holds a NUL character, which no text of ours has.")
    token = request.headers.get(HEADER) or sent.get(FIELD)
    if not await run_in_threadpool(_is_good, request, token):
        raise HTTPException(
            403,
            "This page has stood open for too long, or is not ours. Load it again, then repeat.",
        )
    return visitor


Changing = Annotated[Visitor, Depends(check_change)]


def csrf_token(request: Request) -> str:
    """The token that a page of this visitor sends with each change. Holds a day."""
    made = _serializer(request).dumps(visitor_of(request).name)
    return made if isinstance(made, str) else made.decode("ascii")


def whom(request: Request, recipient: str) -> str:
    """A recipient's address as the visitor may see it: in full where he may edit, else masked."""
    return recipient if visitor_of(request).may_edit else masked(recipient)


def require_checks(
    routes: Iterable[BaseRoute],
    check_visitor: Callable[..., Any],
    *,
    by_token: Iterable[Callable[..., Any]],
) -> None:
    """Raises UncheckedRouteError for a route that does not ask who visits, or that changes
    something without `check_change`. by_token: functions that a signed token opens."""
    opened = set(by_token)
    for route in routes:
        path = getattr(route, "path", "?")
        if not isinstance(route, APIRoute):
            raise UncheckedRouteError(f"{path}: {type(route).__name__} asks nobody who he is")
        if route.endpoint in opened:
            continue
        calls = set(_calls(route.dependant))
        if check_visitor not in calls:
            raise UncheckedRouteError(f"{path} does not ask who visits")
        if not route.methods <= READING and check_change not in calls:
            raise UncheckedRouteError(f"{path} changes something without asking whether it may")


def _calls(dependant: Dependant) -> Iterable[Callable[..., Any] | None]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)


def _is_ours(request: Request) -> bool:
    """Whether a browser says that one of our own pages sent this; who is no browser says nothing,
    and needs the token all the same."""
    if request.headers.get("sec-fetch-site") not in (None, "same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    known = {request.headers.get("host", "").casefold(), _host(settings_of(request).pages_url)}
    return _host(origin) in known - {""}


def _host(address: str | None) -> str:
    """Host and port; empty where there are none, as in the origin `null` of what is sandboxed."""
    try:
        return urlsplit(address or "").netloc.casefold()
    except ValueError:
        return ""


def _is_good(request: Request, token: object) -> bool:
    if not isinstance(token, str):
        return False
    try:
        name = _serializer(request).loads(token, max_age=LONGEST)
    except BadData:
        return False
    return bool(name == visitor_of(request).name)


def _serializer(request: Request) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        store_of(request).secret(),
        salt="communique.pages",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
