"""*Evidence*: what a statement was read from, shown so that it can do nothing."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
