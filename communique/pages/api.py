"""The JSON API, described by OpenAPI, under the same rules as the pages."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
