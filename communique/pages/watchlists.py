"""*Watchlists*: the rules, what they bring, and the editor that tries them before it saves them."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
