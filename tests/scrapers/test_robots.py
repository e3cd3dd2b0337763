"""robots.txt is kept, for us and for everyone; what is no robots.txt forbids nothing."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from scrapers.errors import Blocked, Broken, Disallowed, TimedOut
from scrapers.fetch import Fetcher, FetchPolicy
from scrapers.sources import Source
from scrapers.values import Capture
from tests.guards import GUARDS
from tests.servers import Reply, Server

HTML = {"Content-Type": "text/html"}
PAGE = Reply(headers=HTML, body="<title>Statement</title><p>" + "Many words follow. " * 40)
SOURCE = Source(
    id="xx_ministry",
    desk="elsewhere",
    publisher="Ministry of Tests",
    kind="ministry",
    languages=("en",),
    delay=0,
)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        running.pages["/open"] = running.pages["/closed"] = PAGE
        yield running


def fetch(server: Server, *paths: str) -> list[Capture]:
    policy = FetchPolicy(
        allow=(ip_network("127.0.0.0/8"),), retries=1, backoff=0.01, read_timeout=0.3
    )
    with Fetcher(policy) as fetcher:
        return [fetcher.fetch(server.url + path, SOURCE) for path in paths]


@pytest.mark.parametrize(
    "rules",
    [
        "User-agent: Communique\nDisallow: /closed",
        "User-agent: *\nDisallow: /closed\nAllow: /open",
        "\ufeffUser-agent: *\r\nDisallow: /clo*d$\r\n",
        "User-agent: *\nDisallow: /\n\nUser-agent: COMMUNIQUE\nDisallow: /closed",
        "User-agent: *\nDisallow: /closed\n" + "Disallow: /x" * 60_000,
    ],
)
def test_rules_are_kept_and_the_file_is_asked_for_once(server: Server, rules: str) -> None:
    server.pages["/robots.txt"] = Reply(headers={"Content-Type": "text/plain"}, body=rules)
    opened, closed, again = fetch(server, "/open", "/closed", "/open")
    assert (opened.error, again.error) == (None, None)
    assert isinstance(closed.error, Disallowed)
    assert (closed.status, closed.error.source) == (None, "xx_ministry")
    assert server.paths == ["/robots.txt", "/open", "/open"]


def test_a_redirect_to_what_is_closed_stops_before_it(server: Server) -> None:
    server.pages["/robots.txt"] = Reply(body="User-agent: *\nDisallow: /closed")
    server.pages["/open"] = Reply(302, {"Location": "/closed"})
    (capture,) = fetch(server, "/open")
    assert isinstance(capture.error, Disallowed)
    assert "/closed" not in server.paths


def test_each_host_of_a_chain_has_its_own_rules(server: Server) -> None:
    with Server("127.0.0.2") as other:
        other.pages["/robots.txt"] = Reply(body="User-agent: *\nDisallow: /")
        other.pages["/open"] = PAGE
        server.pages["/open"] = Reply(302, {"Location": other.url + "/open"})
        (capture,) = fetch(server, "/open")
        assert isinstance(capture.error, Disallowed)
        assert other.paths == ["/robots.txt"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_missing_file_forbids_nothing(server: Server, status: int) -> None:
    server.pages["/robots.txt"] = Reply(status, body="User-agent: *\nDisallow: /")
    assert fetch(server, "/open")[0].error is None


@pytest.mark.parametrize(
    "page",
    [
        Reply(headers=HTML, body="<html><pre>\nUser-agent: *\nDisallow: /\n</pre></html>"),
        Reply(headers={"Content-Type": "text/plain"}, body="\n <!DOCTYPE html><p>Sorry</p>"),
        Reply(302, {"Location": "/error.htm"}),
        Reply(302, {"Location": "/robots.txt?again"}),
    ],
)
def test_a_page_in_its_place_forbids_nothing(server: Server, page: Reply) -> None:
    server.pages["/robots.txt"] = page
    server.pages["/error.htm"] = Reply(
        headers=HTML, body="<html>no page here\nUser-agent: *\nDisallow: /\n</html>"
    )
    for turn in range(9):
        server.pages[f"/robots.txt?again{'n' * turn}"] = Reply(
            302, {"Location": f"/robots.txt?again{'n' * (turn + 1)}"}
        )
    assert fetch(server, "/open")[0].error is None


def test_rules_under_a_pages_label_are_still_rules(server: Server) -> None:
    server.pages["/robots.txt"] = Reply(headers=HTML, body="User-agent: *\nDisallow: /closed")
    assert isinstance(fetch(server, "/closed")[0].error, Disallowed)


@pytest.mark.parametrize("trouble", [Reply(500), Reply(503), Reply(429), Reply(delay=1)])
def test_a_server_too_troubled_for_its_rules_is_left_alone(server: Server, trouble: Reply) -> None:
    server.pages["/robots.txt"] = trouble
    first, second = fetch(server, "/open", "/closed")
    for capture in (first, second):
        assert isinstance(capture.error, TimedOut if trouble.delay else Broken)
        assert "robots.txt could not be read" in str(capture.error)
    assert first.error is not second.error
    assert second.error is not None
    assert second.error.url == server.url + "/closed"
    assert server.paths == ["/robots.txt"] * 2  # one retry, then not again for each page


@pytest.mark.parametrize("name", ["jiasule, first page", "cloudflare managed"])
def test_a_guard_that_answers_with_a_server_error_blocks(server: Server, name: str) -> None:
    guard = GUARDS[name]
    server.pages["/robots.txt"] = Reply(521, {**HTML, **guard.headers}, guard.html)
    (capture,) = fetch(server, "/open")
    assert type(capture.error) is Blocked
    assert "521" in str(capture.error)
    assert "/open" not in server.paths
