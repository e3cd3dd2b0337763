"""Confirming and unsubscribing by the link of a mail: for whoever holds its token, signed in or
not."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
PATHS: tuple[str, ...] = ()  # what a signed token opens
