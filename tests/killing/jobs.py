"""The jobs of a day, each in a process of its own that may be killed."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlalchemy import Engine

from communique.alert_runs import alert_run
from communique.database import database
from communique.digests import queue_digests
from communique.jobs import collect_all, fetch_policy, open_line
from communique.outbox import send_pending
from communique.settings import Settings

SAID = "said"
Job = Callable[[Settings, Engine], None]


def collect(settings: Settings, engine: Engine) -> None:
    """A run of all sources, named for its moment: repeated after a kill it is the same run."""
    policy = replace(
        fetch_policy(settings), connect_timeout=2, read_timeout=2, total_timeout=3, backoff=0.05
    )
    line = open_line(settings, engine, policy)
    collect_all(line, line.desk(None), run_key=f"collect {settings.clock():%Y-%m-%d %H:%M}")
    line.turns.close()


def alert(settings: Settings, engine: Engine) -> None:
    """As the alert DAG."""
    line = open_line(settings, engine)
    alert_run(engine, line.loaded, settings, settings.clock())
    send_pending(engine, settings, settings.clock)


def digest(settings: Settings, engine: Engine) -> None:
    """As the digest DAG: queue what is due, then send."""
    line = open_line(settings, engine)
    queue_digests(engine, settings, line.sources, settings.clock())
    send_pending(engine, settings, settings.clock)


@dataclass
class Fate:
    """Who is killed when: so many kills, spread over so many jobs. taken: seconds that each kind of
    job took when it was left alone."""

    chance: random.Random
    kills: int = 0
    killed: dict[str, int] = field(default_factory=dict)
    taken: dict[str, float] = field(default_factory=dict)

    def moment(self, name: str, likely: float) -> float | None:
        """After how many seconds a job's process is killed; None: it is left alone."""
        if self.chance.random() > likely:
            return None
        return self.chance.uniform(0.0, self.taken.get(name, 1.0))

    def note(self, name: str) -> None:
        self.kills += 1
        self.killed[name] = self.killed.get(name, 0) + 1


def start(job: Job, settings: Settings) -> int:
    """The job's process, forked: nothing has to be imported again."""
    child = os.fork()
    if child:
        return child
    status = 1
    # What a dying database makes it say belongs to nobody but whoever asks why a job failed.
    os.dup2(os.open(settings.home / SAID, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    try:
        with database(settings) as engine:
            job(settings, engine)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def run(name: str, job: Job, settings: Settings, fate: Fate, likely: float) -> None:
    """Runs a job until it has come to its end, however often it is killed on the way; some times
    two at once, or the database's own process is the one that dies."""
    for _ in range(50):
        twice = fate.chance.random() < 0.1 * bool(likely)
        began, when = time.monotonic(), fate.moment(name, likely)
        children = [start(job, settings) for _ in range(1 + twice)]
        if when is not None:
            time.sleep(when)
            _kill(name, children[0], settings, fate)
        ended = [os.waitpid(child, 0)[1] for child in children]
        if not any(ended):
            if when is None and not twice:
                fate.taken[name] = time.monotonic() - began
            return
        if when is None:
            said = (settings.home / SAID).read_text(errors="replace")[-3000:]
            raise AssertionError(f"{name} at {settings.now} failed, and nobody killed it: {said}")
    raise AssertionError(f"{name} at {settings.now} never came to its end")


def _kill(name: str, child: int, settings: Settings, fate: Fate) -> None:
    victim, said = child, name
    if fate.chance.random() < 0.06 and (postmaster := _postmaster(settings)):
        victim, said = postmaster, "postgres"
    elif os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        return  # it had come to its end
    os.kill(victim, signal.SIGKILL)
    fate.note(said)


def _postmaster(settings: Settings) -> int | None:
    try:
        lines = (settings.home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()
        return int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
