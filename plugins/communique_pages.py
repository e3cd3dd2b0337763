"""The analysts' pages in Airflow's UI: an entry in its navigation, and a tab for each run and task.

Airflow loads this file into every one of its processes, so nothing is imported here before the API
server is asked for a page; and whatever is wrong with the pages is told in their place, and never
keeps the API server from starting.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from airflow.sdk.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from communique.pages import Embedding
    from communique.settings import Settings

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]

PREFIX = "/communique"
ROUTE = "communique"  # /plugin/communique in Airflow's UI
# Who may read this DAG may read what it finds; who may edit it may change what it tells.
DAG_ID = "alert"
NOT_LOADED = (
    b"<!doctype html><title>Communiqu\xc3\xa9</title><h1>The pages could not be loaded</h1>"
    b"<p>The log of Airflow's API server says why. Everything else goes on.</p>"
)


def base_path() -> str:
    """The path below which Airflow is reached, without a slash at its end; empty: the root."""
    from airflow.configuration import conf

    return urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")


def embedding() -> Embedding:
    """Airflow as the pages' house."""
    from communique.pages import Embedding

    return Embedding(
        visitor=_visitor(),
        settings=settings,
        sign_in=sign_in,
        run_page=run_page,
        source_of=source_of,
        frame=frame,
    )


def _visitor() -> Callable[..., Any]:
    """The dependency that says who visits, by Airflow's own session and roles."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
    from airflow.api_fastapi.core_api.security import get_user
    from airflow.models.dag import DagModel
    from fastapi import Depends, HTTPException

    from communique.pages import Visitor

    # `def`, since an auth manager may ask its database: it runs in a thread.
    def visitor(user: Any = Depends(get_user)) -> Visitor:
        manager = get_auth_manager()
        dag = DagDetails(id=DAG_ID, team_name=DagModel.get_team_name(DAG_ID))

        def may(method: Any) -> bool:
            return manager.is_authorized_dag(method=method, details=dag, user=user)

        if not may("GET"):
            raise HTTPException(
                403,
                f"{user.get_name()} may not read the DAG {DAG_ID}, and so not these pages. "
                "Ask whoever grants roles in Airflow.",
            )
        return Visitor(user.get_name(), may_edit=may("PUT"))

    return visitor


def settings() -> Settings:
    """The environment's settings, with what Airflow's Connections say in their place. Raises
    StoreError where either is wrong, saying which and why."""
    from communique.connections import DATABASE_CONNECTION, SMTP_CONNECTION, settings_with
    from communique.database import StoreError
    from communique.settings import Settings

    try:
        return settings_with(
            Settings(), _connection(DATABASE_CONNECTION), _connection(SMTP_CONNECTION)
        )
    except ValueError as error:
        raise StoreError(f"The settings cannot be used: {error}") from error


def _connection(name: str) -> Any:
    """Airflow's Connection of this name, or None. The API server reads its own database; the
    Connection of `airflow.sdk` asks a task's supervisor, which is not here."""
    from airflow.models import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return Connection.get_connection_from_secrets(name)
    except AirflowNotFoundException:
        return None


def sign_in(request: Any) -> str:
    """Where somebody signs in and comes back: to what he asked for, if that was a page."""
    asked = request.url
    page = f"{asked.path}?{asked.query}" if asked.query else asked.path
    if request.method != "GET" or request.headers.get("hx-request") == "true":
        page = f"{base_path()}{PREFIX}/"
    return f"{base_path()}/api/v2/auth/login?{urlencode({'next': page})}"


def frame(path: str) -> str:
    """A path of ours within Airflow's UI, which shows what stands behind its plugin's route."""
    return f"{base_path()}/plugin/{ROUTE}{base_path()}{PREFIX}{path}"


