"""Crawling many hosts at their pace, beside peers: `python -m bench.crawling [HOSTS ...]`.

Target 3: 50 hosts at a second's delay in at most 1.05 times the floor, no gap under the delay,
under 150 MB; 300 hosts likewise. The floor is a host's requests times the delay: nobody can be
faster and polite. What every host was asked, and when, is the server's account, not the crawler's.
`communique` is the whole first half of the line: robots.txt, archive, reading, rules, PostgreSQL,
and the second opinion of the generic reader; `communique, crawl` is the same without the store, as
the peers are: they fetch, and take title, date and text.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import requests

from bench.crawl_site import address
from tests.memory import most

PAGES, DELAY = 20, 1.0
HOSTS = (50, 300)
SOURCE = """\
- id: host_{n}
  publisher: Host {n}
  kind: ministry
  languages: [en]
  reader: china_mission
  delay: {delay}
  listings: [http://{host}:{port}/]
"""


def main() -> None:
    """Prints, for each number of hosts and each crawler: span over floor, shortest gap, memory."""
    for hosts in [int(word) for word in sys.argv[1:] if word.isdigit()] or HOSTS:
        print(f"{hosts} hosts, {PAGES} statements each, {DELAY:g} s between requests to a host")
        for name, command in (
            ("communique, crawl", ["-m", "bench.crawling", "crawl"]),
            ("communique", ["-m", "bench.crawling", "communique"]),
            ("Scrapy", ["-m", "bench.crawl_scrapy"]),
            ("requests, 16 threads", ["-m", "bench.crawling", "threads"]),
        ):
            with _site() as port:
                memory = _run(command, port, hosts)
                print(f"  {name:<22}{_account(port, hosts)}  {memory:4.0f} MB", flush=True)


@contextmanager
def _site() -> Iterator[int]:
    command = [sys.executable, "-m", "bench.crawl_site", str(PAGES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as site:
        assert site.stdout is not None
        try:
            yield int(site.stdout.readline())
        finally:
            site.kill()


def _run(command: list[str], port: int, hosts: int) -> float:
    """Runs a crawler to its end; its largest memory in MB."""
    process = subprocess.Popen(
        [sys.executable, *command, str(port), str(hosts), str(DELAY)],
        stdout=subprocess.DEVNULL,
    )
    held = 0
    while process.poll() is None:
        with suppress(ValueError):
            held = most(process.pid)
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return held / 1e6


def _account(port: int, hosts: int) -> str:
    """What the server saw of a crawl."""
    asked: dict[str, list[float]] = requests.get(f"http://127.0.0.1:{port}/log", timeout=60).json()
    starts = [sorted(moments) for moments in asked.values()]
    span = max(s[-1] for s in starts) - min(s[0] for s in starts) + DELAY
    gap = min(b - a for s in starts for a, b in pairwise(s))
    floor = max(len(s) for s in starts) * DELAY
    complete = sum(len(s) >= PAGES + 1 for s in starts)
    return (
        f"{span / floor:6.3f} x floor  shortest gap {gap:5.3f} s"
        f"  {complete} of {hosts} hosts complete"
    )


def communique(port: int, hosts: int, delay: float) -> None:
    """Collects all hosts once, into an embedded store that was made before."""
    from communique.database import database, upgrade
    from communique.jobs import collect_all, open_line
    from communique.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sources").mkdir()
        facts = "".join(
            SOURCE.format(n=n, host=address(n), port=port, delay=delay) for n in range(hosts)
        )
        (Path(folder) / "sources" / "elsewhere.yaml").write_text(facts)
        settings = Settings(
            home=Path(folder) / "home",
            sources=Path(folder) / "sources",
            allow_addresses="127.0.0.0/8",  # type: ignore[arg-type] (as the environment says it)
        )
        with database(settings) as engine:
            upgrade(engine)
            line = open_line(settings, engine)
            done = collect_all(line, line.sources, run_key="bench")
        new = sum(one.coverage.counts["new"] for one in done if one.coverage)
        if new != hosts * PAGES:
            raise SystemExit(f"{new} of {hosts * PAGES} statements were stored")


def crawl(port: int, hosts: int, delay: float) -> None:
    """A thread for each host, without a store: robots.txt, archive, judging, reading."""
    from concurrent.futures import ThreadPoolExecutor as Pool
    from datetime import datetime, timezone
    from ipaddress import ip_network

    from scrapers.archive import open_archive
    from scrapers.crawl import Plan, crawl
    from scrapers.fetch import Fetcher, FetchPolicy
    from scrapers.sources import ListingFacts, Source
    from scrapers.values import Finding

    policy = FetchPolicy(allow=(ip_network("127.0.0.0/8"),))
    plan = Plan(now=datetime.now(timezone.utc), later=True)

    def one(number: int) -> int:
        facts = ListingFacts(url=f"http://{address(number)}:{port}/")
        source = Source(
            id=f"host_{number}",
            desk="elsewhere",
            publisher="A host",
            kind="ministry",
            languages=("en",),
            reader="china_mission",
            delay=delay,
            listings=(facts,),
        )
        with (
            open_archive(f"file://{folder}", f"{number}.warc.gz") as archive,
            Fetcher(policy, archive=archive) as fetcher,
        ):
            found = crawl(source, fetcher.fetch, lambda _: {}, plan)
            return sum(isinstance(f, Finding) and f.statement is not None for f in found)

    with tempfile.TemporaryDirectory() as folder, Pool(hosts) as pool:
        read = sum(pool.map(one, range(hosts)))
    if read != hosts * PAGES:
        raise SystemExit(f"{read} of {hosts * PAGES} statements were read")


def threads(port: int, hosts: int, delay: float) -> None:
    """The usual script: a pool of sixteen threads, each a host at a time."""
    from parsel import Selector

    def crawl(number: int) -> None:
        session, base = requests.Session(), f"http://{address(number)}:{port}"
        listing = session.get(f"{base}/", timeout=60).text
        for link in Selector(listing).css("li a::attr(href)").getall():
            time.sleep(delay)
            page = Selector(session.get(base + link, timeout=60).text)
            page.css(".title::text, .date::text, .trs_editor_view p::text").getall()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(crawl, range(hosts)))


if __name__ == "__main__":
    works = {"communique": communique, "crawl": crawl, "threads": threads}
    if sys.argv[1:2] and sys.argv[1] in works:
        works[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
    else:
        main()
