"""The whole line, from bytes to the outbox, beside the usual assembly: `python -m bench.line`.

Target 2: at least 10 times the documents per core-second of the usual assembly
(bench/line_usual.py) on one core, and 1.8 times that with two processes. A document's way: bytes,
judged, read, stored; then settled (story, versions in other languages, echoes, search terms), tried
with 1,000 rules, and in the outbox. What is counted is the processor time, user and system, of our
process and of the PostgreSQL server together, so that no work hides in the server.
With two processes each takes half of the pages; there the clock on the wall counts, for two that
wait for each other gain nothing, so the machine has to be idle.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import psutil
from sqlalchemy import Engine, create_engine, text

from bench import line_usual
from bench.line_pages import Made, pages, sources
from bench.rules import _documents, _phrases, _rules
from communique.alerting import judge as judge_statements
from communique.database import upgrade
from communique.embedded import server
from communique.runs import open_run, register_sources
from communique.settings import project_folder
from communique.store import record_all
from communique.subscriptions import subscribe
from communique.topics import topics_of
from communique.watchlists import Loaded, Watchlist, load_watchlists
from communique.wordings import Intake
from scrapers.judge import judge
from scrapers.sources import Source
from scrapers.values import Capture, Entry, Finding, Known
from scrapers.visit import visit

NOW = datetime(2026, 11, 2, 6, tzinfo=timezone.utc)
COUNT, PLACES, RULES, USUAL = 1_000, 30, 1_000, 150
# Findings in a transaction, as a run of many hosts makes them, and how many are judged together:
# far fewer than a day's.
BATCH, JUDGED = 100, 500


@dataclass(frozen=True, slots=True)
class Spent:
    """What a way took. ours, servers: processor seconds; wall: by the clock."""

    documents: int
    ours: float
    servers: float
    wall: float

    @property
    def rate(self) -> float:
        """Documents per core-second."""
        return self.documents / (self.ours + self.servers)


def main() -> None:
    """Prints the table."""
    made = pages(COUNT, PLACES)
    size = sum(len(page.body) for page in made) / len(made) / 1000
    print(f"{len(made)} pages of {size:.0f} KB, {RULES} rules")
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), "bench") as url:
        usual = _usual(url, made[:: max(1, len(made) // USUAL)])
        _tell("usual assembly", usual, usual)
        ours = _alone(url, made)
        _tell("communique", ours, usual)
        both = _two(url, len(made))
        _tell("communique, two processes", both, usual)
        alone = ours.documents / ours.wall
        print(f"  two processes: {both.documents / both.wall / alone:.2f} x one, by the clock")


def _tell(name: str, spent: Spent, usual: Spent) -> None:
    each = 1000 / spent.documents
    print(
        f"  {name:<26}{spent.rate:7.1f} documents/core-s  {spent.rate / usual.rate:5.1f} x usual"
        f"   ms a document: {spent.ours * each:.1f} ours + {spent.servers * each:.1f} PostgreSQL,"
        f" {spent.wall * each:.1f} by the clock",
        flush=True,
    )


def _usual(url: str, made: Sequence[Made]) -> Spent:
    phrases = _phrases(_documents(), RULES)
    with _store(url, "usual") as engine:
        address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        return _spent(engine, len(made), lambda: line_usual.run(address, made, phrases))


def _alone(url: str, made: Sequence[Made]) -> Spent:
    with _store(url, "alone") as engine:
        loaded = _prepare(engine)
        take(engine, made[:20], loaded)  # tables of words are loaded, statements are made
        rest = made[20:]
        return _spent(engine, len(rest), lambda: take(engine, rest, loaded))


def _two(url: str, count: int) -> Spent:
    with _store(url, "two") as engine:
        _prepare(engine)
        address = engine.url.render_as_string(hide_password=False)
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "bench.line", "worker", address, str(half)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for half in (0, 1)
        ]
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()  # it is ready
        before = [_of_process(worker.pid) for worker in workers]

        def work() -> None:
            for worker in workers:
                assert worker.stdin is not None
                worker.stdin.write("go\n")
                worker.stdin.flush()
            for worker in workers:
                assert worker.stdout is not None
                worker.stdout.readline()

        spent = _spent(engine, count - 40, work)
        ours = sum(_of_process(w.pid) - b for w, b in zip(workers, before, strict=True))
        for worker in workers:
            worker.communicate("end\n", timeout=60)
        return Spent(spent.documents, ours, spent.servers, spent.wall)


def _worker(address: str, half: int) -> None:
    """One of two processes: its half of the pages, when it is told to."""
    made, engine = pages(COUNT, PLACES)[half::2], create_engine(address)
    loaded = _loaded()
    take(engine, made[:20], loaded)
    for word in ("ready", "done"):
        print(word, flush=True)
        sys.stdin.readline()
        if word == "ready":
            take(engine, made[20:], loaded)
    engine.dispose()


def take(engine: Engine, made: Sequence[Made], loaded: Loaded) -> None:
    """The whole way of these pages."""
    known = {source.id: source for source in sources(PLACES)}
    topics = topics_of(load_watchlists(project_folder("watchlists")))
    run = open_run(engine, "collect", "bench", "china", NOW)
    for start in range(0, len(made), BATCH):
        found = [_found(known[page.source], page) for page in made[start : start + BATCH]]
        taken = [
            (Intake(engine, run, one.source, NOW, backfilled=False, topics=topics), one)
            for one in found
        ]
        if refused := [one.error for one in record_all(engine, taken) if one.error]:
            raise refused[0]
        if (start + BATCH) % JUDGED == 0:
            judge_statements(engine, loaded, NOW)
    judge_statements(engine, loaded, NOW)


def _found(source: Source, page: Made) -> Finding:
    def fetch(url: str, _: Source, __: Known | None) -> Capture:
        headers = {"content-type": "text/html; charset=utf-8"}
        capture = Capture(url, url, NOW, 200, headers, page.body, "bench.warc.gz", "urn:bench")
        assert judge(capture) is None
        return capture

    return visit(source, page.url, Entry(page.url), fetch, None, NOW, later=True)


def _loaded() -> Loaded:
    rules = tuple(_rules(_phrases(_documents(), RULES)))
    return Loaded((Watchlist("bench", "Bench", Path("bench.yaml"), rules),), ())


def _prepare(engine: Engine) -> Loaded:
    """Sources, rules, and somebody who hears of them."""
    register_sources(engine, sources(PLACES), NOW)
    loaded = _loaded()
    judge_statements(engine, loaded, NOW)
    with engine.begin() as connection:
        subscribe(connection, "ana@example.org", "bench", NOW)
    return loaded


@contextmanager
def _store(url: str, name: str) -> Iterator[Engine]:
    """A store of its own on the server, migrated."""
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    engine = create_engine(admin.url.set(database=name))
    upgrade(engine)
    yield engine
    engine.dispose()


def _spent(engine: Engine, documents: int, work: Callable[[], object]) -> Spent:
    with engine.connect() as connection:
        folder = connection.execute(text("SHOW data_directory")).scalar_one()
    postmaster = int((Path(folder) / "postmaster.pid").read_text().splitlines()[0])
    servers, started = _of_servers(postmaster), time.perf_counter()
    ours = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - started
    time.sleep(0.5)  # a backend whose client has left counts when it is reaped
    mine = after.ru_utime + after.ru_stime - ours.ru_utime - ours.ru_stime
    return Spent(documents, mine, _of_servers(postmaster) - servers, wall)


def _of_servers(postmaster: int) -> float:
    """Processor seconds of the server and of all it has started, those that are over included."""
    process = psutil.Process(postmaster)
    times = process.cpu_times()
    ended = times.children_user + times.children_system
    living = sum(_of_process(child.pid) for child in process.children(recursive=True))
    return times.user + times.system + ended + living


def _of_process(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        _worker(sys.argv[2], int(sys.argv[3]))
    else:
        main()
