"""A backfill of real pages that is killed ten times over: the store is that of one undisturbed."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, create_engine, text

from communique.embedded import server
from scrapers.archive import read_records
from tests.command import communique, shared
from tests.servers import Arrival, Reply, Server

HOST = "www.fmprc.gov.cn"
LISTINGS = {
    "cn_mfa_en": ("en", "/mfa_eng/xwfw_665399/s2510_665401/2511_665403/default.shtml"),
    "cn_mfa_zh": ("zh", "/web/wjdt_674879/fyrbt_674889/default.shtml"),
}
# Pages of each listing that were captured; its script tells of many more.
PAGES = {"/mfa_eng/": 4, "/web/": 12}
BACKFILL = ("backfill", "--desk", "china", "--since", "2019-01-01", "--json")
KILLS = 10
# What two stores must agree on: all but numbers of rows, times, and where evidence lies.
SAME = {
    "statements": """
        SELECT source_id, url, title, text, language, published_on, date_precision, date_text,
               topics, reader, backfilled, revision_number, withdrawn_at IS NULL
        FROM communique.statements ORDER BY 1, 2""",
    "revisions": """
        SELECT s.source_id, s.url, r.number, r.title, r.text, r.sha256, r.reader, r.backfilled
        FROM communique.revisions r JOIN communique.statements s ON s.id = r.statement_id
        ORDER BY 1, 2, 3""",
    "addresses": """
        SELECT a.source_id, a.url, a.fetch_url, a.listed, a.outcome, a.visits, a.backfilled,
               a.suspect, s.url
        FROM communique.addresses a LEFT JOIN communique.statements s ON s.id = a.statement_id
        ORDER BY 1, 2""",
    "captures": """
        SELECT a.source_id, a.url, array_agg(c.outcome ORDER BY c.id), max(c.sha256)
        FROM communique.captures c JOIN communique.addresses a ON a.id = c.address_id
        GROUP BY 1, 2 ORDER BY 1, 2""",
    "coverage": """
        SELECT source_id, state, listings_read, listings_failed, listed, known, new, revised,
               unchanged, gone, blocked, soft_404, broken, unreadable, implausible, disallowed,
               duplicate_address, not_in_archive, suspect, newest
        FROM communique.coverage ORDER BY 1, run_id""",
    "pages": """
        SELECT source_id, listing, since, page, finished_at IS NOT NULL
        FROM communique.backfill_pages ORDER BY 1, 2""",
    "stories": "SELECT count(*) FROM communique.stories",
}


@dataclass
class Ministry:
    """The ministry's site of 2020 on loopback, and how often it was asked for anything."""

    web: Server
    kill_at: int = 0
    victim: subprocess.Popen[bytes] | None = None

    def serve(self, warc: Path) -> None:
        for record in read_records(str(warc)):
            kept = {k: v for k, v in record.headers.items() if k in ("content-type", "location")}
            local = {name: self._here(value) for name, value in kept.items()}
            path = urlsplit(record.place.url).path
            pages = next((n for prefix, n in PAGES.items() if path.startswith(prefix)), 0)
            body = self._here(record.body.decode("latin-1"))
            body = re.sub(r"(countPage\s*=\s*)\d+", rf"\g<1>{pages}", body)
            self.web.pages[path] = self._deadly(Reply(record.status, local, body.encode("latin-1")))

    def _here(self, words: str) -> str:
        for scheme in ("https", "http"):
            words = words.replace(f"{scheme}://{HOST}", self.web.url)
        return words

    def _deadly(self, reply: Reply) -> Callable[[Arrival], Reply]:
        def answer(arrival: Arrival) -> Reply:
            if self.victim is not None and len(self.web.arrivals) >= self.kill_at:
                victim, self.victim = self.victim, None
                # Not at once: wherever it then is, from reading this answer to writing it down.
                wait = random.Random(self.kill_at).uniform(0, 0.03)
                threading.Timer(wait, victim.send_signal, [signal.SIGKILL]).start()
            return reply

        return answer


