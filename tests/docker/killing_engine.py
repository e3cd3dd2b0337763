"""The engine cut off with all that it runs, and started anew."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.docker.compose import Failed, until
from tests.docker.killing_stack import Container

HELPERS = ("containerd", "containerd-shim", "docker-proxy")
LOG = Path("/tmp/communique-dockerd.log")


def cut(victims: Sequence[Container]) -> None:
    """SIGKILL to the engine, to what it runs containers with, and to all in these: as a cut of the
    mains. Then the engine is started anew, unless the machine does that by itself."""
    engine = _processes("dockerd")
    if not engine:
        raise Failed("no dockerd runs on this machine: --engine needs it here")
    words = Path(f"/proc/{engine[0]}/cmdline").read_bytes().split(b"\0")[:-1]
    helpers = [pid for name in HELPERS for pid in _processes(name)]
    for pid in (*engine, *helpers, *(victim.pid for victim in victims)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    time.sleep(5)
    if not _processes("dockerd"):
        with LOG.open("ab") as log:
            subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
    until(lambda: [] if _answers() else ["the engine"], 120)


def _processes(name: str) -> list[int]:
    """The ids of those that run a program of this name; of a longer name its first 15 letters."""
    found = subprocess.run(["pgrep", "-x", name[:15]], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def _answers() -> bool:
    return not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
