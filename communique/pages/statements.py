"""*Statements*: the search, as it is typed, and saved searches."""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from starlette.responses import RedirectResponse, Response, StreamingResponse

from communique.exports import About, Selection
from communique.mail.clean import shown
from communique.pages.access import Changing, visitor_of
from communique.pages.opening import EngineOf, Reading, SettingsOf
from communique.pages.rendering import is_fragment, page, url
from communique.pages.statements_asked import Asked, AskedError, asked_of, command_line
from communique.pages.statements_files import KINDS, MOST, Files, GivenUpError, file_name
from communique.pages.statements_found import MANY_OTHERS, MANY_WAITING, Page, found
from communique.pages.statements_help import EXAMPLES
from communique.pages.statements_names import known, name_of, offered
from communique.pages.statements_saved import (
    KeepError,
    forget,
    fresh_of,
    keep,
    look,
    searches_of,
)
from communique.rules import RuleError, parse
from communique.search import SearchError

router = APIRouter()
AskedOf = Annotated[Asked, Depends(asked_of)]
# Told beneath the box, and what was found before stays where it is.
BESIDE = {"HX-Retarget": "#problem", "HX-Reswap": "innerHTML", "HX-Replace-Url": "false"}
REFUSED = (RuleError, AskedError, SearchError)


@router.get("/statements")
def statements(request: Request, connection: Reading, asked: AskedOf) -> Response:
    """What is asked for, the newest of all where nothing is; to htmx only the list."""
    return _searched(request, connection, asked)


@router.get("/statements/saved")
def saved(request: Request, connection: Reading) -> Response:
    """The visitor's own searches, with how much is new in each."""
    if not is_fragment(request):
        return RedirectResponse(url(request, "/statements"), 303)
    searches = searches_of(connection, visitor_of(request).name)
    fresh = fresh_of(connection, searches)
    return page(request, "_statements_saved.html", fragment=True, searches=searches, fresh=fresh)


@router.post("/statements/saved")
def save(
    request: Request,
    asked: AskedOf,
    connection: Reading,
    engine: EngineOf,
    settings: SettingsOf,
    changer: Changing,
    name: Annotated[str, Form()] = "",
) -> Response:
    """Keeps the search of this address under a name."""
    try:
        with engine.begin() as writing:
            keep(writing, changer.name, name, asked.fresh(), settings.clock())
    except REFUSED as error:
        raise HTTPException(422, f"This search cannot be saved: {error}") from error
    except KeepError as error:
        return _searched(request, connection, asked, status=409, unsaved=str(error), name=name)
    return RedirectResponse(url(request, "/statements", **asked.fresh().address()), 303)


@router.post("/statements/saved/{number}/look")
def look_again(
    request: Request, number: int, engine: EngineOf, settings: SettingsOf, changer: Changing
) -> Response:
    """Leads to a saved search; what came since the last look is marked there."""
    with engine.begin() as writing:
        asked = look(writing, changer.name, number, settings.clock())
    if asked is None:
        raise HTTPException(404, "You have no such search any more.")
    return RedirectResponse(url(request, "/statements", **asked.address()), 303)


@router.post("/statements/saved/{number}/delete")
def delete(request: Request, number: int, engine: EngineOf, changer: Changing) -> Response:
    """Deletes a saved search of the visitor's own."""
    with engine.begin() as writing:
        if not forget(writing, changer.name, number):
            raise HTTPException(404, "You have no such search any more.")
    return RedirectResponse(url(request, "/statements"), 303)


@router.get("/statements.{chosen}")
def download(
    request: Request, chosen: str, asked: AskedOf, engine: EngineOf, settings: SettingsOf
) -> Response:
    """The newest of what is asked for, as a file: csv, jsonl or atom."""
    if chosen not in KINDS:
        raise HTTPException(404, f"There is no such file; there are {', '.join(KINDS)}.")
    try:
        query, (since, until) = asked.query(), asked.period()
        if query:
            parse(query)
    except REFUSED as error:
        raise HTTPException(422, str(error)) from error
    selection = Selection(query or None, since, until, MOST[chosen])
    title = f"Communiqué: {shown(query or 'every statement', 200)}"
    about = About(title, f"{chosen} {query or None} {since} {until}", settings.clock())
    files: Files = request.app.state.files
    try:
        chunks = files.write(engine, chosen, selection, about).chunks()
        first = next(chunks, b"")  # what goes wrong at once is said, not broken off
    except (GivenUpError, DBAPIError) as error:
        raise HTTPException(503, f"No file was made: {_briefly(error)}") from error
    named = {"Content-Disposition": f'attachment; filename="{file_name(query, chosen)}"'}
    return StreamingResponse(chain([first], chunks), media_type=KINDS[chosen], headers=named)


def _briefly(error: GivenUpError | DBAPIError) -> str:
    return shown(str(error.orig if isinstance(error, DBAPIError) else error), 200)


def _searched(
    request: Request,
    connection: Connection,
    asked: Asked,
    *,
    status: int = 200,
    unsaved: str = "",
    name: str = "",
) -> Response:
    values: dict[str, Any] = {"asked": asked, "problem": None, "found": None}
    values |= {"unsaved": unsaved, "name": name}
    try:
        values["found"] = found(connection, asked)
    except REFUSED as error:
        values["problem"] = _problem(asked, error)
    values |= _fixed(asked, values["found"])
    if not is_fragment(request):
        values |= _offers(connection, asked) | {"examples": EXAMPLES, "fresh": {}}
        values["searches"] = searches_of(connection, visitor_of(request).name)
        return page(request, "statements.html", status=status, **values)
    if values["problem"] is None:
        return page(request, "_statements_found.html", fragment=True, **values)
    answer = page(request, "_statements_problem.html", fragment=True, **values)
    answer.headers.update(BESIDE)
    return answer


def _fixed(asked: Asked, found: Page | None) -> dict[str, Any]:
    """What the list says besides what was found."""
    own = {"many_others": MANY_OTHERS, "many_waiting": MANY_WAITING, "most": MOST["csv"]}
    if found is None:
        return own
    return own | {
        "search_line": command_line(asked, found.query),
        "export_line": command_line(asked, found.query, "export"),
        "narrowings": _narrowings(asked),
    }


def _narrowings(asked: Asked) -> list[dict[str, Any]]:
    """What narrows the search down, each with the address without it."""
    filters = [(name, value) for name, values in asked.filters.items() for value in values]
    chosen = [
        {"name": name, "shown": name_of(name, value), "without": asked.without(name, value)}
        for name, value in filters
    ]
    days = [("since", asked.since), ("until", asked.until)]
    return chosen + [
        {"name": name, "shown": day, "without": asked.address(**{name: ""})}
        for name, day in days
        if day
    ]


def _problem(asked: Asked, error: Exception) -> dict[str, str]:
    """What is wrong, and where in the query as it was typed; nowhere in it: `before` is None."""
    if not isinstance(error, RuleError):
        return {"said": str(error)}
    at = error.position
    return {"said": str(error), "before": asked.q[:at][-200:], "rest": asked.q[at:][:200]}


def _offers(connection: Connection, asked: Asked) -> dict[str, Any]:
    there = known(connection)
    return {
        "countries": offered(there.countries, asked.chosen("country"), "country"),
        "languages": offered(there.languages, asked.chosen("language"), "language"),
        "topics": offered(there.topics, asked.chosen("topic"), "topic"),
        "publishers": there.publishers,
    }