@contextmanager
def home(folder: Path, web: Server) -> Iterator[tuple[dict[str, str], Engine]]:
    """Settings of a newly made store for the two sources of this ministry, and the store."""
    sources = folder / "sources"
    sources.mkdir(parents=True)
    (sources / "china.yaml").write_text(
        "".join(
            f"- {{id: {name}, publisher: A ministry, kind: ministry, languages: [{language}],\n"
            "   time_zone: Asia/Shanghai, reader: china_mfa, delay: 0,\n"
            f"   listings: ['{web.url}{path}']}}\n"
            for name, (language, path) in LISTINGS.items()
        )
    )
    settings = {
        "home": str(folder / "home"),
        "sources": str(sources),
        "allow_addresses": "127.0.0.0/8",
        "now": "2020-07-05T00:00:00Z",
    }
    with server(folder / "home") as url:
        communique("db", "upgrade", settings=settings)
        engine = create_engine(url)
        yield settings, engine
        engine.dispose()


def start(settings: dict[str, str]) -> subprocess.Popen[bytes]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COMMUNIQUE_")}
    return subprocess.Popen(
        [sys.executable, "-c", "from communique.cli import main; main()", *BACKFILL],
        env=kept | {f"COMMUNIQUE_{k.upper()}": v for k, v in settings.items()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def finish(settings: dict[str, str]) -> int:
    process = start(settings)
    _, said = process.communicate(timeout=120)
    assert b"Traceback" not in said, said.decode()
    return process.returncode


def content(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(text(query))]
            for name, query in SAME.items()
        }


@pytest.fixture(scope="module")
def ministry() -> Iterator[Ministry]:
    with Server() as web:
        made = Ministry(web)
        made.serve(shared("corpus/mfa-spokesperson.warc.gz"))
        yield made


def test_ten_kills_leave_the_store_of_an_undisturbed_backfill(
    ministry: Ministry, tmp_path: Path
) -> None:
    with home(tmp_path / "calm", ministry.web) as (settings, store):
        status = finish(settings)
        calm = content(store)
    asked = len(ministry.web.arrivals)
    assert len(calm["statements"]) == 340
    points = sorted(random.Random(2020).sample(range(3, asked - 5), KILLS))
    with home(tmp_path / "killed", ministry.web) as (settings, store):
        begun, killed = len(ministry.web.arrivals), 0
        for point in points:
            ministry.kill_at = begun + point
            process = start(settings)
            ministry.victim = process
            process.communicate(timeout=120)
            killed += process.returncode == -signal.SIGKILL
        assert killed == KILLS
        ministry.victim = None
        assert finish(settings) == status
        survived = content(store)
    for name, rows in calm.items():
        assert survived[name] == rows, name
    # It goes on from where it was: what is stored is not asked for again.
    assert len(ministry.web.arrivals) - begun < asked + KILLS * 16


def test_a_second_backfill_of_a_source_says_so_and_stops(
    ministry: Ministry, tmp_path: Path
) -> None:
    path, met, told = LISTINGS["cn_mfa_zh"][1], threading.Event(), threading.Event()
    listing = cast(Callable[[Arrival], Reply], ministry.web.pages[path])

    def slow(arrival: Arrival) -> Reply:
        met.set()
        told.wait(60)
        return listing(arrival)

    ministry.web.pages[path] = slow
    words = ("backfill", "--source", "cn_mfa_zh", "--since", "2020-01-01")
    with home(tmp_path, ministry.web) as (settings, _):
        first = start(settings)
        assert met.wait(60)
        second = communique(*words, settings=settings, status=1)
        first.send_signal(signal.SIGKILL)
        told.set()
        first.communicate()
    ministry.web.pages[path] = listing
    assert "another backfill of cn_mfa_zh is under way" in second.stdout
