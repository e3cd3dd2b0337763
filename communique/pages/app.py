"""The application: its routes, who may use them, and what is said where something goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from communique.database import StoreError
from communique.pages import (
    api,
    evidence,
    leaving,
    runs,
    sources,
    statement,
    statements,
    static_files,
    subscribers,
    today,
    trends,
    watchlists,
)
from communique.pages.access import require_checks, signed_in
from communique.pages.embedding import Embedding
from communique.pages.opening import Store
from communique.pages.rendering import HEADERS, page, url

log = logging.getLogger(__name__)

PARTS = (
    static_files,
    today,
    statements,
    statement,
    evidence,
    trends,
    watchlists,
    subscribers,
    sources,
    runs,
    api,
)


def make_app(embedding: Embedding) -> FastAPI:
    """The application, to be mounted anywhere. Raises UncheckedRouteError where a route would be
    open to whom it must not be."""
    app = FastAPI(title="Communiqué", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.embedding = embedding
    app.state.store = Store(embedding.settings)
    check_visitor = signed_in(embedding)
    app.add_api_route("/", _start, dependencies=[Depends(check_visitor)], include_in_schema=False)
    for part in PARTS:
        app.include_router(part.router, dependencies=[Depends(check_visitor)])
    app.include_router(leaving.router)
    app.middleware("http")(_with_headers)
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(StoreError, _closed)
    app.add_exception_handler(OperationalError, _closed)
    app.add_exception_handler(Exception, _broken)
    require_checks(app.routes, check_visitor, by_token=leaving.PATHS)
    return app


def _start(request: Request) -> Response:
    return RedirectResponse(url(request, "/today"), 307)


async def _with_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    answer = await call_next(request)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 (what it was registered for)
    return _told(request, error.status_code, str(error.detail))


async def _misunderstood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (what it was registered for)
    told = [f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors()]
    return _told(request, 422, "; ".join(told)[:1_000])


async def _closed(request: Request, error: Exception) -> Response:
    log.error("the store cannot be used: %s", error)
    said = str(error) if isinstance(error, StoreError) else "PostgreSQL does not answer."
    return _told(request, 503, said)


async def _broken(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _told(request, 500, "This is a fault of ours; the API server's log says which.")


def _told(request: Request, status: int, said: str) -> Response:
    """An error, in the form in which whoever asked can read it."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    if path.startswith("/api/"):
        return JSONResponse({"detail": said}, status, headers=HEADERS)
    answer = page(request, "error.html", status=status, said=said)
    answer.headers.update(HEADERS)
    return answer
