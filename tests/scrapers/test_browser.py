"""Promise: a page that a script fills is read, by our manners and within our limits, and what it
became can be proved."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path

import pytest

from scrapers import browser
from scrapers.archive import open_archive, read_record, read_records
from scrapers.errors import Broken, Challenge, Disallowed, Gone, TimedOut, TooLarge
from scrapers.fetch import Fetcher, FetchPolicy
from scrapers.processes import children_of, command_of
from scrapers.rendering import Limits
from scrapers.replay import Replay
from scrapers.sources import ListingFacts, Source
from scrapers.values import Capture, Entry
from scrapers.visit import read_statement
from tests.servers import Reply, Server

NOW = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
HTML = {"Content-Type": "text/html; charset=utf-8"}
WORDS = "The office has read the draft rules for networks with care, and it has questions. " * 6
SHELL = """<!DOCTYPE html><html lang=en><head><title>A Word on Rules</title>
<link rel=stylesheet href=/style.css></head><body><div id=root></div><img src=/picture.png>
<script src=/fill.js></script></body></html>"""
FILL = """
const root = document.getElementById('root');
fetch('http://10.0.0.1/secret').catch(() => 0);
fetch('http://169.254.169.254/latest/meta-data/').catch(() => 0);
fetch('/order', {method: 'POST', body: 'x'}).catch(() => 0);
fetch('/away.json').catch(() => 0);
fetch('/moved.json').then(said => said.json()).then(said => {
  root.innerHTML = '<h1>' + said.title + '</h1><p class=date>2026-03-01</p><p>' + said.text;
});
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        made.pages["/page"] = Reply(headers=HTML | {"ETag": '"shell"', "X-Kept": "yes"}, body=SHELL)
        made.pages["/fill.js"] = Reply(headers={"Content-Type": "text/javascript"}, body=FILL)
        made.pages["/moved.json"] = Reply(302, headers={"Location": "/said.json"})
        made.pages["/away.json"] = Reply(302, headers={"Location": "http://10.0.0.1/x"})
        said = {"title": "A Word on Rules", "text": WORDS}
        made.pages["/said.json"] = Reply(
            headers={"Content-Type": "application/json"}, body=json.dumps(said)
        )
        yield made


def source(delay: float = 0, **facts: object) -> Source:
    return Source.model_validate(
        {
            "id": "office",
            "desk": "elsewhere",
            "publisher": "Office of Tests",
            "kind": "ministry",
            "languages": ["en"],
            "fetch": "browser",
            "delay": delay,
        }
        | facts
    )


@contextmanager
def fetcher(folder: Path, **policy: object) -> Iterator[Fetcher]:
    loopback = FetchPolicy(allow=(ip_network("127.0.0.0/8"),), retries=0, **policy)  # type: ignore[arg-type]
    with (
        open_archive(f"file://{folder}", "office.warc.gz") as archive,
        Fetcher(loopback, archive=archive, clock=lambda: NOW) as made,
    ):
        yield made


@pytest.mark.chromium
def test_a_page_is_read_as_its_script_fills_it_and_the_archive_proves_it(
    server: Server, tmp_path: Path
) -> None:
    with fetcher(tmp_path) as used:
        capture = used.fetch(server.url + "/page", source())
    assert capture.error is None
    assert (capture.status, capture.final_url) == (200, server.url + "/page")
    assert capture.headers["x-kept"] == "yes"
    assert "etag" not in capture.headers
    statement = read_statement(source(), capture.url, Entry(capture.url), capture, NOW)
    assert (statement.title, statement.text) == ("A Word on Rules", WORDS.strip())

    # Every request was ours: none for pictures, styles or orders, none to a private address.
    assert server.paths.count("/page") == 1
    assert set(server.paths) == {
        "/robots.txt", "/page", "/fill.js", "/away.json", "/moved.json", "/said.json"
    }  # fmt: skip
    assert {a.headers["user-agent"] for a in server.arrivals} == {FetchPolicy().user_agent}
    archived = list(read_records(capture.warc or ""))
    assert len([each for each in archived if not each.place.rendered]) == 6
    assert all(each.intact for each in archived)
    assert "10.0.0.1" not in " ".join(each.place.url for each in archived)

    evidence = read_record(capture.warc or "", capture.record_id or "")
    assert evidence.place.rendered
    assert (evidence.body, evidence.status) == (capture.body, 200)
    replay = Replay([tmp_path])
    again = replay.fetch(server.url + "/page", source())
    assert (again.body, again.record_id) == (capture.body, capture.record_id)
    assert again.error is None
    plain = replay.fetch(server.url + "/page", source(fetch="http"))
    assert plain.record_id != capture.record_id
    assert plain.body == SHELL.encode()
    assert [each.url for each in replay.captures()].count(server.url + "/page") == 1


