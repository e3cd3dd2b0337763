"""What a stack's containers use, asked of docker's engine every few seconds."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

SOCKET = "/var/run/docker.sock"
EVERY = 3.0  # seconds


@dataclass
class Used:
    """Of one container. cpu: seconds since it started, at the first look and at the last; memory:
    without what the kernel merely keeps of files, at each look (bytes)."""

    first_cpu: float = 0.0
    cpu: float = 0.0
    memory: list[int] = field(default_factory=list)


class Watch:
    """Looks at all containers of a project until it is left: `with Watch(project) as watch`."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.used: defaultdict[str, Used] = defaultdict(Used)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look_on(self) -> None:
        while True:
            over = self._over.wait(EVERY)
            for name, identity in _containers(self._project):
                self._note(name, _asked(f"/containers/{identity}/stats?stream=0&one-shot=1"))
            if over:
                return

    def _note(self, name: str, told: Any) -> None:
        memory = told.get("memory_stats", {})
        if "usage" not in memory:
            return  # it has just ended
        used, kept = self.used[name], memory["stats"]
        cpu = told["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9
        used.first_cpu = used.first_cpu if used.memory else cpu
        used.cpu = cpu
        # cgroup version 1 names it one way, version 2 the other.
        idle = kept.get("total_inactive_file", kept.get("inactive_file", 0))
        used.memory.append(memory["usage"] - idle)


class _Engine(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


def _asked(path: str) -> Any:
    connection = _Engine("docker", timeout=60)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _containers(project: str) -> list[tuple[str, str]]:
    """Name (service and number) and identity of each that runs."""
    wanted = quote(json.dumps({"label": [f"com.docker.compose.project={project}"]}))
    found = _asked(f"/containers/json?filters={wanted}")
    named = ((each["Names"][0].lstrip("/"), each["Id"]) for each in found)
    # An image that compose has built hands its label on to whatever else runs of it.
    return [(name.removeprefix(f"{project}-"), identity) for name, identity in named
            if name.startswith(f"{project}-")]  # fmt: skip
