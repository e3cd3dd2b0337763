"""Removing a rule: asked first, with all that it means."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from communique.pages.access import Changing, visitor_of
from communique.pages.opening import EngineOf, Reading, SettingsOf
from communique.pages.rendering import page, url
from communique.pages.watchlists_facts import counted, heard, no_weeks, running
from communique.rule_drafts import Draft, one_line, unprintable
from communique.rules import SEVERITIES, Rule
from communique.settings import Settings
from communique.watchlist_files import (
    Author,
    ChangedMeanwhileError,
    WatchlistFile,
    WatchlistFileError,
    read_watchlist,
    remove_rule,
)

router = APIRouter()


@router.get("/watchlists/{watchlist}/{rule}/remove", include_in_schema=False)
def ask_to_remove(
    request: Request, watchlist: str, rule: str, connection: Reading, settings: SettingsOf
) -> Response:
    """What removing a rule means: who hears of it, and what it brought."""
    require_editor(request)
    file, draft = in_file(settings, watchlist, rule)
    return _removal(request, settings, connection, file, draft)


@router.post("/watchlists/remove", include_in_schema=False)
def remove(
    request: Request,
    changer: Changing,
    connection: Reading,
    settings: SettingsOf,
    engine: EngineOf,
    watchlist: Annotated[str, Form()],
    rule: Annotated[str, Form()],
    version: Annotated[str, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Takes a rule out of its file, as it was when the page asked."""
    author = Author(changer.name, _reason(reason), settings.clock())
    try:
        remove_rule(engine, settings.watchlists, watchlist, rule, version, author)
    except ChangedMeanwhileError as error:
        _, draft = in_file(settings, watchlist, rule)
        return _removal(request, settings, connection, error.now, draft, refused=str(error))
    except WatchlistFileError as error:
        raise HTTPException(409, str(error)) from error
    return RedirectResponse(url(request, "/watchlists", removed=f"{watchlist}/{rule}"), 303)


def require_editor(request: Request) -> None:
    """Raises HTTPException 403 for a visitor who may change no rule."""
    visitor = visitor_of(request)
    if not visitor.may_edit:
        said = f"{visitor.name} may look at rules, but not change them."
        raise HTTPException(403, f"{said} Ask whoever grants roles in Airflow.")


def in_file(settings: Settings, watchlist: str, rule: str) -> tuple[WatchlistFile, Draft]:
    """The file that has a rule, and the rule as it stands there. Raises HTTPException where there
    is none."""
    try:
        file = read_watchlist(settings.watchlists, watchlist)
        draft = file.draft(rule)
    except WatchlistFileError as error:
        raise HTTPException(409, str(error)) from error
    if draft is None:
        said = f"No file of watchlist {watchlist[:80]!r} has a rule {rule[:80]!r}."
        raise HTTPException(404, f"{said} Rules are kept in {settings.watchlists}.")
    return file, draft


def _reason(reason: str) -> str | None:
    said = one_line(reason)[:500]
    if sign := unprintable(said):
        raise HTTPException(422, f"reason: {sign}")
    return said or None


def _removal(
    request: Request,
    settings: Settings,
    connection: Connection,
    file: WatchlistFile,
    draft: Draft,
    refused: str = "",
) -> Response:
    now = settings.clock()
    rule: Rule = file.rule(draft.rule) or draft.as_rule()
    key = (rule.watchlist, rule.id)
    every = running(connection)
    usable = rule.severity in SEVERITIES
    numbers = counted(connection, now, key)
    return page(
        request,
        "rule_remove.html",
        status=409 if refused else 200,
        rule=rule,
        file=file,
        refused=refused,
        weeks=numbers.weeks.get(key, no_weeks(now)),
        heard=heard([rule], every, now)[key] if usable else None,
        only=[one for one in every if rule.id in one.rules or "/".join(key) in one.rules],
    )
