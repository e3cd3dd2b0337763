"""Airflow's deadline alerts: the maintainers hear of a run that is late.

Airflow runs these in its triggerer, which knows this folder and not that of the DAGs. (What it runs
in an executor may read no Connection: Airflow 3.3 refuses it.) Airflow loads this file into each of
its processes, so nothing is imported here before a run is late.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk.definitions.deadline import BaseDeadlineReference
from airflow.sdk.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from communique.settings import Settings

log = logging.getLogger(__name__)


class RunMade(BaseDeadlineReference):
    """When a run was made: what its deadline is counted from. Not DAGRUN_QUEUED_AT: a run with
    such a deadline that failed cannot be cleared in Airflow 3.3.2 (its API answers 500)."""

    def _evaluate_with(self, **_: Any) -> datetime:
        return datetime.now(timezone.utc)


class CommuniqueLate(AirflowPlugin):
    """Makes the reference known to the scheduler."""

    name = "communique_late"
    deadline_references = [RunMade]  # noqa: RUF012 (Airflow's own way)


async def late(context: Mapping[str, Any]) -> str:
    """Tells the maintainers that a run is not over when it should be, and says how that went.
    context: what Airflow tells of the run."""
    run = dict(context["dag_run"])
    if run.get("end_date"):  # a run that failed keeps its deadline
        return "it is over"
    return await asyncio.to_thread(_tell, run)


def _tell(run: Mapping[str, Any]) -> str:
    from communique.run_notices import RunNotice, tell, trouble_key

    dag_id, run_id = str(run["dag_id"]), str(run["dag_run_id"])
    lines = (
        f"Run {run_id} of DAG {dag_id} should be over: it was queued at {run.get('queued_at')}, "
        f"began at {run.get('start_date') or 'no time yet'}, and is {run.get('state')}.",
        "The next run may wait for this one. Airflow itself may be slow, or without workers.",
    )
    advice = f"Look at what it waits for: {run_page(dag_id, run_id)}"
    settings = _settings()
    now = settings.clock()
    key = f"run:{trouble_key(dag_id, run_id, 'late', now)}"
    said = tell(settings, RunNotice(key, f"{dag_id}: a run is late", lines, advice), now)
    log.info("%s", said)
    return said


def run_page(dag_id: str, run_id: str) -> str:
    """The run's page in Airflow."""
    from airflow.sdk.configuration import conf

    base = str(conf.get("api", "base_url", fallback="") or "").rstrip("/")
    return f"{base}/dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}"


def _settings() -> Settings:
    """The environment's settings, with what Airflow's Connections say in their place; those that
    cannot be used are left out, and said so."""
    from communique.connections import DATABASE_CONNECTION, SMTP_CONNECTION, settings_with
    from communique.settings import Settings

    try:
        return settings_with(
            Settings(), _connection(DATABASE_CONNECTION), _connection(SMTP_CONNECTION)
        )
    except ValueError as error:
        log.warning("%s", error)
        return Settings()


def _connection(name: str) -> Any:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return Connection.get(name)
    except AirflowNotFoundException:
        return None
