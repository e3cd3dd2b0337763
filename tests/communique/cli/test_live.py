"""Collecting from a real web server: every address accounted for, whatever dies or goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from communique.embedded import server
from scrapers.archive import read_record
from tests.command import answer, communique
from tests.servers import Reply, Server

PAGE = """<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body>
<div class="content_mod"><h2 class="title">{title}</h2><div class="date" id="News_Body_Time"></div>
<div class="content"><p>{text}</p><p>Cooperation on networks should be open to all.</p></div></div>
</body></html>"""
WORDS = "The spokesperson took questions on Huawei and on 5G networks in several countries. "


def article(number: int, words: str = WORDS) -> Reply:
    title = f"Regular Press Conference {number} on March {number % 28 + 1}, 2026"
    html = PAGE.format(title=title, text=f"Statement number {number}. {words * 3}")
    return Reply(headers={"Content-Type": "text/html; charset=utf-8"}, body=html)


def listing(numbers: Iterable[int]) -> Reply:
    items = "".join(
        f'<li><a href="./t{n}.shtml">Regular Press Conference {n} '
        f"on March {n % 28 + 1}, 2026</a></li>"
        for n in numbers
    )
    html = f'<html><body><div class="newsLst_mod"><ul>{items}</ul></div></body></html>'
    return Reply(headers={"Content-Type": "text/html"}, body=html)


@dataclass
class World:
    """One ministry on loopback, and the settings of who collects it."""

    web: Server
    settings: dict[str, str]
    store: Engine

    def publish(self, numbers: range) -> None:
        self.web.pages["/press/default.shtml"] = listing(numbers)
        for number in numbers:
            self.web.pages[f"/press/t{number}.shtml"] = article(number)

    def at(self, moment: str) -> dict[str, str]:
        return self.settings | {"now": moment}

    def collect(self, moment: str, *, status: int = 0) -> dict[str, Any]:
        (covered,) = answer("collect", settings=self.at(moment), status=status)
        return dict(covered)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.store.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    sources = tmp_path / "sources"
    sources.mkdir()
    with Server() as web, server(tmp_path / "home") as url:
        (sources / "china.yaml").write_text(
            "- id: ministry\n  publisher: A ministry\n  kind: ministry\n  languages: [en]\n"
            "  time_zone: Asia/Shanghai\n  reader: china_mfa\n  delay: 0\n"
            f"  listings: [{web.url}/press/default.shtml]\n"
        )
        settings = {
            "home": str(tmp_path / "home"),
            "sources": str(sources),
            "allow_addresses": "127.0.0.0/8",
            "contact": "desk@example.org",
        }
        communique("db", "upgrade", settings=settings)
        engine = create_engine(url)
        yield World(web, settings, engine)
        engine.dispose()


def test_every_listed_address_ends_in_one_outcome_and_a_failed_one_is_tried_again(
    world: World,
) -> None:
    world.publish(range(1, 9))
    world.web.pages["/press/t3.shtml"] = Reply(403)
    world.web.pages["/press/t4.shtml"] = Reply(404)
    world.web.pages["/press/t5.shtml"] = Reply(headers={"Content-Type": "text/html"}, body="<p>")
    first = world.collect("2026-03-20T06:00:00Z")
    ended = {name: count for name, count in first["counts"].items() if count}
    assert ended.pop("new") == 5
    assert (ended.pop("blocked"), ended.pop("gone")) == (1, 1)
    assert sum(ended.values()) == 1
    world.publish(range(5, 12))  # 3 and 4 are no longer listed
    world.web.pages["/press/t3.shtml"] = article(3)
    second = world.collect("2026-03-21T06:00:00Z")
    assert second["counts"]["new"] == 5  # 3, 5, 9, 10, 11
    assert second["counts"]["gone"] == 1
    assert world.rows("SELECT count(*) FROM analyst.statements") == [(10,)]
    assert world.rows(
        "SELECT count(*) FROM communique.addresses WHERE outcome IS NULL OR visits = 0"
    ) == [(0,)]


def test_an_edit_is_kept_beside_the_first_wording_and_the_bytes_prove_both(world: World) -> None:
    world.publish(range(1, 3))
    world.collect("2026-03-20T06:00:00Z")
    world.web.pages["/press/t2.shtml"] = article(2, "They spoke of a clean network instead. ")
    second = world.collect("2026-03-21T06:00:00Z")
    assert (second["counts"]["revised"], second["counts"]["unchanged"]) == (1, 1)
    evidence = world.rows(
        "SELECT sha256, warc, record_id, title FROM analyst.revisions ORDER BY statement_id, number"
    )
    assert len(evidence) == 3
    for digest, warc, record_id, title in evidence:
        response = read_record(warc, record_id)
        assert response.intact
        assert title.encode() in response.body
        assert len(digest) == 64


def test_a_listing_that_names_nothing_is_a_failure_and_never_no_news(world: World) -> None:
    world.publish(range(1, 3))
    world.collect("2026-03-20T06:00:00Z")
    world.web.pages["/press/default.shtml"] = listing(range(0))
    second = world.collect("2026-03-21T06:00:00Z", status=1)
    assert (second["state"], second["listings_failed"]) == ("failing", 1)
    third = world.collect("2026-03-22T06:00:00Z", status=1)
    assert third["since"].startswith("2026-03-21T06:00:00")


def test_a_page_gone_twice_is_withdrawn_and_its_wording_kept(world: World) -> None:
    world.publish(range(1, 3))
    world.collect("2026-03-20T06:00:00Z")
    world.web.pages["/press/t2.shtml"] = Reply(404)
    withdrawn = "SELECT count(*) FROM analyst.statements WHERE withdrawn_at IS NOT NULL"
    world.collect("2026-03-21T06:00:00Z")
    assert world.rows(withdrawn) == [(0,)]
    world.collect("2026-03-21T18:00:00Z")
    assert world.rows(withdrawn) == [(1,)]
    assert world.rows("SELECT count(*) FROM analyst.revisions") == [(2,)]


def test_an_edit_is_seen_though_no_listing_names_the_page_any_more(world: World) -> None:
    world.publish(range(1, 3))
    world.collect("2026-03-20T06:00:00Z")
    world.publish(range(3, 5))
    world.web.pages["/press/t1.shtml"] = article(1, "Quite another text on Huawei. ")
    assert world.collect("2026-03-21T06:00:00Z")["counts"]["revised"] == 1


def test_a_link_that_redirects_is_read_again_like_any_other(world: World) -> None:
    world.web.pages["/press/default.shtml"] = listing(range(1, 2))
    world.web.pages["/press/t1.shtml"] = Reply(302, headers={"Location": "/press/t99.shtml"})
    world.web.pages["/press/t99.shtml"] = article(99)
    assert world.collect("2026-03-20T06:00:00Z")["counts"]["new"] == 1
    world.web.pages["/press/t99.shtml"] = article(99, "Quite another text on Huawei. ")
    second = world.collect("2026-03-21T06:00:00Z")["counts"]
    assert (second["revised"], second["duplicate_address"]) == (1, 0)
    assert world.rows("SELECT count(*) FROM analyst.statements") == [(1,)]


def test_what_led_elsewhere_for_a_day_is_read_when_it_does_not_any_more(world: World) -> None:
    world.publish(range(1, 4))
    world.web.pages["/press/t99.shtml"] = article(99, "All other pages are being looked after. ")
    for number in range(1, 4):
        there = f"/press/t{number}.shtml"
        world.web.pages[there] = Reply(302, headers={"Location": "/press/t99.shtml"})
    assert world.collect("2026-03-20T06:00:00Z")["counts"]["duplicate_address"] == 2
    world.publish(range(1, 4))
    world.collect("2026-03-21T06:00:00Z")
    assert world.rows("SELECT count(*) FROM analyst.statements") == [(4,)]


def test_an_address_that_a_listing_dates_anew_is_read_again(world: World) -> None:
    world.publish(range(1, 4))
    world.collect("2026-03-20T06:00:00Z")
    world.collect("2026-04-25T06:00:00Z")
    world.web.pages["/press/t1.shtml"] = article(1, "Quite another text on Huawei. ")
    assert world.collect("2026-05-09T06:00:00Z")["counts"]["revised"] == 0
    anew = str(listing(range(1, 4)).body).replace("on March 2, 2026", "on May 9, 2026")
    there = listing(range(1, 4))
    world.web.pages["/press/default.shtml"] = Reply(headers=there.headers, body=anew)
    assert world.collect("2026-05-10T06:00:00Z")["counts"]["revised"] == 1
    assert world.collect("2026-05-11T06:00:00Z")["known"] == 3


def paged(numbers: Iterable[int], pages: int) -> Reply:
    one = listing(numbers)
    script = f"<script>var currentPage = 0; var countPage = {pages};</script></body>"
    return Reply(headers=one.headers, body=str(one.body).replace("</body>", script))


def test_older_pages_are_read_behind_a_pinned_entry_and_after_a_page_that_failed(
    world: World,
) -> None:
    world.publish(range(1, 4))
    world.collect("2026-03-20T06:00:00Z")
    for number in range(4, 12):
        world.web.pages[f"/press/t{number}.shtml"] = article(number)
    first = paged(range(8, 12), 2)
    pinned = str(first.body).replace("<ul>", '<ul><li><a href="./t1.shtml">Pinned 1</a></li>')
    world.web.pages["/press/default.shtml"] = Reply(headers=first.headers, body=pinned)
    world.web.pages["/press/default_1.shtml"] = Reply(500)
    assert world.collect("2026-03-21T06:00:00Z", status=1)["counts"]["new"] == 4
    world.web.pages["/press/default_1.shtml"] = paged(range(4, 8), 2)
    assert world.collect("2026-03-22T06:00:00Z")["counts"]["new"] == 4


def test_what_is_put_in_late_among_older_things_is_found_within_a_week(world: World) -> None:
    world.publish(range(1, 8))
    world.collect("2026-03-20T06:00:00Z")
    for number in (8, 9, 10, 11, 20, 30):
        world.web.pages[f"/press/t{number}.shtml"] = article(number)
    world.web.pages["/press/default.shtml"] = paged(range(11, 3, -1), 2)
    world.collect("2026-03-20T18:00:00Z")
    world.web.pages["/press/default_1.shtml"] = paged((3, 2, 20, 1, 30), 2)
    found = [world.collect(f"2026-03-{day}T06:00:00Z")["counts"]["new"] for day in range(21, 29)]
    assert sum(found) == 1
    assert world.rows("SELECT url FROM analyst.statements WHERE url LIKE '%t20.%'") != []
    assert world.rows("SELECT url FROM analyst.statements WHERE url LIKE '%t30.%'") == []


def test_a_killed_collect_loses_nothing_and_doubles_nothing(world: World) -> None:
    world.publish(range(1, 41))
    for number in range(1, 41):
        page = article(number)
        world.web.pages[f"/press/t{number}.shtml"] = Reply(
            headers=page.headers, body=page.body, delay=0.03
        )
    command = [sys.executable, "-c", "from communique.cli import main; main()", "collect"]
    environment = os.environ | {f"COMMUNIQUE_{k.upper()}": v for k, v in world.settings.items()}
    for wanted in (5, 17, 30):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while len(set(world.web.paths)) < wanted + 2 and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    answer("collect", settings=world.settings)
    assert world.rows("SELECT count(*), count(DISTINCT url) FROM analyst.statements") == [(40, 40)]
    assert world.rows("SELECT count(*) FROM analyst.revisions") == [(40,)]
    for warc, record_id in world.rows("SELECT warc, record_id FROM analyst.revisions"):
        assert read_record(warc, record_id).intact


def test_two_collects_at_once_store_each_statement_once_and_share_the_hosts_pace(
    world: World,
) -> None:
    world.publish(range(1, 6))
    sources = Path(world.settings["sources"]) / "china.yaml"
    sources.write_text(sources.read_text().replace("delay: 0", "delay: 0.4"))
    command = [sys.executable, "-c", "from communique.cli import main; main()", "collect"]
    environment = os.environ | {f"COMMUNIQUE_{k.upper()}": v for k, v in world.settings.items()}
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for _ in "ab"]
    assert [process.wait(60) for process in both] == [0, 0]
    assert world.rows("SELECT count(*), count(DISTINCT url) FROM analyst.statements") == [(5, 5)]
    starts = sorted(arrival.at for arrival in world.web.arrivals)
    gaps = [after - before for before, after in pairwise(starts)]
    # A busy machine hears a request a little later than it was sent; two that share no pace come
    # at once.
    assert min(gaps) > 0.3, gaps


def test_who_asks_says_so_and_keeps_away_from_private_addresses(world: World) -> None:
    world.publish(range(1, 2))
    world.collect("2026-03-20T06:00:00Z")
    asked = {arrival.headers["user-agent"] for arrival in world.web.arrivals}
    assert len(asked) == 1
    assert asked.pop().endswith("(+desk@example.org)")
    arrived = len(world.web.arrivals)
    closed = {k: v for k, v in world.settings.items() if k != "allow_addresses"}
    (covered,) = answer("collect", settings=closed, status=1)
    assert "127.0.0.1" in covered["error"]
    assert len(world.web.arrivals) == arrived
