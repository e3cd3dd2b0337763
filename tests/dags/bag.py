"""Loads each DAG file as Airflow's processor does, in a process of its own, and prints as JSON what
it found. Run by test_dags.py with the environment that a test wants."""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DeadlineAlert
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import DataInterval, TimeRestriction

HEAVY = (
    *("requests", "bs4", "lxml", "trafilatura", "alembic", "psycopg2", "fastapi"),
    *("communique.jobs", "communique.database", "scrapers.readers"),
)
NOW = pendulum.now("UTC")


def main(folder: str) -> dict[str, Any]:
    sys.path.insert(0, folder)
    ignored = Path(folder, ".airflowignore").read_text().splitlines()
    files = sorted(str(f) for f in Path(folder).glob("*.py") if f.name not in ignored)
    # What the processor has when it begins with a file, and nothing that another file has brought.
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        loaded = dict(zip(files, pool.map(load, files, chunksize=1), strict=True))
    return {
        "files": {Path(name).name: sorted(found["dags"]) for name, found in loaded.items()},
        "errors": {name: error for one in loaded.values() for name, error in one["errors"].items()},
        "seconds": {Path(name).name: one["seconds"] for name, one in loaded.items()},
        "heavy": sorted({name for one in loaded.values() for name in one["heavy"]}),
        "dags": {dag: told for one in loaded.values() for dag, told in one["dags"].items()},
    }


def load(file: str) -> dict[str, Any]:
    before, started = set(sys.modules), time.process_time()
    bag = DagBag(file)
    seconds = time.process_time() - started
    new = set(sys.modules) - before
    return {
        "errors": bag.import_errors,
        "seconds": seconds,
        "heavy": [name for name in HEAVY if name in new],
        "dags": {dag_id: describe(dag) for dag_id, dag in bag.dags.items()},
    }


def describe(dag: Any) -> dict[str, Any]:
    timetable = dag.timetable
    deadlines = dag.deadline or []
    return {
        "tasks": sorted(dag.task_ids),
        "leaves": [task.task_id for task in dag.leaves],
        "after": {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks},
        "timetable": type(timetable).__name__,
        "cron": getattr(timetable, "expression", None),
        "zone": str(getattr(timetable, "timezone", "")),
        "catchup": dag.catchup,
        "at_once": dag.max_active_runs,
        "doc": dag.doc_md,
        "tags": sorted(dag.tags),
        "owner": dag.owner,
        "deadlines": [
            {"seconds": one.interval.total_seconds(), "callback": one.callback.path}
            for one in (deadlines if isinstance(deadlines, list) else [deadlines])
            if isinstance(one, DeadlineAlert)
        ],
        "params": {name: dag.params.get_param(name).schema for name in dag.params},
        "outlets": sorted({asset.uri for task in dag.tasks for asset in task.outlets}),
        "names": {
            task.task_id: task.map_index_template for task in dag.tasks if task.map_index_template
        },
        "sources": [source for task in dag.tasks for source in sources_of(task)],
        "care": {task.task_id: care(task) for task in dag.tasks},
        "runs_after_outage": runs_after_outage(dag),
    }


def sources_of(task: Any) -> list[str]:
    literal = getattr(getattr(task, "op_kwargs_expand_input", None), "value", {})
    found = literal.get("source_id", [])
    return found if isinstance(found, list) else []


def care(task: Any) -> dict[str, Any]:
    told = task.partial_kwargs if hasattr(task, "partial_kwargs") else vars(task)
    timeout = task.execution_timeout
    callbacks = told.get("on_failure_callback") or []
    return {
        "retries": task.retries,
        "back_off": bool(task.retry_exponential_backoff),
        "timeout": timeout.total_seconds() if timeout else None,
        "tells": [
            one.__name__ for one in (callbacks if isinstance(callbacks, list) else [callbacks])
        ],
        "priority": task.priority_weight,
        "pool": task.pool,
    }


def runs_after_outage(dag: Any) -> int | None:
    """How many runs of its schedule are due at once where the last one was ten days ago."""
    if type(dag.timetable).__name__ != "CronTriggerTimetable":
        return None
    known = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    last = DataInterval.exact(NOW - timedelta(days=10))
    always = TimeRestriction(NOW - timedelta(days=99), None, catchup=known.catchup)
    runs = 0
    while True:
        due = known.timetable.next_dagrun_info(
            last_automated_data_interval=last, restriction=always
        )
        if due is None or due.run_after > NOW:
            return runs
        runs, last = runs + 1, due.data_interval


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(main(sys.argv[1])))
