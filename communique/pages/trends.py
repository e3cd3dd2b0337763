"""*Trends*: how often, by whom and since when something is said."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
