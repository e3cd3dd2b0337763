"""What a run stored: tabs of a DAG run and of a task instance."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
