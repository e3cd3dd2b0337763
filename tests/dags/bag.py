"""Loads the DAG folder as Airflow's processor does, in a process of its own, and prints as JSON
what it found. Run by test_dags.py with the environment that a test wants."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from airflow.dag_processing.dagbag import DagBag

HEAVY = ("requests", "bs4", "lxml", "trafilatura", "alembic", "communique.jobs", "scrapers.readers")


def main(folder: str) -> dict[str, Any]:
    sys.path.insert(0, folder)
    before, started = set(sys.modules), time.process_time()
    bag = DagBag(folder)
    seconds = time.process_time() - started
    return {
        "errors": bag.import_errors,
        "seconds": seconds,
        "heavy": [name for name in HEAVY if name in set(sys.modules) - before],
        "dags": {dag_id: describe(dag) for dag_id, dag in bag.dags.items()},
    }


def describe(dag: Any) -> dict[str, Any]:
    timetable = dag.timetable
    return {
        "tasks": sorted(dag.task_ids),
        "leaves": [task.task_id for task in dag.leaves],
        "timetable": type(timetable).__name__,
        "cron": getattr(timetable, "expression", None),
        "zone": str(getattr(timetable, "timezone", "")),
        "catchup": dag.catchup,
        "doc": dag.doc_md,
        "tags": sorted(dag.tags),
        "owner": dag.owner,
        "outlets": sorted({asset.uri for task in dag.tasks for asset in task.outlets}),
        "names": {
            task.task_id: task.map_index_template for task in dag.tasks if task.map_index_template
        },
        "sources": [
            value
            for task in dag.tasks
            for value in getattr(getattr(task, "op_kwargs_expand_input", None), "value", {}).get(
                "source_id", []
            )
        ],
    }


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(main(sys.argv[1])))