def run_page(key: str, source: str | None = None) -> str | None:
    """The page of the DAG run that the store knows by this key; with a source, of the mapped task
    instance that collected it. None where Airflow knows no such run (any longer)."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        found = next(
            (
                named
                for named in _names(key)
                if session.scalar(
                    select(DagRun.id).where(DagRun.dag_id == named[0], DagRun.run_id == named[1])
                )
            ),
            None,
        )
        if found is None:
            return _backfill_page(session, key)
        dag_id, run_id = found
        page = f"{base_path()}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"
        if source is None:
            return page
        task = session.execute(
            select(TaskInstance.task_id, TaskInstance.map_index)
            .where(
                TaskInstance.dag_id == dag_id,
                TaskInstance.run_id == run_id,
                TaskInstance.map_index >= 0,
                TaskInstance._rendered_map_index == source,
            )
            .order_by(TaskInstance.start_date)
            .limit(1)
        ).first()
    return page if task is None else f"{page}/tasks/{quote(task[0], safe='')}/mapped/{task[1]}"


def _backfill_page(session: Any, key: str) -> str | None:
    """The page of the task instance that began, or went on in, a backfill: its key names the
    source and when it began."""
    from datetime import datetime

    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select

    job, _, rest = key.partition(":")
    source, _, days_and_start = rest.partition(":")
    try:
        began = datetime.fromisoformat(days_and_start.partition(":")[2])
    except ValueError:
        return None
    task = session.execute(
        select(TaskInstance.run_id, TaskInstance.task_id, TaskInstance.map_index)
        .where(
            TaskInstance.dag_id == job,
            TaskInstance._rendered_map_index == source,
            TaskInstance.start_date <= began,
        )
        .order_by(TaskInstance.start_date.desc())
        .limit(1)
    ).first()
    if task is None:
        return None
    run_id, task_id, index = task
    page = f"{base_path()}/dags/{quote(job, safe='')}/runs/{quote(run_id, safe='')}"
    return f"{page}/tasks/{quote(task_id, safe='')}/mapped/{index}"


def _names(key: str) -> list[tuple[str, str]]:
    """The DAG runs that may be meant: DAG id and run id. Jobs that work desk by desk put the desk's
    name behind."""
    dag_id, _, run_id = key.partition(":")
    return [(dag_id, run_id), (dag_id, run_id.rpartition(":")[0])] if run_id else []


def source_of(dag_id: str, run_id: str, task_id: str, map_index: int) -> str | None:
    """The name that a mapped task instance bears, which is its source's; None: it bears none."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    if map_index < 0:
        return None
    with create_session() as session:
        name: str | None = session.scalar(
            select(TaskInstance._rendered_map_index).where(
                TaskInstance.dag_id == dag_id,
                TaskInstance.run_id == run_id,
                TaskInstance.task_id == task_id,
                TaskInstance.map_index == map_index,
            )
        )
    return name


class Pages:
    """The application, made when it is first asked for anything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._app: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as ASGI wants it; what cannot be loaded is said, and tried again next time."""
        from starlette.concurrency import run_in_threadpool

        try:
            app = await run_in_threadpool(self._made)
        except Exception:
            log.exception("the analysts' pages could not be loaded")
            if scope["type"] != "http":
                raise
            kind = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": 500, "headers": kind})
            await send({"type": "http.response.body", "body": NOT_LOADED})
            return
        await app(scope, receive, send)

    def _made(self) -> Any:
        with self._lock:
            if self._app is None:
                from communique.pages import make_app

                self._app = make_app(embedding())
            return self._app


class CommuniquePages(AirflowPlugin):
    """What Airflow shows of us."""

    name = "communique"
    fastapi_apps = [{"app": Pages(), "url_prefix": PREFIX, "name": "communique"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Analysis",  # up to nine letters fit
            "href": f"{base_path()}{PREFIX}/today",
            "destination": "nav",
            "url_route": ROUTE,
            "icon": f"{base_path()}{PREFIX}/static/icon.svg",
            "icon_dark_mode": f"{base_path()}{PREFIX}/static/icon-dark.svg",
            "nav_top_level": True,
        },
        {
            "name": "Statements",
            "href": f"{base_path()}{PREFIX}/runs/{{DAG_ID}}/{{RUN_ID}}",
            "destination": "dag_run",
            "url_route": "communique-run",
            "icon": f"{base_path()}{PREFIX}/static/icon.svg",
            "icon_dark_mode": f"{base_path()}{PREFIX}/static/icon-dark.svg",
        },
        {
            "name": "Statements",
            "href": f"{base_path()}{PREFIX}/runs/{{DAG_ID}}/{{RUN_ID}}/{{TASK_ID}}/{{MAP_INDEX}}",
            "destination": "task_instance",
            "url_route": "communique-task",
            "icon": f"{base_path()}{PREFIX}/static/icon.svg",
            "icon_dark_mode": f"{base_path()}{PREFIX}/static/icon-dark.svg",
        },
    ]
