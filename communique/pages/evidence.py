"""*Evidence*: what a statement was read from, shown so that it can do nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from communique.evidence.records import RecordError, gzipped
from communique.pages.evidence_captures import Known, archived, known_capture, record_of
from communique.pages.evidence_cleaning import HEADERS, captured_page, captured_text, said_instead
from communique.pages.opening import Reading, SettingsOf
from communique.pages.rendering import embedding_of, page, url

router = APIRouter()
PATH = "/evidence/{capture:int}"
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get(PATH, include_in_schema=False)
def evidence_page(request: Request, connection: Reading, capture: Number) -> Response:
    """The facts of a capture, and the captured page in a frame."""
    known = _known(connection, capture)
    facts = known.facts
    run = embedding_of(request).run_page(facts["run_key"], facts["source_id"])
    # What kind of thing it is only the archive knows; a page waits for no archive.
    is_file = any(each["reader"].startswith("pdf/") for each in known.wordings)
    is_file = is_file or facts["url"].lower().endswith(".pdf")
    return page(request, "evidence.html", known=known, facts=facts, run_page=run, is_file=is_file)


@router.get(PATH + "/page", include_in_schema=False)
def frame(request: Request, connection: Reading, settings: SettingsOf, capture: Number) -> Response:
    """The captured page, cleaned, under a policy by which it can neither run nor load anything.
    A browser gets it for a frame alone, where links lead nowhere either."""
    if request.headers.get("sec-fetch-dest", "iframe") not in ("iframe", "frame"):
        return RedirectResponse(url(request, f"/evidence/{capture}"), 303)
    known = _known(connection, capture)
    connection.rollback()  # the archive may take its time, the store need not wait for it
    try:
        found = archived(known, settings.max_body)
    except RecordError as error:
        return HTMLResponse(said_instead(str(error)), 409, headers=HEADERS)
    if found.kind == "page":
        shown = captured_page(found.response.body, found.content_type)
    elif found.kind == "text":
        shown = captured_text(found.response.body, found.content_type)
    else:
        what = "a PDF file" if found.kind == "pdf" else found.content_type[:100] or "unknown data"
        shown = said_instead(
            f"This is {what}, {len(found.response.body):,} bytes: it is not shown here. "
            "It can be downloaded."
        )
    return HTMLResponse(shown, headers=HEADERS)


@router.get(PATH + "/record", include_in_schema=False)
def record(connection: Reading, capture: Number) -> Response:
    """The record as it lies in the archive, as a WARC file of its own."""
    known = _known(connection, capture)
    connection.rollback()
    try:
        member = record_of(known)
    except RecordError as error:
        raise HTTPException(409, str(error)) from error
    return _attachment(gzipped(member), f"capture-{capture}.warc.gz")


@router.get(PATH + "/body", include_in_schema=False)
def body(connection: Reading, settings: SettingsOf, capture: Number) -> Response:
    """What was captured, where it is no web page: a file to be kept, of no kind that a browser
    would open by itself."""
    known = _known(connection, capture)
    connection.rollback()
    try:
        found = archived(known, settings.max_body)
    except RecordError as error:
        raise HTTPException(409, str(error)) from error
    if found.kind in ("page", "text"):
        said = "This is text that a browser might run. Its WARC record can be downloaded."
        raise HTTPException(409, said)
    suffix = "pdf" if found.kind == "pdf" else "bin"
    return _attachment(found.response.body, f"capture-{capture}.{suffix}")


def _known(connection: Reading, capture: int) -> Known:
    known = known_capture(connection, capture)
    if known is None:
        raise HTTPException(404, f"There is no capture {capture} in the store (any longer).")
    return known


def _attachment(data: bytes, name: str) -> Response:
    return Response(
        data,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
