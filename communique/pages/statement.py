"""*Statement*: one statement whole: its words with what they matched and repeat, its wordings, its
story."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
