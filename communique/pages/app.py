"""The application: its routes, and who may use them."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.responses import RedirectResponse, Response

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
from communique.pages.guarding import Guard
from communique.pages.opening import Store
from communique.pages.rendering import HEADERS, url
from communique.pages.sources_checks import Checks
from communique.pages.statements_files import Files
from communique.pages.telling import HANDLERS, told
from communique.pages.trends_verdicts import Verdicts
from communique.pages.watchlists_trials import Trials

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
    app.state.checks = Checks()
    app.state.trials = Trials()
    app.state.files = Files()
    app.state.verdicts = Verdicts()
    check_visitor = signed_in(embedding)
    visitors_only: dict[str, Any] = {
        "dependencies": [Depends(check_visitor)],
        "include_in_schema": False,
    }
    app.add_api_route("/", _start, **visitors_only)
    for part in PARTS:
        app.include_router(part.router, dependencies=[Depends(check_visitor)])
    app.include_router(leaving.router)
    app.add_api_route("/{path:path}", _nowhere, **visitors_only)
    app.add_middleware(Guard, told=told, headers=HEADERS, strangers=leaving.BEGINNINGS)
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)
    require_checks(app.routes, check_visitor, by_token=[each.endpoint for each in leaving.routes()])
    return app


def _start(request: Request) -> Response:
    return RedirectResponse(url(request, "/today"), 307)


def _nowhere(request: Request, path: str) -> Response:
    """Every address that is none of ours; so whoever is not signed in learns of none."""
    if path.endswith("/") and path.strip("/"):
        asked = request.query_params
        query = {name: asked.getlist(name) for name in asked}
        return RedirectResponse(url(request, f"/{path.strip('/')}", **query), 307)
    raise HTTPException(404, "There is no page at this address. Was it cut off?")
