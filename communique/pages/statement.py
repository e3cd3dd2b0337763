"""*Statement*: one statement whole: its words with what they matched and repeat, its wordings, its
story, whom it was told, and what proves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, HTTPException, Path, Query, Request
from sqlalchemy import Connection, Row, text
from starlette.responses import Response

from communique.diffs import diff
from communique.explain import NotFound, answers, statement_of
from communique.explain_parts import is_there, nearest, telling_parts, why_not
from communique.explain_told import heard, unheard
from communique.mail.dates import published
from communique.pages.opening import EngineOf, Reading, SettingsOf
from communique.pages.rendering import embedding_of, is_fragment, page
from communique.pages.statement_facts import (
    MOST_PIECES,
    by_field,
    latest_changes,
    told_of,
    wordings_of,
)
from communique.pages.statement_proofs import bundle_of, proofs_of
from communique.pages.statement_story import FIRST, story_of
from communique.pages.statement_wording import shown_wording
from communique.pages.statements_names import language_name
from communique.showing import MOST, Shown, shown_statement

router = APIRouter()
PATH = "/statements/{statement:int}"
# Characters of a text that rules are explained on, and of two that are compared, while somebody
# waits.
EXPLAINED, COMPARED = 100_000, 2_000_000
PRECISION = {
    "minute": "Known to the minute",
    "day": "Known to the day",
    "inferred": "Inferred",
    "unknown": "Unknown",
}

Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Wording = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
Facts: TypeAlias = Row[*tuple[Any, ...]]
Asked = Annotated[int, Query(ge=1, le=2**31 - 1)]

_LENGTH = text("SELECT length(text) FROM communique.statements WHERE id = :id")
_TWO = text("""
    SELECT r.number, r.title, left(r.text, :limit) AS text, length(r.text) AS length, r.seen_at,
           r.reader, s.title AS now, s.language
    FROM communique.revisions r JOIN communique.statements s ON s.id = r.statement_id
    WHERE r.statement_id = :id AND r.number IN (:earlier, :later)
""")


@router.get(PATH, include_in_schema=False)
def statement_page(
    request: Request,
    connection: Reading,
    statement: Number,
    revision: Wording = None,
    whole: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """The page of a statement. revision: an earlier wording of it; all: its whole text, however
    long."""
    found = shown_statement(connection, statement)
    wording = shown_wording(connection, statement, revision, whole=whole)
    if found is None:
        raise HTTPException(404, f"There is no statement {statement}.")
    if wording is None:
        latest = found.revisions[-1]["number"] if found.revisions else 0
        raise HTTPException(
            404, f"Statement {statement} has no wording {revision}: it has {latest}."
        )
    return page(
        request,
        "statement.html",
        facts=found.facts,
        language=language_name(found.facts["language"]),
        published=_published(found),
        precision=PRECISION,
        wording=wording,
        whole=whole,
        wordings=(listed := wordings_of(connection, found, wording.number)),
        changes=latest_changes(found),
        by_field=by_field,
        most_pieces=MOST_PIECES,
        story=story_of(connection, found),
        first_posts=FIRST,
        found=found,
        most=MOST,
        told=told_of(found.alerts),
        found_by=_run(request, found, listed[-1].capture if listed else None),
    )


@router.get(PATH + "/why", include_in_schema=False)
def why(request: Request, connection: Reading, settings: SettingsOf, statement: Number) -> Response:
    """Why each rule in force holds for it, or not, and what became of it for every subscription."""
    if (connection.execute(_LENGTH, {"id": statement}).scalar() or 0) > EXPLAINED:
        raise HTTPException(
            409,
            "Its text is too long to explain every rule while you wait. On the command line: "
            f"communique explain {statement}",
        )
    try:
        one = statement_of(connection, str(statement))
    except NotFound as error:
        raise HTTPException(404, str(error)) from error
    try:
        said = answers(connection, one, None)
    except NotFound:  # no rule is in force yet
        said = ()
    told = heard(connection, one, said, settings.clock())
    silent = [each for each in said if not (each.held or is_there(each.explanation))]
    return page(
        request,
        "_statement_why.html" if is_fragment(request) else "statement_why.html",
        fragment=is_fragment(request),
        statement=one,
        shown=[each for each in said if each not in silent],
        silent=sorted(each.name for each in silent),
        told=told,
        unheard=unheard(said, told),
        why_not=why_not,
        nearest=nearest,
        telling_parts=telling_parts,
    )


@router.get(PATH + "/diff", include_in_schema=False)
def difference(
    request: Request, connection: Reading, statement: Number, earlier: Asked, later: Asked
) -> Response:
    """What changed from one wording of a statement to another, by words."""
    before, after = _two(connection, statement, earlier, later)
    operations = diff((before.title, before.text), (after.title, after.text))
    return page(
        request,
        "_statement_diff.html" if is_fragment(request) else "statement_diff.html",
        fragment=is_fragment(request),
        statement=statement,
        before=before,
        after=after,
        fields=by_field(operations),
        coarse=any(each.get("coarse") for each in operations),
        cut=max(before.length, after.length) > COMPARED // 2,
    )


@router.get(PATH + "/verify", include_in_schema=False)
def verified(
    request: Request, engine: EngineOf, settings: SettingsOf, statement: Number
) -> Response:
    """Whether the archive still proves each of its wordings."""
    proofs = proofs_of(engine, settings, statement)
    return page(
        request,
        "_statement_verified.html" if is_fragment(request) else "statement_verified.html",
        fragment=is_fragment(request),
        statement=statement,
        proofs=proofs,
    )


@router.get(PATH + "/evidence.zip", include_in_schema=False)
def packed(engine: EngineOf, settings: SettingsOf, statement: Number) -> Response:
    """Its evidence as a file that anybody can verify."""
    return Response(
        bundle_of(engine, settings, statement),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="statement-{statement}.zip"'},
    )


def _published(found: Shown) -> str:
    facts = found.facts
    return published(
        facts["date_precision"],
        facts["published_on"],
        facts["published_at"],
        facts["date_zone"],
        facts["date_zone_assumed"],
        facts["date_text"],
    )


def _run(
    request: Request, found: Shown, capture: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """The run that found it, and where the house shows that run, if it does."""
    if capture is None:
        return None
    address = embedding_of(request).run_page(capture["run_key"], found.facts["source"])
    return {"key": capture["run_key"], "kind": capture["run_kind"], "page": address}


def _two(connection: Connection, statement: int, earlier: int, later: int) -> tuple[Facts, Facts]:
    """Two wordings, so much of each as can be compared. Raises HTTPException where there are not
    both."""
    asked = {"id": statement, "earlier": earlier, "later": later, "limit": COMPARED // 2}
    rows = {row.number: row for row in connection.execute(_TWO, asked)}
    for number in (earlier, later):
        if number not in rows:
            raise HTTPException(404, f"Statement {statement} has no wording {number}.")
    return rows[earlier], rows[later]
