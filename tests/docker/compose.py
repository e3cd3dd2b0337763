"""A deployment in a folder of its own: a copy of this checkout, with the demonstration's archive in
place of the web and ports that nobody else uses."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from communique.demo import archive
from communique.stack_demo import SOURCES
from communique.stack_env import free_port

ROOT = Path(__file__).parents[2]
PROJECT = "communique-try"
REPLAYING = ("api-server", "scheduler", "dag-processor", "triggerer", "worker", "exporter")


class Failed(Exception):
    """Something was not as it is promised; the message says what."""


@dataclass(frozen=True)
class Deployment:
    """folder: the copy. ui, mails: the addresses at which the services are published here."""

    folder: Path
    ui: str
    mails: str
    environment: Mapping[str, str]

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """What a command printed, errors included. Raises Failed where it ends with another status
        than 0."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if check and done.returncode:
            told = "\n".join(done.stdout.splitlines()[-40:])
            raise Failed(f"{' '.join(command)} ended with {done.returncode}:\n{told}")
        return done

    def compose(self, *command: str, check: bool = True) -> str:
        """`docker compose` with all profiles; what it printed."""
        return self.run("docker", "compose", "--profile", "*", *command, check=check).stdout

    def rows(self, query: str, database: str = "communique") -> list[list[str]]:
        """What the store, or Airflow's own database, answers."""
        asked = ("--no-align", "--tuples-only", "--field-separator=\t", "--command", query)
        who = (f"--username={database}", f"--dbname={database}")
        told = self.compose("exec", "-T", "postgres", "psql", *who, *asked)
        return [line.split("\t") for line in told.splitlines()]

    def secret(self, name: str) -> str:
        """What a file of secrets holds."""
        return (self.folder / "secrets" / name).read_text()


def until(left: Callable[[], Sequence[str]], longest: float, pause: float = 1) -> float:
    """Waits until nothing is left to wait for; how many seconds that took. Raises Failed."""
    started = time.monotonic()
    while waiting := left():
        if time.monotonic() - started > longest:
            raise Failed(f"after {longest:.0f} s still waiting for {', '.join(waiting[:20])}")
        time.sleep(pause)
    return time.monotonic() - started


def expect(true: bool, otherwise: str) -> None:
    """Raises Failed, with these words, where it is not true."""
    if not true:
        raise Failed(otherwise)


def deployment(folder: Path) -> Deployment:
    """A copy of what is under version control or would be, as it stands, ready for `make`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    archive.build(folder / "try/pages.warc.gz")
    shutil.copytree(SOURCES, folder / "try/sources")
    (folder / "try.yml").write_text(_replaying(REPLAYING))
    for path in (folder / "try").rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    ui, mails = free_port(), free_port()
    environment = {
        "COMPOSE_PROJECT_NAME": PROJECT,
        "COMPOSE_FILE": "docker-compose.yml:try.yml",
        "COMMUNIQUE_IMAGE": PROJECT,
        "COMMUNIQUE_UI_PORT": f"127.0.0.1:{ui}",
        "COMMUNIQUE_UI_URL": f"http://127.0.0.1:{ui}",
        "COMMUNIQUE_MAILBOX_PORT": f"127.0.0.1:{mails}",
        "COMMUNIQUE_MAIL_FROM": "communique@example.org",
        "COMMUNIQUE_TRUSTED_DOMAINS": "example.org",
        "COMMUNIQUE_REPLAY": "/srv/try/pages.warc.gz",
        "COMMUNIQUE_SOURCES": "/srv/try/sources",
    }
    return Deployment(
        folder, environment["COMMUNIQUE_UI_URL"], f"http://127.0.0.1:{mails}", environment
    )


def _replaying(services: Sequence[str]) -> str:
    now = archive.days()[-1].isoformat()
    added = f'    volumes: ["./try:/srv/try:ro"]\n    environment: {{COMMUNIQUE_NOW: "{now}"}}\n'
    return "services:\n" + "".join(f"  {name}:\n{added}" for name in services)
