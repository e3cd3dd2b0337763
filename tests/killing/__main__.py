"""`python -m tests.killing --days 30 --kills 200`: exit status 1 where a mail is lost or doubled.

The same days twice: once undisturbed, once with every job killed (SIGKILL) at random moments, and
a mail server with every bad habit. What subscriptions were told must be the same.
"""

from __future__ import annotations

import argparse
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from communique.database import database
from communique.settings import Settings
from tests.killing.compare import Outcome, compare, outcome
from tests.killing.jobs import Fate, alert, collect, digest, run
from tests.killing.people import subscribe_all, write_rules
from tests.killing.site import calm
from tests.world import run as world_run
from tests.world.calendar import World, morning

ROOT = Path(__file__).parents[2]
# A day's jobs: what, and minutes after the morning's six o'clock (UTC).
DAY = (
    ("collect", 0), ("alert", 20), ("digest", 65), ("collect", 420), ("alert", 440),
    ("digest", 485), ("alert", 760), ("digest", 845), ("alert", 1010), ("digest", 1205),
)  # fmt: skip
JOBS = {"collect": collect, "alert": alert, "digest": digest}


def main() -> int:
    """Runs both and prints what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.killing", description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--hosts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    logging.disable(logging.ERROR)
    world_run.DELAY = 0.02
    world, began = calm(chosen.hosts, chosen.days, chosen.seed), time.monotonic()
    quiet = Fate(random.Random(0))
    undisturbed = _live(world, chosen, quiet, 0)
    fate = Fate(random.Random(chosen.seed), taken=quiet.taken)
    disturbed = _live(world, chosen, fate, chosen.kills)
    report = compare(undisturbed, disturbed)
    by_job = ", ".join(f"{name} {number}" for name, number in sorted(fate.killed.items()))
    counts = {"processes killed": f"{fate.kills} ({by_job})", **report.counts}
    for said, number in counts.items():
        print(f"{said:<58}{number}")
    print(f"{'seconds':<58}{time.monotonic() - began:.0f}")
    print("\n".join(report.problems) or "Every mail arrived, and no alert twice.")
    return 1 if report.problems or fate.kills < chosen.kills else 0


def _live(world: World, chosen: argparse.Namespace, fate: Fate, kills: int) -> Outcome:
    """All the days; afterwards the mail server behaves until nothing waits."""
    with tempfile.TemporaryDirectory(prefix="communique-killing-") as folder:
        home = Path(folder)
        site = ["tests.killing.site", str(chosen.hosts), str(chosen.days + 3), str(chosen.seed)]
        mail = home / "mail.jsonl"
        if not kills:
            mail.with_suffix(".polite").touch()
        with (
            _serving(site) as port,
            _serving(["tests.killing.office", str(mail), str(chosen.seed)]) as smtp,
        ):
            settings = _settings(world, home, port, smtp)
            with database(settings) as engine:
                subscribe_all(engine, morning(0) - timedelta(days=1))
                _days(world, settings, port, fate, kills)
                mail.with_suffix(".polite").touch()
                _afterwards(world, settings, fate)
                return outcome(engine, mail)


def _settings(world: World, home: Path, port: int, smtp: int) -> Settings:
    world_run.write_sources(world, port, home / "sources")
    write_rules(home / "watchlists")
    return Settings(
        home=home,
        sources=home / "sources",
        watchlists=home / "watchlists",
        allow_addresses="127.1.0.0/16,127.2.0.0/16",  # type: ignore[arg-type]
        contact="desk@example.org",
        smtp_url=f"smtp://127.0.0.1:{smtp}",
    )


def _days(world: World, settings: Settings, port: int, fate: Fate, kills: int) -> None:
    left = world.days * len(DAY)
    for day in range(world.days):
        for number, (name, minutes) in enumerate(DAY):
            if name == "collect":
                world_run.told(port, f"set/{day}/{min(number, 1)}")
            # So that what is still to be killed is spread over the jobs that are left; some moments
            # come after a job's end, and count for nothing.
            wanted = max(0, kills - fate.kills) * 1.3 / left
            likely = wanted / (1 + wanted)
            _run(name, settings, morning(day) + timedelta(minutes=minutes), fate, likely)
            left -= 1
    moment = morning(world.days)
    while fate.kills < kills:
        moment += timedelta(minutes=10)
        _run("alert", settings, moment, fate, 0.8)


def _afterwards(world: World, settings: Settings, fate: Fate) -> None:
    """Eight days on which nothing fails, for what was put off and for weekly digests."""
    for turn in range(16):
        moment = morning(world.days + 3) + timedelta(hours=12 * turn)
        for name in ("alert", "digest"):
            _run(name, settings, moment, fate, 0.0)


def _run(name: str, settings: Settings, moment: datetime, fate: Fate, likely: float) -> None:
    run(name, JOBS[name], settings.model_copy(update={"now": moment}), fate, likely)


@contextmanager
def _serving(module: list[str]) -> Iterator[int]:
    """A server in a process of its own; gives its port."""
    command = [sys.executable, "-m", *module]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.kill()
        server.wait(10)


if __name__ == "__main__":
    sys.exit(main())
