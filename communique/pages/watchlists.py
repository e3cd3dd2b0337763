"""*Watchlists*: the rules, what they bring, and the editor that tries them before it saves them."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from communique.pages import watchlists_editor, watchlists_removal
from communique.pages.opening import Reading, SettingsOf
from communique.pages.rendering import page
from communique.pages.watchlists_facts import (
    Week,
    counted,
    heard,
    last_matches,
    no_weeks,
    recent,
    running,
    standings,
)
from communique.pages.watchlists_loading import watchlists_of
from communique.replacing import unfinished
from communique.rule_edits import edit_behind, edits
from communique.rule_versions import changed, pairs, versions
from communique.rules import RuleError, parse
from communique.rules.meaning import meaning
from communique.rules.printing import printed

router = APIRouter()
router.include_router(watchlists_editor.router)
router.include_router(watchlists_removal.router)


@router.get("/watchlists", include_in_schema=False)
def watchlists(request: Request, connection: Reading, settings: SettingsOf) -> Response:
    """Every rule, how it stands, and what it brought of late."""
    now = settings.clock()
    loaded = watchlists_of(settings.watchlists)
    every = standings(connection, loaded)
    numbers = counted(connection, now)
    rules = [one.rule for _, each in every for one in each]
    return page(
        request,
        "watchlists.html",
        every=every,
        problems=loaded.problems,
        folder=settings.watchlists,
        numbers=numbers,
        no_match=no_weeks(now),
        last=last_matches(connection),
        heard=heard(rules, running(connection), now),
        bars=bars,
    )


@router.get("/watchlists/{watchlist}/{rule}", include_in_schema=False)
def rule(
    request: Request, watchlist: str, rule: str, connection: Reading, settings: SettingsOf
) -> Response:
    """One rule: what it asks for, what it brought, which versions it had and who made them."""
    now = settings.clock()
    loaded = watchlists_of(settings.watchlists)
    every = {one.name: each for one, each in standings(connection, loaded)}
    standing = next((one for one in every.get(watchlist, ()) if one.rule.id == rule), None)
    known = list(pairs(versions(connection, watchlist, rule)))
    problems = [p for p in loaded.problems if p.watchlist in ("", watchlist)]
    problems = [p for p in problems if p.rule in (None, rule)]
    mine = standing.rule if standing else known[-1][1].rule if known else None
    if mine is None and not problems:
        raise HTTPException(404, f"There is no rule {rule[:80]!r} in watchlist {watchlist[:80]!r}.")
    noted = edits(connection, watchlist, rule, without=unfinished(settings.watchlists))
    history = [
        (
            after,
            list(changed(before.rule, after.rule)) if before else [],
            edit_behind(after, before, noted),
            before is not None and before.retired_at is not None,
        )
        for before, after in reversed(known)
    ]
    numbers = counted(connection, now, (watchlist, rule))
    return page(
        request,
        "rule.html",
        watchlist=watchlist,
        id=rule,
        rule=mine,
        standing=standing,
        problems=problems,
        meant=_meant(mine.query) if mine else None,
        history=history,
        edits=noted,
        weeks=numbers.weeks.get((watchlist, rule), no_weeks(now)),
        numbers=numbers,
        heard=heard([mine], running(connection), now)[watchlist, rule] if mine else None,
        matches=recent(connection, watchlist, rule),
        bars=bars,
        printed=_printed(mine.query) if mine else "",
    )


def bars(weeks: list[Week], field: str) -> list[tuple[int, int, int]]:
    """A sparkline's bars, in a field 24 high: x, y and height; without any it is 1 high."""
    most = max((getattr(week, field) for week in weeks), default=0) or 1
    out = []
    for number, week in enumerate(weeks):
        height = max(1, round(22 * getattr(week, field) / most))
        out.append((number * 9, 24 - height, height))
    return out


def _printed(query: str) -> str:
    """A query as it was understood; one that cannot be, as it stands."""
    try:
        return printed(parse(query))
    except RuleError:
        return query


def _meant(query: str) -> object:
    try:
        return meaning(parse(query))
    except RuleError:
        return None
