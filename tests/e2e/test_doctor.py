"""What the doctor says beside a real Airflow: that all is well, that a DAG is paused, or broken."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from communique.stack_demo import Demo

pytestmark = pytest.mark.e2e

BROKEN_FILE = (
    "INSERT INTO import_error (timestamp, filename, bundle_name, stacktrace) VALUES "
    "(now(), 'mine.py', 'dags-folder', E'Traceback:\\nNameError: nobody')"
)


def doctor(demo: Demo) -> dict[str, Any]:
    """What it says in the environment of the scheduler, by check."""
    scheduler = Path(f"/proc/{demo.airflow.processes['scheduler'].pid}/environ").read_bytes()
    given = dict(pair.split("=", 1) for pair in scheduler.decode().split("\0") if pair)
    command = [sys.executable, "-c", "from communique.cli import main; main()", "doctor", "--json"]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    return {one["check"]: one for one in json.loads(done.stdout)["checks"]}


def pause(demo: Demo, dag_id: str, paused: bool) -> None:
    url = f"{demo.airflow.url}/api/v2/dags/{dag_id}"
    demo.airflow.session.patch(url, json={"is_paused": paused}, timeout=60).raise_for_status()


def test_airflow_and_its_dags_are_well(demo: Demo) -> None:
    found = doctor(demo)
    for check in ("database", "roles", "archive", "airflow", "clock", "mail server"):
        assert found[check]["state"] == "ok", found[check]
    assert "Airflow's clock agrees within 2 s" in found["clock"]["found"]
    assert found["dags"] == {
        "check": "dags",
        "state": "ok",
        "found": "all 11 are read, none is paused",
        "next": "",
    }


def test_paused_dags_are_named_and_where_that_of_alerts_is_it_is_broken(demo: Demo) -> None:
    paused = ("alert", "revisit")
    for dag_id in paused:
        pause(demo, dag_id, True)
    try:
        found = doctor(demo)["dags"]
    finally:
        for dag_id in paused:
            pause(demo, dag_id, False)
    assert found["state"] == "broken"
    assert "paused, so that nobody is told anything: alert, revisit" in found["found"]


def test_a_file_that_airflow_cannot_read_is_named(demo: Demo) -> None:
    scheduler = Path(f"/proc/{demo.airflow.processes['scheduler'].pid}/environ").read_text()
    name = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="
    url = next(one.removeprefix(name) for one in scheduler.split("\0") if one.startswith(name))
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(BROKEN_FILE))
    try:
        found = doctor(demo)["dags"]
    finally:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM import_error WHERE filename = 'mine.py'"))
        engine.dispose()
    assert found["state"] == "broken"
    assert "mine.py: NameError: nobody" in found["found"]
