"""One Airflow for all the tests here that need one: starting it takes longer than most of them."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from communique.demo.archive import days
from communique.settings import project_folder
from communique.stack_demo import READERS, Day, Demo, collect_day, demonstration
from tests.communique.post_office import Office, _Server

MAINTAINER = "mina@example.org"
CANARY = "canary@example.org"


def process_at(port: int) -> int:
    """The process that holds this end of a loopback connection."""
    wanted = f"0100007F:{port:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if columns[1] == wanted:
            return _holder(f"socket:[{columns[9]}]")
    raise LookupError(f"nobody is at port {port}")


def _holder(inode: str) -> int:
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(descriptor.readlink()) == inode:
                return int(descriptor.parts[2])
        except OSError:  # ended while we looked
            continue
    raise LookupError(f"nobody holds {inode}")


@dataclass
class Assassin(Office):
    """Kills the sender of the next mail to a reader once it has that mail."""

    armed: bool = False
    killed: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if self.armed and str(self.arrived[-1]["To"]) in READERS:
            self.armed = False
            self.killed.append(str(self.arrived[-1]["Message-ID"]))
            os.kill(process_at(session.peer[1]), signal.SIGKILL)
        return answer


@pytest.fixture(scope="session")
def office() -> Iterator[Assassin]:
    office = Assassin()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        office.port = listening.getsockname()[1]
        server = _Server(office, listening)
        server.start()
        yield office
        server.stop()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, office: Assassin) -> Iterator[Demo]:
    """The demonstration, with the DAGs of tests/e2e/dags beside the project's own. ui: with
    Airflow's triggerer, which tells of runs that are late."""
    folder = tmp_path_factory.mktemp("dags")
    for file in (*project_folder("dags").iterdir(), *Path(__file__).with_name("dags").iterdir()):
        if file.is_file():
            (folder / file.name).symlink_to(file)
    extra = {
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
        "COMMUNIQUE_MAINTAINERS": MAINTAINER,
        "COMMUNIQUE_CANARY": CANARY,
        "COMMUNIQUE_KEEP_MONTHS": "12",
    }
    home = tmp_path_factory.mktemp("home")
    with demonstration(home, ui=True, smtp_url=office.url, extra=extra) as running:
        yield running


@pytest.fixture(scope="session")
def first_day(demo: Demo) -> Day:
    return collect_day(demo, days()[0])


@pytest.fixture(scope="session")
def second_day(demo: Demo, first_day: Day, office: Assassin) -> Day:
    office.armed = True
    return collect_day(demo, days()[1])
