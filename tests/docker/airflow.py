"""Airflow's API of a trial's services."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import requests

from communique.stack_airflow import Airflow
from tests.docker.compose import Deployment, Failed, until


def reached(made: Deployment) -> Airflow:
    """It, as the demonstration's own helpers use it, for admin. Raises Failed."""
    try:
        session = signed_in(made)
    except requests.RequestException as error:
        raise Failed(f"the admin cannot sign in: {error}") from error
    return Airflow(made.folder, made.ui, made.secret("admin_password"), {}, session)


def signed_in(made: Deployment) -> requests.Session:
    """A session of admin's. Raises RequestException."""
    session = requests.Session()
    words = {"username": "admin", "password": made.secret("admin_password")}
    answer = session.post(f"{made.ui}/auth/token", json=words, timeout=60)
    answer.raise_for_status()
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session


@dataclass
class Api:
    """Airflow's REST API, asked again while its server is away."""

    made: Deployment
    session: requests.Session | None = None

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The JSON that is answered. Raises Failed where it refuses, or is away for long."""
        deadline = time.monotonic() + 180
        while True:
            try:
                if self.session is None:
                    self.session = signed_in(self.made)
                answer = self.session.request(
                    method, f"{self.made.ui}/api/v2{path}", timeout=60, **options
                )
                if answer.ok:
                    return answer.json()
                said = f"{answer.status_code} {answer.text[:300]}"
                away = answer.status_code >= 500 or answer.status_code == 401
            except requests.RequestException as error:
                said, away = str(error), True
            if not away or time.monotonic() > deadline:
                raise Failed(f"Airflow answers {method} {path}: {said}")
            self.session = None
            time.sleep(2)

    def wait_for_dags(self, dags: Sequence[str]) -> None:
        """Waits until their files have been read."""

        def unread() -> list[str]:
            known = self.ask("GET", "/dags", params={"limit": 100})["dags"]
            return sorted(set(dags) - {one["dag_id"] for one in known})

        until(unread, 180)

    def unpause(self, dag: str) -> None:
        """Lets a DAG run."""
        self.ask("PATCH", f"/dags/{dag}", json={"is_paused": False})

    def start(self, dag: str) -> None:
        """Starts a run of now, unless one waits or runs."""
        if not [run for run in self.runs(dag) if run["state"] in ("queued", "running")]:
            moment = datetime.now(timezone.utc).isoformat()
            self.ask("POST", f"/dags/{dag}/dagRuns", json={"logical_date": moment})

    def runs(self, dag: str = "~") -> list[dict[str, Any]]:
        """The runs of a DAG, or of all."""
        found: list[dict[str, Any]] = self.ask(
            "GET", f"/dags/{dag}/dagRuns", params={"limit": 100}
        )["dag_runs"]
        return found
