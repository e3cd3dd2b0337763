"""Airflow on this machine: its processes and its REST API.

Every component is started in a session of its own, since Airflow's task processes leave their
parent's group and an orphaned scheduler goes on running tasks: what is ended is the session.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from communique.stack_env import HOST, USER, free_port, secrets_of

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
LONGEST_START = 180  # seconds
LONGEST_END = 15  # seconds that Airflow has to end by itself

Tell = Callable[[str], None]
_OURS = (sys.executable, "-c", "from communique.cli import main; main()")


class StackError(Exception):
    """The stack cannot go on; the message says what happened and which log to read."""


@dataclass(frozen=True, slots=True)
class Airflow:
    """A running Airflow: where its pages are, and who may log in."""

    home: Path
    url: str
    password: str
    processes: Mapping[str, subprocess.Popen[bytes]] = field(repr=False)
    session: requests.Session = field(repr=False)

    @property
    def pages(self) -> str:
        """Where the analysts' pages stand in its UI."""
        return f"{self.url}/plugin/communique/communique/today"

    def log(self, component: str) -> Path:
        """The log file of a component."""
        return _log(self.home, component)

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON that the REST API answers. Raises StackError where it refuses."""
        return self._ask("GET", path, params=parameters)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Posts JSON to the REST API."""
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        self.check()
        try:
            answer = self.session.request(method, f"{self.url}/api/v2{path}", timeout=60, **options)
        except requests.RequestException as error:
            raise StackError(f"Airflow does not answer: {error}. {self._where()}") from error
        if not answer.ok:
            raise StackError(
                f"Airflow refused {method} {path}: {answer.status_code} {answer.text[:500]}. "
                f"{self._where()}"
            )
        return answer.json() if answer.content else None

    def check(self) -> None:
        """Raises StackError, with the end of its log, where a component has ended."""
        for component, process in self.processes.items():
            if process.poll() is not None:
                log = self.log(component)
                last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
                told = f"{component} ended with status {process.returncode}."
                raise StackError("\n".join([told, f"Its log is {log}, and ends:", *last]))

    def _where(self) -> str:
        return f"Look into {self.log('api-server')}."


def migrate(env: Mapping[str, str]) -> None:
    """Brings Airflow's own database to its version; safe to run twice."""
    home = Path(env["AIRFLOW_HOME"])
    with _log(home, "migrate").open("wb") as log:
        done = subprocess.run(  # noqa: S603
            [*_command(), "db", "migrate"], env=dict(env), stdout=log, stderr=log, check=False
        )
    if done.returncode:
        raise StackError(f"Airflow's database could not be migrated: see {_log(home, 'migrate')}")


@contextmanager
def airflow(
    env: Mapping[str, str],
    lock: int,
    tell: Tell,
    *,
    port: int = 0,
    ui: bool,
    beside: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Iterator[Airflow]:
    """A running Airflow, ended with everything it started when the block ends.

    lock: from `alone`. port: of its pages and API; 0: any free one. ui: whether a person will look
    at it; without, one process less is started. beside: commands of ours that run as long, by the
    names of their logs.
    """
    home = Path(env["AIRFLOW_HOME"])
    port = port or free_port()
    url = f"http://{HOST}:{port}"
    env = {"COMMUNIQUE_PAGES_URL": f"{url}/communique", **env} | {
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
    }
    options = {
        "api-server": ["--host", HOST, "--port", str(port)],
        "scheduler": ["--skip-serve-logs"],
        "triggerer": ["--skip-serve-logs"],
    }
    commands = {
        component: [*_command(), component, *options.get(component, [])]
        for component in (COMPONENTS if ui else COMPONENTS[:-1])
    } | {name: [*_OURS, *command] for name, command in beside.items()}
    processes = {}
    try:
        for component, command in commands.items():
            with _log(home, component).open("wb") as log:
                processes[component] = subprocess.Popen(  # noqa: S603
                    command,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=(lock,),
                )
        running = Airflow(home, url, secrets_of(home)["password"], processes, _session())
        _wait_until_healthy(running, tell)
        yield running
    finally:
        _end(list(processes.values()))


def _session() -> requests.Session:
    """Asks again where the server has just closed a connection that it had kept."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=Retry(3, backoff_factor=0.2)))
    return session


def _command() -> list[str]:
    return [sys.executable, "-m", "airflow"]


def _log(home: Path, component: str) -> Path:
    return home / f"{component}.log"


@contextmanager
def alone(home: Path) -> Iterator[int]:
    """Holds the lock on Airflow's home, which its processes inherit: two Airflows on one home, or
    one beside the orphans of another, would run every task twice. Raises StackError where there
    is one."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / "running"
    lock = os.open(file, os.O_RDONLY | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holders = " ".join(str(pid) for pid in _holders(file) if pid != os.getpid())
            raise StackError(
                f"An Airflow already runs on {home}. End it where it was started, or, "
                f"if that is gone: kill {holders}"
            ) from None
        yield lock
    finally:
        os.close(lock)


def _holders(file: Path) -> list[int]:
    """The processes that have this file open."""
    found = set()
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # it may have ended, or not be ours to look into
            if descriptor.readlink() == file.resolve():
                found.add(int(descriptor.parts[2]))
    return sorted(found)


def _wait_until_healthy(running: Airflow, tell: Tell) -> None:
    until = time.monotonic() + LONGEST_START
    waiting = "api-server"
    while time.monotonic() < until:
        running.check()
        with suppress(requests.RequestException):
            answer = requests.get(f"{running.url}/api/v2/monitor/health", timeout=5).json()
            parts = ("metadatabase", "scheduler", "dag_processor")
            waiting = ", ".join(p for p in parts if answer[p]["status"] != "healthy")
            if not waiting:
                _log_in(running)
                return
        tell(f"waiting for {waiting}")
        time.sleep(0.5)
    raise StackError(
        f"Airflow did not start within {LONGEST_START} s: {waiting} is missing. "
        f"Its logs are {running.home}/*.log."
    )


def _log_in(running: Airflow) -> None:
    answer = requests.post(
        f"{running.url}/auth/token",
        json={"username": USER, "password": running.password},
        timeout=30,
    )
    answer.raise_for_status()
    running.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ends the sessions of these processes, asking first."""
    sessions = {process.pid for process in processes}
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    until = time.monotonic() + LONGEST_END
    try:
        while _members(sessions) and time.monotonic() < until:
            for process in processes:
                process.poll()
            time.sleep(0.1)
    finally:  # also where somebody presses Ctrl-C once more
        for pid in _members(sessions):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    for process in processes:
        process.wait()


def _members(sessions: set[int]) -> list[int]:
    """All processes of these sessions; none of them is ours, which has a session of its own."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(ProcessLookupError, PermissionError):
            if entry.name.isdigit() and os.getsid(int(entry.name)) in sessions:
                found.append(int(entry.name))
    return found
