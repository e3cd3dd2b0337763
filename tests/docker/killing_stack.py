"""The services that are killed: how they are set up, killed, and waited for."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from shutil import copy, rmtree
from typing import Any

import requests
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from communique.stack_env import free_port
from tests.docker import killing_calm as calm
from tests.docker.compose import Deployment, Failed, deployment, until
from tests.docker.killing_site import by_name, the_world

PROJECT = "communique-killing"
# Seconds from start to start at a host, so that a turn lasts long enough to be killed in.
DELAY = 1.5
AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")
# Airflow waits five and ten minutes before it gives up a task that is silent, or in no worker's
# hands; a trial has less time. What is done then is the same.
HASTE = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "90",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "30",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
}
ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"


@dataclass(frozen=True)
class Container:
    """One of the stack. pid: of its first process here, 0: it does not run."""

    name: str
    service: str
    pid: int
    started: str
    health: str

    @property
    def well(self) -> bool:
        return self.pid > 0 and self.health in ("healthy", "none")


def killable(folder: Path, start: date) -> Deployment:
    """A deployment whose sources are the site's, in a container beside it."""
    made = deployment(folder)
    tried = folder / "try"
    rmtree(tried)
    calm.facts(the_world(calm.HOSTS, start), calm.PORT, tried, DELAY)
    for file in tried.glob("sources/*.yaml"):
        file.write_text(by_name(file.read_text(encoding="utf-8")), encoding="utf-8")
    if calm.CORPUS.exists():
        copy(calm.CORPUS, tried / "corpus.warc.gz")
    for path in (tried, *tried.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    site = free_port()
    (folder / "try.yml").write_text(_added(start, site))
    environment = {
        **made.environment,
        "COMPOSE_PROJECT_NAME": PROJECT,
        "COMMUNIQUE_REPLAY": "",
        "COMMUNIQUE_SOURCES": "/srv/try/sources",
        "COMMUNIQUE_WATCHLISTS_FOLDER": "./try/watchlists",
        "COMMUNIQUE_CONTACT": "desk@example.org",
        "COMMUNIQUE_PAUSED": "True",
        "SITE": f"http://127.0.0.1:{site}",
    }
    return replace(made, environment=environment)


def _added(start: date, site: int) -> str:
    """What try.yml adds: the site, and what the services are told of it."""
    told = {"COMMUNIQUE_ALLOW_ADDRESSES": "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16", **HASTE}
    services: dict[str, Any] = {
        name: {"volumes": ["./try:/srv/try:ro"], "environment": told} for name in AIRFLOW
    }
    words = calm.site_words(start, calm.PORT, Path("/srv/try/corpus.warc.gz"))
    services["site"] = {
        "image": "${COMMUNIQUE_IMAGE}:local",
        "command": ["python", "-m", "tests.docker.killing_site", *words],
        "environment": {"PYTHONPATH": "/srv", "PYTHONDONTWRITEBYTECODE": "1"},
        "volumes": ["./tests:/srv/tests:ro", "./try:/srv/try:ro"],
        "networks": {"outside": {"aliases": calm.aliases(start)}},
        "ports": [f"127.0.0.1:{site}:{calm.PORT}"],
        "init": True,
        "restart": "unless-stopped",
    }
    return json.dumps({"services": services}, indent=1)  # which is YAML too


def set_day(made: Deployment, day: int) -> None:
    """The site publishes what it has on this day of the world's, once it answers."""
    said = {"Host": f"control:{calm.PORT}"}

    def silent() -> list[str]:
        try:
            requests.get(f"{made.environment['SITE']}/set/{day}/0", headers=said, timeout=30)
        except requests.ConnectionError:
            return ["the site"]
        return []

    until(silent, 120)


def arrivals(made: Deployment) -> list[list[Any]]:
    """The site's log."""
    said = {"Host": f"control:{calm.PORT}"}
    log: list[list[Any]] = requests.get(
        f"{made.environment['SITE']}/log", headers=said, timeout=60
    ).json()
    return log


@contextmanager
def store(made: Deployment) -> Iterator[Engine]:
    """The store of the stack, reached from here: the machine has a foot in docker's networks."""
    (name,) = [c.name for c in containers(made) if c.service == "postgres"]
    told = made.run("docker", "inspect", "--format", ADDRESS, name).stdout.split()
    password = made.secret("communique_db_password")
    url = f"postgresql+psycopg2://communique:{password}@{told[0]}:5432/communique"
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10})
    try:
        yield engine
    finally:
        engine.dispose()


def number(made: Deployment, query: str) -> int:
    """What a query of one number answers."""
    with store(made) as engine, engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def containers(made: Deployment) -> list[Container]:
    """All that are of the stack and keep running."""
    label = f"label=com.docker.compose.project={PROJECT}"
    ids = made.run("docker", "ps", "--all", "--quiet", "--filter", label).stdout.split()
    found = []
    for each in json.loads(made.run("docker", "inspect", *ids).stdout):
        state, labels = each["State"], each["Config"]["Labels"]
        found.append(
            Container(
                each["Name"].lstrip("/"),
                labels["com.docker.compose.service"],
                state["Pid"],
                state["StartedAt"],
                state.get("Health", {}).get("Status", "none"),
            )
        )
    return [one for one in found if one.service not in ("migrate", "site")]


def kill(victims: Sequence[Container]) -> None:
    """SIGKILL to the first process of each, all in one go; the kernel ends with it whatever runs
    in the container. Docker takes it for a crash, and starts it again."""
    for victim in victims:
        if not victim.pid:
            raise Failed(f"{victim.name} does not run, so it cannot be killed")
        os.kill(victim.pid, signal.SIGKILL)


def wait_well(made: Deployment, victims: Sequence[Container], longest: float) -> float:
    """Waits until these run again and are well; how many seconds that took."""
    before = {victim.name: victim.started for victim in victims}

    def ill() -> list[str]:
        return [
            f"{one.name} ({one.health})"
            for one in containers(made)
            if one.name in before and not (one.well and one.started != before[one.name])
        ]

    return until(ill, longest, pause=2)
