"""Styles and scripts, vendored: nothing is asked of another site. For signed-in visitors alone, as
everything here."""

from __future__ import annotations

import mimetypes

from fastapi import APIRouter, HTTPException
from starlette.responses import FileResponse

from communique.pages.rendering import STATIC

PATH = "/static/{name:path}"
router = APIRouter()


@router.get(PATH, include_in_schema=False)
def static_file(name: str) -> FileResponse:
    """One file; its address changes with its content, so it may be kept."""
    files = {file.relative_to(STATIC).as_posix(): file for file in STATIC.rglob("*")}
    file = files.get(name)
    if file is None or not file.is_file():
        raise HTTPException(404, f"There is no file {name[:100]!r}.")
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    kept = {"Cache-Control": "private, max-age=31536000, immutable"}
    return FileResponse(file, media_type=kind, headers=kept)
