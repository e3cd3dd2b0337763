"""*Sources*: how each stands, its runs and listings, and a check of its facts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from communique.checking import opinion, rules_in_words
from communique.health import plain
from communique.pages.access import Changing
from communique.pages.opening import EngineOf, Reading, SettingsOf
from communique.pages.rendering import embedding_of, is_fragment, page, url
from communique.pages.source import told
from communique.pages.sources_checks import LONGEST, Busy, Check, Checks
from communique.pages.sources_facts import SIGNS, known_sources
from communique.pages.sources_table import STATES, Filters, Order, countries, rows
from communique.settings import Settings
from communique.standing import standings_in
from scrapers.errors import SourceFactsError
from scrapers.sources import DESKS, Source

router = APIRouter()

SourceId = Annotated[str, Path(max_length=60)]
Word = Annotated[str, Query(max_length=200)]


@router.get("/sources")
def sources(
    request: Request,
    connection: Reading,
    settings: SettingsOf,
    desk: Word = "",
    state: Word = "",
    country: Word = "",
    q: Word = "",
    order: Order = "worst",
) -> Response:
    """All sources, narrowed down."""
    asked = Filters(desk, state, country.upper(), q, order)
    try:
        known = known_sources(settings)
    except SourceFactsError as error:
        return page(request, "sources_broken.html", status=503, problem=str(error))
    found = rows(known, standings_in(connection, known, settings.clock()), asked)
    template = "_sources.html" if is_fragment(request) else "sources.html"
    return page(
        request,
        template,
        fragment=is_fragment(request),
        rows=found,
        total=len(known),
        asked=asked,
        desks=DESKS,
        states=STATES,
        countries=countries(known),
    )


@router.get("/sources/{source_id}")
def source(
    request: Request, connection: Reading, settings: SettingsOf, source_id: SourceId
) -> Response:
    """One source: its facts, its health over time, what it brought."""
    found = _named(settings, source_id)
    embedding = embedding_of(request)
    return page(
        request,
        "source.html",
        source=found,
        told=told(connection, found, settings.clock()),
        signs=SIGNS,
        plain=plain,
        rules_in_words=rules_in_words,
        opinion=opinion,
        run_page=lambda key: embedding.run_page(key, found.id),
        check=_shown_check(request, found),
    )


@router.post("/sources/{source_id}/check")
def begin_check(
    request: Request,
    changer: Changing,
    settings: SettingsOf,
    engine: EngineOf,
    source_id: SourceId,
) -> Response:
    """Begins a check; what it finds is shown on the source's page."""
    found = _named(settings, source_id)
    try:
        _checks(request).begin(found, changer.name, settings, engine)
    except Busy as error:
        raise HTTPException(409, str(error)) from error
    if is_fragment(request):
        return _check_fragment(request, found)
    return RedirectResponse(url(request, f"/sources/{found.id}") + "#check", 303)


@router.get("/sources/{source_id}/check")
def check(
    request: Request, settings: SettingsOf, source_id: SourceId, begun: float = 0.0
) -> Response:
    """How the last check stands. begun: when the page asked for it, in seconds of this machine."""
    found = _named(settings, source_id)
    if not is_fragment(request):
        return RedirectResponse(url(request, f"/sources/{found.id}") + "#check", 303)
    return _check_fragment(request, found, begun)


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A check as the page shows it. elsewhere: this server does not know it, but another of the
    same house may: the page asks on. begun: when it was asked for, in seconds of this machine."""

    check: Check | None
    elsewhere: bool
    begun: float

    @property
    def waits(self) -> bool:
        """Whether the page should ask again."""
        return self.elsewhere or (self.check is not None and not self.check.over)


def _shown_check(request: Request, source: Source, begun: float = 0.0) -> ShownCheck:
    known, now = _checks(request).of(source.id), time.time()
    lasting = 0 <= now - begun < LONGEST
    return ShownCheck(known, known is None and lasting, begun if lasting else now)


def _check_fragment(request: Request, source: Source, begun: float = 0.0) -> Response:
    shown = _shown_check(request, source, begun)
    return page(
        request,
        "_check.html",
        fragment=True,
        source=source,
        check=shown,
        rules_in_words=rules_in_words,
        opinion=opinion,
    )


def _checks(request: Request) -> Checks:
    checks: Checks = request.app.state.checks
    return checks


def _named(settings: Settings, source_id: str) -> Source:
    try:
        known = known_sources(settings)
    except SourceFactsError as error:
        raise HTTPException(503, str(error)) from error
    for one in known:
        if one.id == source_id:
            return one
    raise HTTPException(404, f"There is no source {source_id!r}. All there are: Sources.")
