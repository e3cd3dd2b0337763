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


def next_runs(airflow: Airflow) -> list[tuple[datetime, str]]:
    """When which DAG runs next by its schedule (aware, UTC), soonest first."""
    dags = airflow.get("/dags", limit=100)["dags"]
    planned = [(dag["next_dagrun_run_after"], dag["dag_id"]) for dag in dags]
    return sorted((_time(when), dag_id) for when, dag_id in planned if when)


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
    airflow: Airflow, dag_id: str, runs: Collection[Run], tell: Tell, longest: float
) -> Mapping[Run, str]:
    """Waits until the DAG that listens has answered everything that these runs, which are over,
    told by asset events; the states of its runs since.

    Not every event gets a run of its own: what is told while a run waits for its turn, or is being
    made, is that run's too, also where Airflow does not count it among what the run consumed. So an
    event is answered by any run that began after it.
    """
    told = [_time(event["timestamp"]) for run in runs for event in events_of(airflow, run)]
    if len(told) < len(runs):
        raise StackError(f"{len(runs)} DAG runs ended, but told only {len(told)} asset events.")
    answers: dict[Run, str] = {}

    def unanswered() -> list[str]:
        began = []
        for run in airflow.get(f"/dags/{dag_id}/dagRuns", limit=100, order_by="-id")["dag_runs"]:
            if _time(run["queued_at"]) >= min(told):
                answers[dag_id, run["dag_run_id"]] = run["state"]
                began += [_time(run["start_date"])] if run["start_date"] else []
        if not began or max(began) < max(told):
            return [f"{dag_id} to begin"]
        return [f"{dag_id} ({state})" for state in answers.values() if state not in ENDED]

    _wait(airflow, unanswered, tell, longest)
    return answers


def _time(written: str) -> datetime:
    return datetime.fromisoformat(written)


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
