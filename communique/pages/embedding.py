"""What the pages need of the house that they stand in: who visits, what he may do, where runs are
shown. Airflow is that house in `plugins/`; tests build one of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from communique.settings import Settings


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in. may_edit: whether he may change anything here."""

    name: str
    may_edit: bool


@dataclass(frozen=True, slots=True)
class Embedding:
    """The house.

    visitor: a FastAPI dependency that returns the Visitor, and raises HTTPException (401 or 403)
    for anybody else. settings: of the store; called when it is opened. sign_in: the address where
    somebody signs in and comes back to this request. run_page: the address of a run's page, of its
    key (`communique.runs`) and, where it is known, a source; None: the house did not start it.
    source_of: which source a mapped task instance collects, of DAG id, run id, task id and map
    index; None: none. frame: the address at which the house shows a path of ours within its own
    frame.
    """

    visitor: Callable[..., Any]
    settings: Callable[[], Settings]
    sign_in: Callable[[Request], str]
    run_page: Callable[[str, str | None], str | None]
    source_of: Callable[[str, str, str, int], str | None]
    frame: Callable[[str], str]
