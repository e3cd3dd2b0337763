"""Workers on different hosts never ask one website at the same time: by that website's own log."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from select import select
from typing import IO

import pytest

from communique.embedded_cluster import binary
from tests.docker.site_log import Manners, arrivals, manners
from tests.docker.site_plan import DESKS, Plan
from tests.hosts import HUB, NETWORK, Host, Network, network, postgres

pytestmark = pytest.mark.namespaces

ROOT = Path(__file__).parents[2]
PLAN = Plan(10, 40, datetime(2026, 3, 2, 12, tzinfo=UTC), share=2, desks=2)
DELAY = 0.2
# As in tests.world: a start is noted just before it goes out, on a busy machine some time before.
JITTER = 0.05
SLOWEST = 0.5
# What a lost worker's connection may keep from others: three probes five seconds apart, after 15.
LOST = 30.0

READ_LOG = f"""
from urllib.request import Request, urlopen
print(urlopen(Request("http://{HUB}/", headers={{"Host": "log.test"}})).read().decode())
"""
ONE_TURN = """
import sys, time
from sqlalchemy import create_engine
from communique.database import database
from communique.pace import HostTurns
from communique.settings import Settings

with database(Settings(database_url=sys.argv[1])) as engine:
    turns = HostTurns(engine).turns()
    print("asking", flush=True)
    with turns("a.example", 0.1):
        print("mine", flush=True)
        time.sleep(float(sys.argv[2]))
"""


@dataclass(frozen=True)
class World:
    """Two workers and a hub on which a website of many hosts is served, and a store."""

    net: Network
    settings: Mapping[str, str]

    def collect(self, worker: int, *words: str, **settings: str) -> subprocess.Popen[str]:
        """A collect on a worker's host; with these settings instead of the world's."""
        home = {"home": f"{self.settings['home']}/worker-{worker}"}
        given = {**self.settings, **home, **settings}
        environment = {f"COMMUNIQUE_{name.upper()}": value for name, value in given.items()}
        ours = (sys.executable, "-c", "from communique.cli import main; main()")
        return self.net.workers[worker].start(
            *ours, "collect", "--json", *words,
            environment=environment, stdout=subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip

    def manners(self) -> Manners:
        """What the website's log says."""
        asked = self.net.hub.inside(sys.executable, "-c", READ_LOG)
        told = subprocess.run(asked, capture_output=True, text=True, check=True)
        return manners(arrivals(json.loads(told.stdout)), DELAY, JITTER)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    names = {f"10.77.1.{number}": host for number, host in enumerate(PLAN.hosts, 1)}
    plan = {"sources": PLAN.sources, "statements": PLAN.statements, "now": PLAN.now.isoformat(),
            "share": PLAN.share, "desks": PLAN.desks}  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "names.json").write_text(json.dumps(names))
    (tmp_path / "sources").mkdir()
    where = {host: f"http://{address}" for address, host in names.items()}
    for name, text in PLAN.facts(where.__getitem__, DELAY).items():
        (tmp_path / "sources" / name).write_text(text)
    with network(workers=2) as net, postgres(net.hub, tmp_path) as url:
        net.lend(*names)
        given = ("--names", str(tmp_path / "names.json"), "--slowest", str(SLOWEST))
        with net.hub.start(
            sys.executable, "-m", "tests.docker.site", str(tmp_path / "plan.json"), *given,
            stdout=subprocess.PIPE, cwd=ROOT,
        ) as site:  # fmt: skip
            assert site.stdout is not None
            assert site.stdout.readline() == "serving\n"
            yield World(net, {
                "home": str(tmp_path), "sources": str(tmp_path / "sources"), "database_url": url,
                "allow_addresses": NETWORK, "contact": "desk@example.org",
                "now": "2026-03-02T13:00Z",
            })  # fmt: skip
            site.terminate()


def collected(running: Sequence[subprocess.Popen[str]]) -> list[dict[str, object]]:
    """What each saw, source by source."""
    told = [process.communicate(timeout=120)[0] for process in running]
    return [row for each in told for row in json.loads(each)]


def test_workers_on_two_hosts_never_ask_one_website_at_the_same_time(world: World) -> None:
    rows = collected([world.collect(n, "--desk", DESKS[n]) for n in (0, 1)])
    assert [row["error"] for row in rows] == [None] * PLAN.sources
    assert sum(row["counts"]["new"] for row in rows) == PLAN.statements  # type: ignore[index]
    seen = world.manners()
    assert seen.clients == 2
    assert seen.taken == len(PLAN.hosts) == 5  # both workers asked every host
    assert seen.handed >= seen.taken  # and by turns
    assert not seen.overlaps
    assert not seen.early


def test_the_log_would_tell_of_workers_who_know_nothing_of_each_other(world: World) -> None:
    url = world.settings["database_url"]
    apart = f"{url}_apart"
    subprocess.run(
        world.net.hub.inside(
            *(str(binary("createdb")), "-h", HUB, "-U", "postgres"),
            *("--template=communique", "communique_apart"),
        ),
        check=True,
    )
    running = [
        world.collect(n, "--desk", DESKS[n], database_url=store)
        for n, store in enumerate((url, apart))
    ]
    assert len(collected(running)) == PLAN.sources
    seen = world.manners()
    assert seen.clients == 2
    assert seen.overlaps
    assert seen.early


@contextmanager
def one_turn(host: Host, url: str, hold: float) -> Iterator[IO[str]]:
    """What a process says that asks for one turn, and holds it for so long."""
    words = (sys.executable, "-c", ONE_TURN, url, str(hold))
    with host.start(*words, stdout=subprocess.PIPE, cwd=ROOT) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "asking\n"
            yield running.stdout
        finally:
            running.kill()


def test_a_worker_whose_plug_is_pulled_keeps_its_host_from_others_for_half_a_minute(
    tmp_path: Path,
) -> None:
    with (
        network(workers=2) as net,
        postgres(net.hub, tmp_path) as url,
        one_turn(net.workers[0], url, 600) as lost,
    ):
        assert lost.readline() == "mine\n"
        net.unplug(0)
        began = time.monotonic()
        with one_turn(net.workers[1], url, 0) as other:
            assert select([other], [], [], LOST + 20)[0], "the host is still kept from it"
            assert other.readline() == "mine\n"
        assert time.monotonic() - began < LOST + 10
