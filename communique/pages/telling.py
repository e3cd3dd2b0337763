"""What is said where something goes wrong, in the form in which whoever asked can read it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as NoneFreeError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from communique.database import StoreError
from communique.pages.opening import store_of
from communique.pages.rendering import is_fragment, outside_page, page

log = logging.getLogger(__name__)

SIGNED_OUT = "You are not signed in, or no longer. Sign in, then load this page again."
LONGEST = 1_000  # characters of one error
CANCELED = "57014"
WAITED = frozenset({"55P03", "40P01", "40001"})  # for a lock; against each other
LACKING = frozenset({"42501", "42P01", "42703", "42883", "3F000"})  # rights, tables, columns ...
SOON = {"Retry-After": "5"}


async def told(
    request: Request, status: int, said: str, headers: Mapping[str, str] | None = None
) -> Response:
    """An error: JSON for who asked the API, a piece of a page for htmx, a page for a visitor; and
    a bare one, which tells nothing else, for whoever is not signed in."""
    visitor = getattr(request.state, "visitor", None)
    below = request.url.path.removeprefix(request.scope.get("root_path", ""))
    answer: Response
    if below.startswith("/api/"):
        answer = JSONResponse({"detail": said}, status)
    elif visitor is None:
        answer = outside_page(
            request,
            "refused.html",
            status=status,
            said=said,
            sign_in=status in (401, 403),
            signed_out=status == 401,
        )
    elif is_fragment(request):
        answer = page(request, "_error.html", status=status, fragment=True, said=said)
    else:
        answer = page(request, "error.html", status=status, said=said)
    answer.headers.update(headers or {})
    return answer


async def _refused(request: Request, error: HTTPException) -> Response:
    said = SIGNED_OUT if error.status_code == 401 else str(error.detail)
    return await told(request, error.status_code, said, error.headers)


async def _misunderstood(request: Request, error: RequestValidationError) -> Response:
    said = [f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors()]
    return await told(request, 422, "; ".join(said)[:LONGEST])


async def _closed(request: Request, error: StoreError) -> Response:
    log.error("the store cannot be used: %s", error)
    return await told(request, 503, _discreet(request, str(error)), SOON)


async def _failed(request: Request, error: DBAPIError) -> Response:
    """What PostgreSQL refused: for its time, for somebody who was first, or wholly."""
    code = getattr(error.orig, "pgcode", None)
    if code == CANCELED:
        log.warning("%r took too long", request.url.path)
        said = "This took too long and was stopped: narrow it down, by days or by source."
        return await told(request, 504, said)
    if code in WAITED:
        log.warning("%r waited for others: %s", request.url.path, error.orig)
        return await told(request, 503, "Others change the same just now. Try again.", SOON)
    log.error("the store does not answer: %s", error.orig)
    await run_in_threadpool(store_of(request).doubt)
    return await told(request, 503, "PostgreSQL does not answer. Try again in a moment.", SOON)


async def _lacking(request: Request, error: ProgrammingError) -> Response:
    """The store was changed under us, or was never as we need it; all else is a fault of ours."""
    if getattr(error.orig, "pgcode", None) not in LACKING:
        raise error
    log.error("%r: the store is not as it should be: %s", request.url.path, error.orig)
    said = f"The store is not as these pages need it: {_first_line(error)}. Whoever runs it: "
    return await told(request, 503, _discreet(request, f"{said}communique db upgrade"))


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


async def _none_free(request: Request, error: NoneFreeError) -> Response:
    log.error("no connection was free: %s", error)
    return await told(request, 503, "Too many ask at once. Try again in a moment.", SOON)


async def _unstorable(request: Request, error: DataError) -> Response:
    log.warning("%r: %s", request.url.path, error.orig)
    return await told(request, 400, "A value is not of a kind that the store can hold.")


def _discreet(request: Request, said: str) -> str:
    """A stranger is not told where the store is."""
    if getattr(request.state, "visitor", None) is None:
        return "This cannot be done at the moment. Try again in a few minutes."
    return said


HANDLERS: Mapping[Any, Callable[[Request, Any], Awaitable[Response]]] = {
    HTTPException: _refused,
    RequestValidationError: _misunderstood,
    StoreError: _closed,
    OperationalError: _failed,
    InterfaceError: _failed,
    NoneFreeError: _none_free,
    DataError: _unstorable,
    ProgrammingError: _lacking,
}
