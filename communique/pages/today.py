"""*Today*: what is new since yesterday, how every source stands, which formulations are on
the rise."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
