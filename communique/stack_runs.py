"""Starting Airflow's DAG runs and waiting for them, over its REST API."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from communique.stack_airflow import Airflow, StackError, Tell

PAUSE = 0.5  # seconds between two looks
ENDED = ("success", "failed")
# A DAG run: dag_id, run_id.
Run = tuple[str, str]


def wait_for_dags(airflow: Airflow, dag_ids: Collection[str], tell: Tell, longest: float) -> None:
    """Waits until Airflow knows these DAGs. Raises StackError where a DAG file is broken."""

    def missing() -> list[str]:
        broken = airflow.get("/importErrors")["import_errors"]
        if broken:
            raise StackError(f"{broken[0]['filename']} is broken: {broken[0]['stack_trace']}")
        known = {dag["dag_id"] for dag in airflow.get("/dags", limit=100)["dags"]}
        return sorted(set(dag_ids) - known)

    _wait(airflow, missing, tell, longest)


def start_run(airflow: Airflow, dag_id: str, logical_date: datetime) -> Run:
    """Starts a DAG run that stands for this moment."""
    run_id = f"manual__{logical_date.isoformat()}"
    body = {"logical_date": logical_date.isoformat(), "dag_run_id": run_id}
    airflow.post(f"/dags/{dag_id}/dagRuns", body)
    return dag_id, run_id


def wait_for_runs(
    airflow: Airflow, runs: Collection[Run], tell: Tell, longest: float
) -> Mapping[Run, str]:
    """Waits until these DAG runs are over; their states, `success` or `failed`."""
    states: dict[Run, str] = {}

    def running() -> list[str]:
        for dag_id, run_id in runs:
            if states.get((dag_id, run_id)) not in ENDED:
                found = airflow.get(f"/dags/{dag_id}/dagRuns/{run_id}")
                states[dag_id, run_id] = found["state"]
        return [f"{dag} ({state})" for (dag, _), state in states.items() if state not in ENDED]

    _wait(airflow, running, tell, longest)
    return states


def wait_for_answers(
    airflow: Airflow, runs: Collection[Run], tell: Tell, longest: float
) -> Mapping[Run, str]:
    """Waits until what these runs told by asset events has been answered by a DAG run each, and
    these are over; their states."""
    answers: dict[Run, str] = {}

    def unanswered() -> list[str]:
        waiting = []
        for dag_id, run_id in runs:
            events = events_of(airflow, (dag_id, run_id))
            if not events or not all(event["created_dagruns"] for event in events):
                waiting.append(f"an answer to {dag_id}")
            for answer in (run for event in events for run in event["created_dagruns"]):
                answers[answer["dag_id"], answer["run_id"]] = answer["state"]
        return waiting + [
            f"{d} ({state})" for (d, _), state in answers.items() if state not in ENDED
        ]

    _wait(airflow, unanswered, tell, longest)
    return answers


def events_of(airflow: Airflow, run: Run) -> list[dict[str, Any]]:
    """What a run told by asset events, and which runs answered."""
    dag_id, run_id = run
    found = airflow.get("/assets/events", source_dag_id=dag_id, source_run_id=run_id, limit=100)
    events: list[dict[str, Any]] = found["asset_events"]
    return events


def tasks_of(airflow: Airflow, run: Run) -> list[dict[str, Any]]:
    """The task instances of a run, as the REST API tells them."""
    dag_id, run_id = run
    found = airflow.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances", limit=100)
    instances: list[dict[str, Any]] = found["task_instances"]
    return instances


def clear_run(airflow: Airflow, run: Run) -> None:
    """Runs all tasks of a DAG run again, as a person does who clears it."""
    dag_id, run_id = run
    airflow.post(f"/dags/{dag_id}/dagRuns/{run_id}/clear", {"dry_run": False})


def _wait(airflow: Airflow, left: Callable[[], list[str]], tell: Tell, longest: float) -> None:
    until = time.monotonic() + longest
    while waiting := left():
        tell(f"waiting for {', '.join(waiting)}")
        if time.monotonic() > until:
            raise StackError(
                f"Still waiting for {', '.join(waiting)} after {longest:.0f} s. Logs of the tasks: "
                f"{airflow.home / 'logs'}; of the scheduler: {airflow.log('scheduler')}."
            )
        time.sleep(PAUSE)
