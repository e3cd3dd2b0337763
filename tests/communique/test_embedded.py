"""The embedded PostgreSQL starts for whoever needs it, and survives whatever happens to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import make_dsn
from sqlalchemy import create_engine, text

from communique.embedded import EmbeddedServerError, keep, server, status, stop
from communique.embedded_cluster import Cluster, address

USER = """
import sys
from pathlib import Path
from communique.embedded import server
with server(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    stop(tmp_path / "home", force=True)


def started(home: Path) -> subprocess.Popen[str]:
    """Another process that enters the server; it leaves when its standard input is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def user(home: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = started(home)
    try:
        yield answer(process), process
    finally:
        process.kill()
        process.communicate()


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate()
    assert process.returncode == 0


def ask(url: str, query: str) -> object:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(query))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


def postmaster(home: Path) -> int:
    found = address(Cluster(home / "postgres"))
    assert found is not None
    return found[0]


def test_commands_that_start_at_once_on_an_empty_home_share_one_server(home: Path) -> None:
    processes = [started(home) for _ in range(3)]
    urls = {answer(process) for process in processes}
    assert len(urls) == 1
    assert ask(urls.pop(), "SELECT current_database()") == "communique"
    for process in processes:
        leave(process)
    assert not status(home).running


def test_the_last_one_out_stops_the_server_and_nobody_before(home: Path) -> None:
    with server(home) as url:
        with user(home) as (same, other):
            assert same == url
            leave(other)
        with server(home):
            pass
        assert ask(url, "SELECT 1") == 1
        with pytest.raises(EmbeddedServerError, match="in use"):
            stop(home)
    assert not status(home).running
    assert not stop(home)


def test_a_server_that_is_kept_outlasts_its_users_until_it_is_stopped(home: Path) -> None:
    url = keep(home)
    with server(home):
        pass
    assert ask(url, "SELECT 1") == 1
    assert stop(home)
    with server(home):
        pass
    assert not status(home).running


def test_after_a_killed_user_the_next_to_leave_stops_the_server(home: Path) -> None:
    with user(home) as (_, killed):
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert status(home).running
        assert not status(home).in_use
    with server(home) as url:
        ask(url, "SELECT 1")
    assert not status(home).running
    assert (home / "postgres" / "log").read_text().count("ready to accept connections") == 1


def test_what_was_committed_survives_a_killed_server_with_a_busy_query(home: Path) -> None:
    with user(home) as (url, bystander):
        ask(url, "CREATE TABLE kept AS SELECT 7 AS number")
        dsn = make_dsn(url.replace("+psycopg2", ""), async_=None)
        with closing(psycopg2.connect(dsn, async_=True)) as busy:
            while busy.poll() != psycopg2.extensions.POLL_OK:
                time.sleep(0.01)
            busy.cursor().execute("SELECT count(*) FROM generate_series(1, 100000000000)")
            busy.poll()
            time.sleep(0.2)
            os.kill(postmaster(home), signal.SIGKILL)
            with server(home) as again:
                assert again == url  # whoever kept the address reaches the new server
                assert ask(again, "SELECT number FROM kept") == 7
        assert status(home).running
        leave(bystander)
    assert not status(home).running


def test_a_first_start_that_was_killed_midway_is_made_good(home: Path) -> None:
    process = started(home)
    while not (home / "postgres" / "data.new" / "base").exists():
        time.sleep(0.005)
    process.kill()
    process.communicate()
    with server(home) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_stale_pid_file_that_names_a_living_process_does_not_matter(home: Path) -> None:
    with user(home):
        os.kill(postmaster(home), signal.SIGKILL)
    pid_file = home / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        with server(home) as url:
            assert ask(url, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_a_long_path_with_spaces_gives_a_short_plain_address(tmp_path: Path) -> None:
    home = tmp_path / "a home; with $(odd) 'names' ü" / ("x" * 120)
    for _ in range(2):
        with server(home) as url:
            assert ask(url, "SELECT 1") == 1
            assert url.isascii()
            assert not set(url) & set(" %'$")
            socket = Path(url.partition("host=")[2].partition("&")[0])
            assert socket.stat().st_mode & 0o777 == 0o700
    socket.rmdir()  # as after a reboot that empties /tmp
    with server(home) as again:
        assert again == url
    socket.rmdir()


def test_nothing_listens_beyond_a_private_socket_and_nothing_is_lost(home: Path) -> None:
    with server(home, "airflow") as url:
        shown = {
            name: ask(url, f"SHOW {name}")
            for name in ("listen_addresses", "fsync", "synchronous_commit", "server_encoding",
                         "timezone", "max_connections")
        }  # fmt: skip
        assert list(shown.values()) == ["", "on", "on", "UTF8", "UTC", "200"]
        assert ask(url, "SELECT current_database()") == "airflow"
        collation = (
            "SELECT concat(datlocprovider, datlocale) FROM pg_database WHERE datname = 'airflow'"
        )
        assert ask(url, collation) == "bC.UTF-8"
        assert (home / "postgres").stat().st_mode & 0o777 == 0o700


def test_the_environment_of_another_postgres_changes_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "6543", "PGDATA": "/nowhere", "PGHOST": "db.invalid"}.items():
        monkeypatch.setenv(name, value)
    with server(home) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_home_that_cannot_be_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(EmbeddedServerError, match="COMMUNIQUE_DATABASE_URL"),
        server(tmp_path / "file"),
    ):
        pass


def test_asking_for_the_status_makes_nothing(home: Path) -> None:
    assert not status(home).running
    assert not stop(home)
    assert not home.exists()
