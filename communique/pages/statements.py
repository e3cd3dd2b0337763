"""*Statements*: the search, as it is typed, and saved searches."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
