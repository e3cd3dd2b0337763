"""Pace between threads and processes: one request at a time, starts apart, whoever dies."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from communique.pace import HostTurns
from scrapers.pace import EASE, LONGEST, MOST, Stopped, local_turns, slowed

Process = subprocess.Popen[bytes]

WORKER = """
import os, sys, threading, time
from pathlib import Path
from sqlalchemy import create_engine
from communique.pace import HostTurns

url, folder, delay, turns_each, hold = sys.argv[1:]
turn = HostTurns(create_engine(url)).turns()

def ask(number):
    with open(Path(folder) / f"{os.getpid()}-{number}", "w") as log:
        for _ in range(int(turns_each)):
            with turn("a.example", float(delay)):
                log.write(f"{time.monotonic()} ")
                log.flush()
                time.sleep(float(hold))
                log.write(f"{time.monotonic()}\\n")
                log.flush()

threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def worker(url: str, folder: Path, *, delay: float, turns: int, hold: float) -> Process:
    words = [url, str(folder), str(delay), str(turns), str(hold)]
    return subprocess.Popen([sys.executable, "-c", WORKER, *words])


def requests(folder: Path) -> list[tuple[float, float | None]]:
    """Start and end of every request, by start; the end of one that was killed is not known."""
    lines = (line.split() for file in folder.iterdir() for line in file.read_text().splitlines())
    return sorted((float(at[0]), float(at[1]) if len(at) > 1 else None) for at in lines)


def test_threads_of_two_processes_share_a_hosts_pace_also_after_one_is_killed(
    database_url: str, tmp_path: Path
) -> None:
    first = worker(database_url, tmp_path, delay=0.1, turns=6, hold=0.02)
    second = worker(database_url, tmp_path, delay=0.1, turns=100, hold=0.02)
    deadline = time.monotonic() + 20
    while len(requests(tmp_path)) < 12 and time.monotonic() < deadline:
        time.sleep(0.01)
    second.send_signal(signal.SIGKILL)
    second.wait()
    assert first.wait(30) == 0
    asked = requests(tmp_path)
    assert sum(end is not None for _, end in asked) >= 24  # the survivor had all its turns
    for (start, end), (following, _) in pairwise(asked):
        assert following - start > 0.1 - 0.002
        assert end is None or following >= end


def test_a_slow_answer_keeps_the_other_process_from_asking(
    database_url: str, tmp_path: Path
) -> None:
    both = [worker(database_url, tmp_path, delay=0.01, turns=2, hold=0.1) for _ in "ab"]
    assert [process.wait(30) for process in both] == [0, 0]
    asked = requests(tmp_path)
    assert len(asked) == 16
    assert all(after[0] >= (before[1] or 0) for before, after in pairwise(asked))


def test_a_busy_host_is_asked_less_often_and_the_next_run_remembers(engine: Engine) -> None:
    with HostTurns(engine).turns()("a.example", 0.05) as asked:
        asked.busy()
    with engine.connect() as connection:
        slowdown = connection.execute(text("SELECT slowdown FROM communique.hosts")).scalar()
    assert slowdown == 2
    turn, starts = HostTurns(engine).turns(), []
    for _ in range(3):
        with turn("a.example", 0.05) as asked:
            starts.append(time.monotonic())
            asked.answered()
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert gaps[0] > 0.1 * EASE - 0.001
    assert gaps[1] > 0.1 * EASE**2 - 0.001
    assert asked.slowdown == pytest.approx(2 * EASE**3)


def test_slowing_down_has_an_end_and_ten_good_answers_ease_it() -> None:
    turn = local_turns()
    for _ in range(9):
        with turn("a.example", 0) as asked:
            asked.busy()
    assert asked.slowdown == MOST
    for _ in range(10):
        with turn("a.example", 0) as asked:
            asked.answered()
    assert asked.slowdown == pytest.approx(MOST * 0.7)
    assert slowed(60, MOST) == LONGEST
    assert slowed(400, 2) == 400


def test_a_host_that_asks_for_a_rest_gets_it_from_all(engine: Engine) -> None:
    for turn in (local_turns(), HostTurns(engine).turns()):
        with turn("a.example", 0) as asked:
            asked.busy(0.2)
        rested = time.monotonic()
        with turn("a.example", 0):
            assert time.monotonic() - rested > 0.19


def test_a_lost_connection_is_made_anew_and_the_pace_goes_on(engine: Engine) -> None:
    turn, starts = HostTurns(engine).turns(), []
    for _ in range(2):
        with turn("a.example", 0.2):
            starts.append(time.monotonic())
            with engine.connect() as connection:
                killed = connection.execute(
                    text(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
                assert killed.scalar() == 1
    with turn("a.example", 0.2):
        starts.append(time.monotonic())
    assert min(later - earlier for earlier, later in pairwise(starts)) > 0.2 - 0.002


def test_a_clock_that_was_set_back_stops_no_host_for_days(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO communique.hosts (name, last_started_at)"
                " VALUES ('a.example', now() + interval '3 days')"
            )
        )
    begun = time.monotonic()
    with HostTurns(engine).turns()("a.example", 0.2):
        assert 0.19 < time.monotonic() - begun < 2


def test_what_one_process_does_alone_another_is_told_of(engine: Engine) -> None:
    one, other = HostTurns(engine), HostTurns(engine)
    with one.alone("backfill x") as mine:
        assert mine
        with one.alone("backfill x") as again, other.alone("backfill x") as theirs:
            assert not again
            assert not theirs
        with other.alone("backfill y") as free:
            assert free
    with other.alone("backfill x") as free:
        assert free


def test_who_waits_for_a_turn_is_stopped_at_once(engine: Engine) -> None:
    stopping = threading.Event()
    turn = HostTurns(engine).turns(stopping)
    with turn("a.example", 60):
        pass
    threading.Timer(0.1, stopping.set).start()
    begun = time.monotonic()
    with pytest.raises(Stopped), turn("a.example", 60):
        pass
    assert time.monotonic() - begun < 5


def test_a_host_that_asks_to_be_left_alone_is_by_every_process(engine: Engine) -> None:
    ours, others = HostTurns(engine).turns(), HostTurns(engine).turns()
    with ours("b.example", 0.05) as asked:
        asked.busy(0.6)
    began = time.monotonic()
    with others("b.example", 0.05):
        assert time.monotonic() - began > 0.4
