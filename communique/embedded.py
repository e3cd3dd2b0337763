"""The PostgreSQL that runs where no other is given: one server for all who use the same home.

Whoever uses it holds a shared lock on the file `users`; the server's own processes hold an
exclusive one on `alive`, which they inherit from whoever started them; `door` is held while
somebody decides to start or to stop. The kernel drops each of these locks when its holder ends,
however it ends, so nothing here can be stale.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812 (a class by any name)

from communique import embedded_cluster as postgres
from communique.embedded_account import EmbeddedServerError
from communique.embedded_cluster import Cluster

PAUSE = 0.05  # seconds between two looks at a server that is starting or stopping


@dataclass(frozen=True, slots=True)
class Status:
    """running: it takes connections. in_use: some process holds `server()` open.
    url: its database `communique`, None when it does not run. data: its data folder."""

    running: bool
    in_use: bool
    url: str | None
    data: Path


@contextmanager
def server(home: Path, database: str = "communique") -> Iterator[str]:
    """The address of `database` on the embedded server of `home`, for SQLAlchemy and psycopg2.

    The server and the database are made and started if they are not there; the last user to leave
    stops it. What a killed user or a killed server left behind is put right by the next one to
    enter or leave. Every process of the same user (and root) may use the address while the
    context is open. Raises EmbeddedServerError."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", database):
        raise EmbeddedServerError(f"{database!r} is no database name: letters, digits and _ only")
    with _explained(home):
        cluster = postgres.prepare(home.resolve())
        users, socket = _enter(cluster, database)
    try:
        yield _url(socket, database)
    finally:
        with _explained(home), _locked(cluster, "door"):
            _leave(cluster, users)


def keep(home: Path, database: str = "communique") -> str:
    """The same address, for what is not ours: psql, a notebook, a backup. The server then runs on
    without users until `stop`, or until the machine does. Raises EmbeddedServerError."""
    with server(home, database) as url, _explained(home):
        _kept(Cluster(home.resolve() / "postgres")).touch()
    return url


def status(home: Path) -> Status:
    """What the embedded server of `home` does at this moment; starts and makes nothing."""
    cluster = Cluster(home.resolve() / "postgres")
    with _explained(home):
        if not cluster.data.exists():
            return Status(False, False, None, cluster.data)
    with _explained(home), _locked(cluster, "door"):
        socket = _answering(cluster) if _held(cluster, "alive") else None
        url = _url(socket, "communique") if socket else None
        return Status(socket is not None, _held(cluster, "users"), url, cluster.data)


def stop(home: Path, *, force: bool = False) -> bool:
    """Stops the embedded server of `home`: True if one ran, False if none did.

    A server that somebody uses is left alone (EmbeddedServerError), unless `force`."""
    cluster = Cluster(home.resolve() / "postgres")
    with _explained(home):
        if not cluster.data.exists():
            return False
    with _explained(home), _locked(cluster, "door"):
        if not _held(cluster, "alive"):
            return False
        if not force and _held(cluster, "users"):
            raise EmbeddedServerError(
                f"the server in {cluster.folder} is in use: end the commands that use it first"
            )
        _kept(cluster).unlink(missing_ok=True)
        _stop(cluster)
        return True


def program(name: str) -> str | None:
    """Path of one of the server's own programs (psql, pg_dump, ...); None if it has no such."""
    found = postgres.binary(name)
    return str(found) if found.is_file() else None


def _enter(cluster: Cluster, database: str) -> tuple[int, Path]:
    """One's own share, an open file descriptor, and the socket folder of the running server."""
    with _locked(cluster, "door"):
        users = _open(cluster, "users")
        try:
            fcntl.flock(users, fcntl.LOCK_SH)
            socket = _ensure_running(cluster)
            _ensure_database(socket, database)
        except BaseException:
            _leave(cluster, users)
            raise
    return users, socket


def _leave(cluster: Cluster, users: int) -> None:
    """Gives up one's own share; the last one stops the server. The door must be held."""
    os.close(users)  # not unlocked: a forked child that still has it open goes on counting
    unused = not _held(cluster, "users") and not _kept(cluster).exists()
    if unused and _held(cluster, "alive"):
        _stop(cluster)


def _kept(cluster: Cluster) -> Path:
    """A file that is there while the running server shall outlast its users."""
    return cluster.folder / "keep"


def _ensure_running(cluster: Cluster) -> Path:
    """The socket folder of a server that answers. The door must be held."""
    until = time.monotonic() + postgres.LONGEST_START
    tries = 3
    while time.monotonic() < until:
        if _held(cluster, "alive"):
            if socket := _answering(cluster):
                return socket
            postgres.end_orphans(cluster)
            time.sleep(PAUSE)
            continue
        _kept(cluster).unlink(missing_ok=True)  # said of a server that is no more
        alive = _open(cluster, "alive")
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            postgres.start(cluster, alive)
        except postgres.WayClosedError:
            tries -= 1
            if not tries:
                raise
        finally:
            os.close(alive)
    raise EmbeddedServerError(
        f"a PostgreSQL process holds {cluster.folder} and does not answer: look at {cluster.log}"
    )


def _stop(cluster: Cluster) -> None:
    """Stops what runs and waits until all its processes are gone. The door must be held."""
    until = time.monotonic() + postgres.LONGEST_STOP
    while _held(cluster, "alive"):
        if _answering(cluster):
            postgres.stop(cluster)
        else:
            postgres.end_orphans(cluster)
        if time.monotonic() > until:
            raise EmbeddedServerError(
                f"the server in {cluster.folder} does not stop: {cluster.log}"
            )
        time.sleep(PAUSE)


def _answering(cluster: Cluster) -> Path | None:
    """The socket folder of the server if it takes connections now."""
    found = postgres.address(cluster)
    if found is None:
        return None
    try:
        _connect(found[1]).close()
    except psycopg2.OperationalError as error:
        # All its connections may be taken: then it runs very well.
        return found[1] if "too many clients" in str(error) else None
    return found[1]


def _ensure_database(socket: Path, database: str) -> None:
    """Creates the database unless it is there: UTF-8, and the builtin collation of the server."""
    with closing(_connect(socket)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE DATABASE "{database}" TEMPLATE template0')


def _connect(socket: Path) -> Connection:
    return psycopg2.connect(
        host=str(socket), port=postgres.PORT, user=postgres.SUPERUSER, dbname="postgres",
        connect_timeout=10,
    )  # fmt: skip


def _url(socket: Path, database: str) -> str:
    who = f"{postgres.SUPERUSER}@/{database}"
    return f"postgresql+psycopg2://{who}?host={socket}&port={postgres.PORT}"


def _open(cluster: Cluster, name: str) -> int:
    return os.open(cluster.folder / name, os.O_RDONLY | os.O_CREAT, 0o644)


@contextmanager
def _explained(home: Path) -> Iterator[None]:
    """Turns what the system or the server refuses into an error that says what to do."""
    try:
        yield
    except (OSError, psycopg2.Error) as error:
        raise EmbeddedServerError(
            f"the embedded PostgreSQL under {home} cannot be used: {str(error).strip()}; give "
            "COMMUNIQUE_HOME a folder of your own on a local disk, or set COMMUNIQUE_DATABASE_URL"
        ) from error


@contextmanager
def _locked(cluster: Cluster, name: str) -> Iterator[None]:
    """Waits for the lock and holds it."""
    lock = _open(cluster, name)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _held(cluster: Cluster, name: str) -> bool:
    """Whether some process holds the lock. Only asked with the door held: asking takes it."""
    lock = _open(cluster, name)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
