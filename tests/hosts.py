"""Hosts in a network of their own, each a network namespace, and a PostgreSQL among them.

with network(workers=2) as net:
    net.hub.start("python", "-m", "http.server")     # the hub has the address HUB, and more:
    net.lend("10.77.1.1")
    net.workers[0].start("communique", "collect")
    net.unplug(0)

The namespaces have no names and live as long as the processes in them. Root alone can make them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from communique.database import upgrade
from communique.embedded import server
from communique.embedded_cluster import binary

HUB = "10.77.0.1"
NETWORK = "10.77.0.0/16"
_LONGEST = 60.0


@dataclass(frozen=True)
class Host:
    """pid: of the process that keeps the namespace. address: its own."""

    pid: int
    address: str

    def inside(self, *command: str) -> list[str]:
        """A command, as it is run on this host."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", *command]

    def start(
        self, *command: str, environment: Mapping[str, str] | None = None, **told: Any
    ) -> subprocess.Popen[str]:
        """Starts a command on this host, whose end it does not outlive."""
        ended = ("setpriv", "--pdeathsig", "KILL", *command)
        env = {**os.environ, **(environment or {})}
        return subprocess.Popen(self.inside(*ended), env=env, text=True, **told)

    def ip(self, *lines: str) -> None:
        """Has iproute2 do all this on this host."""
        subprocess.run(self.inside("ip", "-batch", "-"), input="\n".join(lines), text=True,
                       check=True)  # fmt: skip


@dataclass(frozen=True)
class Network:
    """hub: where the bridge is, and the servers are; workers: the other hosts."""

    hub: Host
    workers: tuple[Host, ...]

    def lend(self, *addresses: str) -> None:
        """Gives the hub further addresses."""
        self.hub.ip(*(f"addr add {address}/16 dev bridge" for address in addresses))

    def unplug(self, worker: int) -> None:
        """Pulls a worker's plug: nobody is told, packets no longer arrive."""
        self.hub.ip(f"link set worker{worker} down")


@contextmanager
def network(workers: int) -> Iterator[Network]:
    """A hub and so many workers that reach it and each other, and nobody else."""
    with ExitStack() as stack:
        hub = Host(stack.enter_context(_namespace()), HUB)
        hub.ip("link set lo up", "link add bridge type bridge", f"addr add {HUB}/16 dev bridge",
               "link set bridge up")  # fmt: skip
        made = []
        for number in range(workers):
            host = Host(stack.enter_context(_namespace()), f"10.77.9.{number + 1}")
            hub.ip(
                f"link add worker{number} type veth peer name uplink netns {host.pid}",
                f"link set worker{number} master bridge",
                f"link set worker{number} up",
            )
            host.ip(
                "link set lo up", f"addr add {host.address}/16 dev uplink", "link set uplink up"
            )
            made.append(host)
        yield Network(hub, tuple(made))


@contextmanager
def _namespace() -> Iterator[int]:
    """A network namespace; the process that keeps it."""
    ended = ("setpriv", "--pdeathsig", "KILL")
    with subprocess.Popen([*ended, "unshare", "--net", "sleep", "infinity"]) as keeper:
        try:
            ours = Path("/proc/self/ns/net").readlink()
            until = time.monotonic() + _LONGEST
            while Path(f"/proc/{keeper.pid}/ns/net").readlink() == ours:
                assert keeper.poll() is None, "no network namespace could be made"
                assert time.monotonic() < until
                time.sleep(0.01)
            yield keeper.pid
        finally:
            keeper.kill()


@contextmanager
def postgres(host: Host, home: Path) -> Iterator[str]:
    """A migrated store on that host, reached over TCP; its address."""
    with server(home) as local:
        engine = create_engine(local)
        upgrade(engine)
        engine.dispose()
    folder = home / "postgres"
    owner = folder.stat()
    rules = folder / "hba"
    rules.write_text(f"host all all {NETWORK} trust\nlocal all all trust\n")
    os.chown(rules, owner.st_uid, owner.st_gid)
    told = {
        "listen_addresses": host.address,
        "hba_file": str(rules),
        "unix_socket_directories": str(folder),
        "max_connections": "50",
        "dynamic_shared_memory_type": "mmap",
    }
    options = [word for name, value in told.items() for word in ("-c", f"{name}={value}")]
    as_owner = ("setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups")
    with host.start(
        *as_owner, str(binary("postgres")), "-D", str(folder / "data"), *options,
        stderr=(home / "log").open("w"),
    ) as running:  # fmt: skip
        try:
            _wait(host)
            yield f"postgresql+psycopg2://postgres@{host.address}/communique"
        finally:
            running.send_signal(signal.SIGINT)  # ends without waiting for those it serves


def _wait(host: Host) -> None:
    until = time.monotonic() + _LONGEST
    asked = host.inside(str(binary("pg_isready")), "-q", "-h", host.address)
    while subprocess.run(asked, check=False).returncode:
        assert time.monotonic() < until, "PostgreSQL does not answer"
        time.sleep(0.05)
