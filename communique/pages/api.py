"""The JSON API: read only, described by OpenAPI, under the same rules as the pages.

Lists are pages: `limit` says how long, `after` takes the `next` of the page before. Errors are
`{"detail": ...}`.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from communique.echoes.reading import echoed_passages
from communique.pages import api_models as models
from communique.pages import api_models_watch as watch
from communique.pages import api_rows as rows
from communique.pages.access import whom
from communique.pages.api_mentions import MentionsAsked, counted
from communique.pages.api_search import AskedOfApi, searched
from communique.pages.opening import Reading, SettingsOf
from communique.pages.trends_asked import verdicts_of
from communique.rule_versions import in_force
from communique.showing import shown_statement

MOST_ECHOES = 200
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": models.Problem, "description": "A value that the store cannot hold"},
    401: {"model": models.Problem, "description": "Nobody is signed in"},
    403: {"model": models.Problem, "description": "Whoever is signed in may not see this"},
    414: {"model": models.Problem, "description": "An address that is too long"},
    422: {"model": models.Problem, "description": "A parameter or a query that makes no sense"},
    503: {"model": models.Problem, "description": "The store cannot be reached at the moment"},
    504: {"model": models.Problem, "description": "It took too long and was stopped"},
}
NOT_THERE: dict[int | str, dict[str, Any]] = {
    404: {"model": models.Problem, "description": "There is none of that number"}
}
router = APIRouter(prefix="/api", tags=["read"], responses=PROBLEMS)

Id = Annotated[int, Path(ge=1, le=rows.LARGEST_ID, description="Its number.")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many to a page.")]
State = Literal["ok", "quiet", "late", "failing", "blocked", "never_worked"]
Number = Annotated[
    str, Query(pattern=r"^([0-9]{1,18})?$", description="`next` of the page before.")
]
Name = Annotated[str | None, Query(max_length=200)]


@router.get("/statements")
def statements(connection: Reading, asked: AskedOfApi, limit: Limit = 20) -> models.Hits:
    """Search all statements in the language of the rules, or list the newest of them. The same
    parameters as on the page."""
    return searched(connection, asked, limit)


@router.get("/statements/{id}", responses=NOT_THERE)
def statement(connection: Reading, id: Id) -> models.Statement:  # noqa: A002
    """A statement: its facts and text, its wordings with their proof, and what became of it."""
    found = shown_statement(connection, id)
    if found is None:
        raise HTTPException(404, f"There is no statement {id}.")
    around = {
        "revisions": found.revisions,
        "changes": found.changes,
        "translations": found.translations,
        "part_of": found.part_of,
        "parts": found.parts,
    }
    return models.Statement.model_validate({**found.facts, **around})


@router.get("/statements/{id}/echoes", responses=NOT_THERE)
def echoes(connection: Reading, id: Id) -> models.Echoes:  # noqa: A002
    """The passages of a statement that stood, word for word, in an earlier one."""
    found = echoed_passages(connection, id)
    if found is None:
        raise HTTPException(404, f"There is no statement {id}.")
    items = [models.Echo.model_validate(asdict(each)) for each in found[:MOST_ECHOES]]
    return models.Echoes(statement=id, items=items, more=len(found) - len(items))


@router.get("/stories/{id}", responses=NOT_THERE)
def story(
    connection: Reading,
    id: Id,  # noqa: A002
    after: Number = "",
    limit: Limit = 100,
) -> models.Story:
    """A story, and a page of who posted it, in order."""
    found = rows.story(connection, id, int(after or 0), limit)
    if found is None:
        raise HTTPException(404, f"There is no story {id}.")
    return models.Story.model_validate(found)


@router.get("/sources")
def sources(
    connection: Reading,
    country: Name = None,
    desk: Name = None,
    state: State | None = None,
    after: Annotated[str, Query(max_length=200, description="`next` of the page before.")] = "",
    limit: Limit = 100,
) -> watch.Sources:
    """Whom we watch, and how each stood after its last turn."""
    found = rows.sources(connection, limit, after=after, country=country, desk=desk, state=state)
    return watch.Sources.model_validate({"items": found.rows, "next": found.next})


@router.get("/coverage")
def coverage(
    connection: Reading,
    source: Name = None,
    state: State | None = None,
    after: Annotated[
        str,
        Query(
            pattern=r"^([0-9]{1,18}\.[^\x00]{1,200})?$", description="`next` of the page before."
        ),
    ] = "",
    limit: Limit = 100,
) -> watch.Turns:
    """What each turn of each source saw, the newest run first."""
    run, _, last = after.partition(".")
    before = (int(run), last) if after else None
    found = rows.turns(connection, limit, before=before, source=source, state=state)
    return watch.Turns.model_validate({"items": found.rows, "next": found.next})


@router.get("/rules")
def rules(connection: Reading, watchlist: Name = None) -> watch.Rules:
    """The rules in force, by watchlist and id."""
    known = in_force(connection, watchlist)
    return watch.Rules.model_validate(
        {
            "items": [
                asdict(one.rule)
                | {"rule": one.rule.id, "version": one.number, "created_at": one.created_at}
                for one in known.values()
            ]
        }
    )


@router.get("/alerts")
def alerts(
    request: Request,
    connection: Reading,
    status: Literal["pending", "sent", "failed", "held"] | None = None,
    since: Annotated[date | None, Query(description="Recorded on this day (UTC) or later.")] = None,
    after: Number = "",
    limit: Limit = 50,
) -> watch.Alerts:
    """What was told to whom, or held back, and why: the newest first."""
    before = int(after) if after else rows.LARGEST_ID
    found = rows.alerts(connection, limit, before=before, status=status, since=since)
    items = [{**row, "recipient": whom(request, row["recipient"])} for row in found.rows]
    return watch.Alerts.model_validate({"items": items, "next": found.next})


@router.get("/mentions")
def mentions(
    request: Request, connection: Reading, settings: SettingsOf, asked: MentionsAsked
) -> models.Mentions:
    """Mentions of a query, a rule or a topic by week, month or year, and by country or publisher.
    What was counted is exact; how far back there was time to count is said."""
    return counted(connection, asked, settings.clock().date(), verdicts_of(request))


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> dict[str, Any]:
    """The description of this API."""
    own = [
        route
        for route in request.app.routes
        if isinstance(route, APIRoute) and route.path.startswith(router.prefix)
    ]
    return get_openapi(
        title="Communiqué",
        version="1",
        description=_ABOUT,
        routes=own,
        servers=[{"url": request.scope.get("root_path", "") or "/"}],
    )


_ABOUT = re.sub(
    r"(?<!\n)\n(?!\n)",
    " ",
    """What the analysts' pages show, for programs. It only reads.

Whoever may see the pages may ask it: with Airflow's session cookie, or with a token of Airflow's in
the header `Authorization: Bearer ...`.

Lists are pages: `limit` says how long, and `after` takes the `next` of the page before. Titles,
texts and addresses are strangers' words: whoever shows them must escape them.""",
)
