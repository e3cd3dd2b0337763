"""*Sources*: how each stands, its runs and listings, and a check of its facts."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
