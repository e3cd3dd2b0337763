"""What a run stored: tabs of a DAG run and of a task instance."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from communique.pages.opening import Reading
from communique.pages.rendering import embedding_of, page
from communique.pages.runs_stored import brought, counts

router = APIRouter()
After = Annotated[int, Query(ge=0, le=2**63 - 1)]


@router.get("/runs/{dag_id}/{run_id}", include_in_schema=False)
def run(
    request: Request, connection: Reading, dag_id: str, run_id: str, after: After = 0
) -> Response:
    """All that a run brought."""
    return _shown(request, connection, (dag_id, run_id), None, after)


@router.get("/runs/{dag_id}/{run_id}/{task_id}/{map_index}", include_in_schema=False)
def task(
    request: Request,
    connection: Reading,
    dag_id: str,
    run_id: str,
    task_id: str,
    map_index: str,
    after: After = 0,
) -> Response:
    """What one source brought in a run; of a task that is no source's, what the run did. map_index:
    of a task that is not mapped the house leaves it open."""
    index = int(map_index) if map_index.isdecimal() and len(map_index) < 8 else -1
    source = embedding_of(request).source_of(dag_id, run_id, task_id, index)
    return _shown(request, connection, (dag_id, run_id), source, after, waiting=index >= 0)


def _shown(
    request: Request,
    connection: Reading,
    run: tuple[str, str],
    source: str | None,
    after: int,
    *,
    waiting: bool = False,
) -> Response:
    """waiting: a source's task, which bears its name only once it has begun."""
    key = ":".join(run)
    found = None if waiting and source is None else brought(connection, key, source, after=after)
    return page(
        request,
        "runs.html",
        key=key,
        dag_id=run[0],
        source=source,
        waiting=waiting and source is None,
        found=found,
        after=after,
        counts=counts,
    )
