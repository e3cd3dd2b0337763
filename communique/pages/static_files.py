"""Styles and scripts, vendored: nothing is asked of another site. For signed-in visitors alone, as
everything here."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from starlette.responses import FileResponse

from communique.pages.rendering import STATIC

PATH = "/static/{name:path}"
# Not the machine's own table: what it calls a script may be none, and no browser would run it.
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
router = APIRouter()


@router.get(PATH, include_in_schema=False)
def static_file(name: str) -> FileResponse:
    """One file; its address changes with its content, so it may be kept."""
    files = {file.relative_to(STATIC).as_posix(): file for file in STATIC.rglob("*")}
    file = files.get(name)
    if file is None or not file.is_file():
        raise HTTPException(404, f"There is no file {name[:100]!r}.")
    kind = KINDS.get(file.suffix, "text/plain; charset=utf-8")
    kept = {"Cache-Control": "private, max-age=31536000, immutable"}
    return FileResponse(file, media_type=kind, headers=kept)
