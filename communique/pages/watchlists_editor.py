"""The editor of a rule: checked while it is typed, tried before it is saved, saved with a note."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from communique import backtest_glance
from communique.backtest_glance import glance
from communique.pages.access import Changing, visitor_of
from communique.pages.opening import EngineOf, Reading, SettingsOf
from communique.pages.rendering import is_fragment, page, url
from communique.pages.watchlists_form import (
    Filled,
    Typed,
    check,
    require_tried,
    sealed,
    with_file,
)
from communique.pages.watchlists_loading import watchlists_of
from communique.pages.watchlists_removal import in_file, require_editor
from communique.pages.watchlists_trials import BusyError, Trials, answer_of
from communique.rule_drafts import Draft, one_line
from communique.rule_versions import changed
from communique.rules import SEVERITIES
from communique.settings import Settings
from communique.watchlist_files import (
    Author,
    ChangedMeanwhileError,
    UnwritableError,
    WatchlistFile,
    WatchlistFileError,
    read_watchlist,
    save_rule,
)
from communique.watchlist_yaml import rule_lines
from communique.watchlists import Loaded

router = APIRouter()


def trials_of(request: Request) -> Trials:
    """The back-tests of the application that a request came to."""
    trials: Trials = request.app.state.trials
    return trials


TrialsOf = Annotated[Trials, Depends(trials_of)]


@router.get("/watchlists/new", include_in_schema=False)
def new_rule(
    request: Request, settings: SettingsOf, q: str = "", watchlist: str = ""
) -> Response:  # fmt: skip
    """An empty form; q: the query to begin with, as of a search."""
    require_editor(request)
    query = "\n".join(filter(None, map(one_line, q.splitlines())))
    draft = Draft(watchlist=watchlist.strip(), rule="", query=query)
    return _editor(request, settings, Filled(draft, True, "", "", "", "", ""))


@router.get("/watchlists/{watchlist}/{rule}/edit", include_in_schema=False)
def edit_rule(request: Request, watchlist: str, rule: str, settings: SettingsOf) -> Response:
    """The form of a rule as it stands in its file."""
    require_editor(request)
    file, draft = in_file(settings, watchlist, rule)
    form = with_file(Filled(draft, False, "", "", "", "", ""), file)
    return _editor(request, settings, form)


@router.post("/watchlists/check", include_in_schema=False)
def check_rule(request: Request, form: Typed, settings: SettingsOf, _changer: Changing) -> Response:
    """What is wrong with what is being typed, and what it means. Changes nothing."""
    loaded = watchlists_of(settings.watchlists)
    if is_fragment(request):
        checked = check(form, loaded.rules)
        return page(request, "_rule_check.html", fragment=True, checked=checked, form=form)
    return _editor(request, settings, form)


@router.post("/watchlists/try", include_in_schema=False)
def try_rule(
    request: Request,
    form: Typed,
    changer: Changing,
    connection: Reading,
    settings: SettingsOf,
    engine: EngineOf,
    trials: TrialsOf,
) -> Response:
    """What the rule would change: of the newest statements at once, of all by and by. Changes
    nothing."""
    loaded = watchlists_of(settings.watchlists)
    checked = check(form, loaded.rules)
    if checked.mistakes:
        return _answered(request, settings, form, checked=checked)
    try:
        file = read_watchlist(settings.watchlists, form.draft.watchlist)
        if not form.new and file.version != form.version:
            return _meanwhile(request, settings, form, file)
        form = with_file(form, file)
    except WatchlistFileError as error:
        return _answered(request, settings, form, checked=checked, refused=str(error))
    if form.new and form.was:  # the loader could not use it, so that `check` does not know it
        said = f"{file.path.name} has a rule of this id already, in which something is wrong: "
        said += "edit that one, or choose another id."
        return _answered(request, settings, form, checked=checked, refused=said)
    rule = form.draft.as_rule()
    draft = [one for one in file.rules if one.id != rule.id] + [rule]
    today = settings.clock().date()
    looked = glance(
        connection, draft, rule.watchlist, today, rule=rule.id, patience=backtest_glance.PATIENCE
    )
    seen = looked.whole or looked.reached is not None
    seal, said, job = sealed(request, form), "", None
    try:
        if not looked.whole:
            later = "" if seen else seal
            job = trials.start(engine, draft, rule, today, changer.name, later)
    except BusyError as error:
        said = str(error)
    return _answered(
        request,
        settings,
        replace(form, tried=seal if seen else ""),
        checked=checked,
        answer=answer_of(connection, looked.found),
        looked=looked,
        job=trials.look(job, changer.name) if job else None,
        busy=said,
        against=file.rule(rule.id),
    )


@router.get("/watchlists/trial", include_in_schema=False)
def trial(request: Request, job: str, trials: TrialsOf) -> Response:
    """How a back-test of all statements stands; what it found once it is over."""
    found = trials.look(job, visitor_of(request).name)
    elsewhere = job if found is None and trials.elsewhere(job) else ""
    template = "_trial_progress.html" if is_fragment(request) else "trial.html"
    return page(request, template, fragment=is_fragment(request), job=found, elsewhere=elsewhere)


@router.post("/watchlists/save", include_in_schema=False)
def save(
    request: Request, form: Typed, changer: Changing, settings: SettingsOf, engine: EngineOf
) -> Response:
    """Saves what was tried. What cannot be saved is shown again as it was typed."""
    checked = check(form, watchlists_of(settings.watchlists).rules)
    if checked.mistakes:
        return _editor(request, settings, form, status=422, checked=checked)
    try:
        require_tried(request, form)
    except HTTPException as error:
        return _editor(request, settings, form, status=409, refused=error.detail)
    draft = form.draft
    author = Author(changer.name, form.reason or None, settings.clock())
    try:
        save_rule(engine, settings.watchlists, draft, form.version, author, form.title)
    except ChangedMeanwhileError as error:
        return _meanwhile(request, settings, form, error.now)
    except UnwritableError as error:
        lines = "\n".join(rule_lines(draft))
        return _editor(request, settings, form, status=409, refused=str(error), hand_over=lines)
    except WatchlistFileError as error:
        return _editor(request, settings, form, status=409, refused=str(error))
    where = url(request, f"/watchlists/{draft.watchlist}/{draft.rule}", saved=1)
    return RedirectResponse(where, 303)


def _meanwhile(
    request: Request, settings: Settings, form: Filled, file: WatchlistFile
) -> Response:  # fmt: skip
    """The file is another one now: what was typed stays, beside what the file says."""
    there = file.rule(form.draft.rule)
    try:
        theirs = file.draft(form.draft.rule)
    except WatchlistFileError as error:
        return _answered(request, settings, form, status=409, refused=str(error))
    untouched = bool(theirs and theirs.digest == form.was) or (form.new and theirs is None)
    said = f"{file.path.name} was changed by somebody else since you opened it. Nothing was saved. "
    said += (
        "This rule is as it was: another part of the file was changed. "
        if untouched
        else "This rule is another one now; see below how yours differs from it. "
        if theirs
        else "This rule is not in it any more; saving it would add it again. "
    )
    difference = list(changed(there, form.draft.as_rule())) if there and not untouched else []
    return _answered(
        request,
        settings,
        with_file(form, file),
        status=409,
        refused=said + "What you typed is still here: try it once more.",
        difference=difference,
    )


def _answered(
    request: Request, settings: Settings, form: Filled, *, status: int = 200, **values: Any
) -> Response:
    """What a try came to: for htmx the part of the page below the form."""
    if not is_fragment(request):
        return _editor(request, settings, form, status=status, **values)
    shared = _values(request, form, watchlists_of(settings.watchlists), values)
    return page(request, "_rule_tried.html", fragment=True, **shared)


def _editor(
    request: Request, settings: Settings, form: Filled, *, status: int = 200, **values: Any
) -> Response:
    loaded = watchlists_of(settings.watchlists)
    values.setdefault("checked", check(form, loaded.rules))
    shared = _values(request, form, loaded, values)
    return page(request, "rule_edit.html", status=status, **shared)


def _values(
    request: Request, form: Filled, loaded: Loaded, values: dict[str, Any]
) -> dict[str, Any]:
    """What the editor's templates show; what there is none of is None."""
    topics = sorted({rule.topic for rule in loaded.rules if rule.topic})
    known = [one.name for one in loaded.watchlists]
    names = ("checked", "refused", "difference", "hand_over", "answer", "looked", "job", "busy")
    blank: dict[str, Any] = dict.fromkeys((*names, "against", "elsewhere"))
    fixed = {
        "form": form,
        "topics": topics,
        "known": known,
        "severities": SEVERITIES,
        "is_new_file": form.draft.watchlist not in known,
        "submitted": request.method == "POST" or not form.new,
    }
    return blank | fixed | values
