"""Communiqué watches the world: one run a day, and a second one for what failed in it.

Settings, store, archive, fetcher, pace and judgement are the real ones; only the clock is set,
and the time-outs are short.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine

from communique.database import database
from communique.jobs import Onlooker, collect_all, fetch_policy, open_line
from communique.parallel import Done
from communique.settings import Settings
from scrapers.sources import DESKS
from tests.memory import most
from tests.world.calendar import Host, World, morning
from tests.world.pages import LISTINGS
from tests.world.server import CONTROL

ROOT = Path(__file__).parents[2]
# Seconds from start to start that every source declares.
DELAY = 0.12
LANGUAGES = {"zh_hant": "zh"}
TYPES = {"feed": "rss", "teaser": "rss", "sitemap": "sitemap", "json": "json"}
READERS = {"teaser": "generic", "sitemap": "generic", "json": "generic"}
# A source's turn may go on asking for so long; the rest is the next run's.
LONGEST_TURN = timedelta(seconds=40)


@dataclass
class Seen:
    """What was measured from outside: when in its run each source was done, and each run (seconds,
    by source, day and attempt), the arrivals at the server, the process's memory at its highest
    (bytes), and what went wrong on our own side."""

    seconds: dict[tuple[str, int, int], float] = field(default_factory=dict)
    runs: dict[tuple[int, int], float] = field(default_factory=dict)
    arrivals: list[tuple[str, float, int, int, str]] = field(default_factory=list)
    memory: int = 0
    memory_at_start: int = 0
    crashes: list[str] = field(default_factory=list)


class _Watch(Onlooker):
    """Takes the time of every turn."""

    def __init__(self, seen: Seen, day: int, attempt: int) -> None:
        self._seen, self._day, self._attempt = seen, day, attempt
        self._began = time.monotonic()

    def done(self, done: Done) -> None:
        taken = time.monotonic() - self._began
        self._seen.seconds[done.source.id, self._day, self._attempt] = taken
        if done.crash is not None:
            self._seen.crashes.append(f"day {self._day}: {done.source.id}: {done.crash}")


@contextmanager
def serving(hosts: int, days: int, seed: int) -> Iterator[int]:
    """The world's web server in a process of its own; gives its port."""
    command = [sys.executable, "-m", "tests.world.server", str(hosts), str(days), str(seed)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.terminate()
        server.wait(10)


def told(port: int, order: str) -> Any:
    """What the world's server answers to an order."""
    with urllib.request.urlopen(f"http://{CONTROL}:{port}/{order}", timeout=60) as answer:
        return json.load(answer)


def watch(world: World, port: int, home: Path, say: Callable[[str], None]) -> tuple[Settings, Seen]:
    """Runs all days and returns the settings, whose store is then to be compared, and what was
    measured on the way."""
    write_sources(world, port, home / "sources")
    settings = Settings(
        home=home,
        sources=home / "sources",
        allow_addresses="127.1.0.0/16,127.2.0.0/16",  # type: ignore[arg-type]
        contact="desk@example.org",
    )
    seen = Seen(memory_at_start=most())
    with database(settings) as engine:
        for day in range(world.days):
            began = time.monotonic()
            failed = _run(settings, engine, port, day, 0, None, seen)
            if failed:
                _run(settings, engine, port, day, 1, failed, seen)
            seen.memory = most()
            say(
                f"day {day + 1:2}: {len(failed):3} of {len(world.hosts)} sources failed, "
                f"{time.monotonic() - began:4.1f} s, {seen.memory / 1e6:.0f} MB at most"
            )
    seen.arrivals = [tuple(each) for each in told(port, "log")]
    return settings, seen


def _run(
    settings: Settings,
    engine: Engine,
    port: int,
    day: int,
    attempt: int,
    only: frozenset[str] | None,
    seen: Seen,
) -> frozenset[str]:
    """One run; returns the ids of the sources that failed in it."""
    told(port, f"set/{day}/{attempt}")
    now = settings.model_copy(update={"now": morning(day, attempt)})
    quick = replace(
        fetch_policy(now),
        connect_timeout=2,
        read_timeout=2,
        total_timeout=3,
        retries=1,
        backoff=0.1,
        longest_retry_after=2,
    )
    line = open_line(now, engine, quick)
    sources = [source for source in line.sources if only is None or source.id in only]
    watching = _Watch(seen, day, attempt)
    began = time.monotonic()
    done = collect_all(line, sources, run_key=f"day {day}", onlooker=watching, longest=LONGEST_TURN)
    line.turns.close()  # a run is a process of its own, where days do not pass in minutes
    seen.runs[day, attempt] = time.monotonic() - began
    return frozenset(each.source.id for each in done if each.failed)


def write_sources(world: World, port: int, folder: Path) -> None:
    """The facts of all hosts, as a maintainer would write them."""
    folder.mkdir(parents=True)
    for turn, desk in enumerate(DESKS):
        facts = [_facts(host, port) for host in world.hosts if host.number % len(DESKS) == turn]
        if facts:
            text = yaml.safe_dump(facts, allow_unicode=True, sort_keys=False)
            (folder / f"{desk}.yaml").write_text(text, encoding="utf-8")


def _facts(host: Host, port: int) -> dict[str, Any]:
    listing: dict[str, Any] = {
        "url": f"http://{host.address}:{port}{LISTINGS[host.family]}",
        "type": TYPES.get(host.family, "html"),
        "confidence": "seen",
        "at_least": 2,
    }
    if host.family == "json":
        listing["fields"] = {
            "items": "results",
            "url": "link",
            "title": "headline.text",
            "date": "at",
        }
    facts = {
        "id": host.id,
        "publisher": f"The ministry at {host.address}",
        "kind": "ministry",
        "languages": [LANGUAGES.get(host.language, host.language)],
        "time_zone": host.zone,
        "reader": READERS.get(host.family, host.family),
        "delay": DELAY,
        "aliases": [f"{host.alias}:{port}"],
        "listings": [listing],
    }
    if host.family == "generic":
        facts["articles"] = r"/press/release-number-\d+"
        facts["series"] = r"/press/release-number-(\d+)"
    return facts