@pytest.mark.chromium
def test_the_hosts_pace_and_its_robots_hold_for_what_a_page_asks_for(
    server: Server, tmp_path: Path
) -> None:
    server.pages["/robots.txt"] = Reply(body="User-agent: *\nDisallow: /said.json\nDisallow: /no\n")
    with fetcher(tmp_path) as used:
        capture = used.fetch(server.url + "/page", source(delay=0.3))
        assert isinstance(used.fetch(server.url + "/no", source()).error, Disallowed)
    assert "/said.json" not in server.paths
    assert capture.error is not None  # and so the page stayed empty
    starts = [arrival.at for arrival in server.arrivals]
    assert min(b - a for a, b in pairwise(starts)) > 0.2


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        pytest.param("setTimeout(() => { while (true) {} }, 100)", TimedOut, id="a loop"),
        pytest.param("while (true) {}", TimedOut, id="a loop at once"),
        pytest.param(
            "setInterval(() => fetch('/said.json?' + Math.random()), 20)", None, id="asks"
        ),
        pytest.param("setInterval(() => location.reload(), 100)", None, id="reloads"),
        pytest.param("document.body.append('x'.repeat(300000))", TooLarge, id="grows"),
        pytest.param("window.open('/page'); alert('x'); location = '/nowhere'", None, id="leaves"),
        pytest.param(
            "new WebSocket('ws://127.0.0.1:9'); navigator.sendBeacon('/x')", None, id="ws"
        ),
    ],
)
@pytest.mark.chromium
def test_a_script_without_end_ends_at_the_limit(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, kind: type | None
) -> None:
    few = Limits(seconds=2, quiet=0.4, answers=1, requests=10)
    monkeypatch.setattr(browser, "Limits", lambda: few)
    body = f"<title>A Word</title><h1>A Word</h1><p>{WORDS}</p><script>{script}</script>"
    server.pages["/endless"] = Reply(headers=HTML, body=body)
    with fetcher(tmp_path, max_body=200_000) as used:
        started = time.monotonic()
        capture = used.fetch(server.url + "/endless", source())
        assert time.monotonic() - started < 10
        if kind is TimedOut:  # the next page has a browser again
            assert used.fetch(server.url + "/page", source()).error is None
    assert kind is None or isinstance(capture.error, kind)
    if kind is None:
        assert capture.error is None
        assert WORDS.strip().encode() in capture.body
    assert len([path for path in server.paths if path.startswith("/said.json?")]) <= 10
    assert server.paths.count("/endless") <= 1 + few.documents


def _chromium() -> int:
    """The one browser that this process's Playwright has started."""
    drivers = [one for one in children_of(os.getpid()) if "playwright" in command_of(one)]
    children = [one for driver in drivers for one in children_of(driver)]
    (found,) = [one for one in children if "--remote-debugging" in command_of(one)]
    return found


@pytest.mark.chromium
def test_a_browser_that_does_not_answer_any_more_is_ended(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Limits(seconds=4, quiet=2, answers=1, opens=6)
    monkeypatch.setattr(browser, "Limits", lambda: few)
    with fetcher(tmp_path) as used:
        assert used.fetch(server.url + "/page", source()).error is None
        stopping = threading.Timer(1, lambda: os.kill(_chromium(), signal.SIGSTOP))
        stopping.start()
        first, started = _chromium(), time.monotonic()
        capture = used.fetch(server.url + "/page", source())
        stopping.join()
        assert isinstance(capture.error, Broken | TimedOut), capture.error
        assert time.monotonic() - started < 25
        assert not command_of(first), "the browser lives"
        assert used.fetch(server.url + "/page", source()).error is None
        os.kill(_chromium(), signal.SIGSTOP)
        started = time.monotonic()
    assert time.monotonic() - started < 25, "it is closed all the same"


def test_what_no_browser_would_better_is_left_as_it_is(server: Server, tmp_path: Path) -> None:
    server.pages["/feed"] = Reply(headers={"Content-Type": "application/rss+xml"}, body="<rss/>")
    server.pages["/wall"] = Reply(
        403, headers=HTML | {"cf-mitigated": "challenge"}, body="<title>Just a moment...</title>"
    )
    listings = (ListingFacts(url=server.url + "/feed", type="rss"),)
    with fetcher(tmp_path) as used:
        assert used.fetch(server.url + "/feed", source(listings=listings)).body == b"<rss/>"
        assert isinstance(used.fetch(server.url + "/none", source()).error, Gone)
        assert isinstance(used.fetch(server.url + "/wall", source()).error, Challenge)
    assert not any(
        each.place.rendered for each in read_records(f"file://{tmp_path}/office.warc.gz")
    )


def test_a_machine_without_a_browser_says_what_to_install(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> Capture:
        with fetcher(tmp_path) as used:
            return used.fetch(server.url + "/page", source())

    monkeypatch.setenv("PATH", str(tmp_path))
    capture = asked()
    assert isinstance(capture.error, Broken)
    assert "apt-get install chromium" in str(capture.error)
    assert "office" in str(capture.error)
    monkeypatch.setitem(__import__("sys").modules, "playwright.sync_api", None)
    assert "communique[browser]" in str(asked().error)
