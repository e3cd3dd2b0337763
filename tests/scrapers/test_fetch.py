"""A fetch is polite, bounded and honest about what it got, and reaches no private network."""

from __future__ import annotations

import gc
import gzip
import pickle
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from scrapers.errors import (
    Blocked,
    Broken,
    Challenge,
    ForbiddenAddress,
    Gone,
    NotText,
    TimedOut,
    TooLarge,
    Truncated,
)
from scrapers.fetch import Fetcher, FetchPolicy
from scrapers.guard import why_forbidden
from scrapers.sources import Source
from scrapers.values import Capture, Known
from tests.certificates import for_loopback
from tests.servers import Reply, Server

LOOPBACK = (ip_network("127.0.0.1/32"),)
HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = (
    "<html><head><title>A statement</title></head><body><p>" + "Words. " * 80 + "</p></body></html>"
)


def a_source(delay: float = 0) -> Source:
    return Source(
        id="xx_embassy",
        desk="elsewhere",
        publisher="Embassy of Nowhere",
        kind="embassy",
        languages=("en",),
        delay=delay,
    )


def a_policy(**changes: object) -> FetchPolicy:
    fast: dict[str, object] = {"allow": LOOPBACK, "backoff": 0.01, "read_timeout": 5}
    return FetchPolicy(**{**fast, **changes})  # type: ignore[arg-type]


def fetch(url: str, known: Known | None = None, delay: float = 0, **policy: object) -> Capture:
    with Fetcher(a_policy(**policy)) as fetcher:
        return fetcher.fetch(url, a_source(delay), known)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def test_a_page_comes_back_whole_and_unjudged_bad(server: Server) -> None:
    server.pages["/a"] = Reply(headers={**HTML, "ETag": '"1"'}, body=PAGE)
    capture = fetch(server.url + "/a")
    assert (capture.status, capture.error, capture.body.decode()) == (200, None, PAGE)
    assert capture.headers["etag"] == '"1"'
    assert capture.final_url == server.url + "/a"
    assert capture.fetched_at.tzinfo is not None


@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("gzip", lambda data: gzip.compress(data[:99]) + gzip.compress(data[99:]) + b"\0\0"),
    ],
)
@pytest.mark.parametrize("chunked", [True, False])
def test_every_transfer_and_content_encoding_ends_in_the_same_body(
    server: Server, encoding: str, squeeze: object, chunked: bool
) -> None:
    body = squeeze(PAGE.encode())  # type: ignore[operator]
    server.pages["/a"] = Reply(
        headers={**HTML, "Content-Encoding": encoding}, body=body, chunked=chunked
    )
    assert fetch(server.url + "/a").body.decode() == PAGE


# --- pace and manners -------------------------------------------------------------------------


def test_requests_to_a_host_start_no_closer_than_its_delay_whatever_they_are(
    server: Server,
) -> None:
    server.pages["/robots.txt"] = Reply(302, {"Location": "/rules"})
    server.pages["/rules"] = Reply(body="User-agent: *\nDisallow: /secret")
    server.pages["/a"] = Reply(301, {"Location": "/b"})
    server.pages["/b"] = [Reply(503), Reply(headers=HTML, body=PAGE)]
    server.pages["/c"] = Reply(headers=HTML, body=PAGE, delay=0.2)
    with Fetcher(a_policy()) as fetcher:
        threads = [
            threading.Thread(target=fetcher.fetch, args=(server.url + path, a_source(0.15)))
            for path in ("/a", "/c", "/c")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    starts = [arrival.at for arrival in server.arrivals]
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert sorted(server.paths) == sorted(["/robots.txt", "/rules", "/a", "/b", "/b", "/c", "/c"])
    assert min(gaps) > 0.15 - 0.02  # the server's own clock reading comes a little late at times
    assert sum(gaps) < 0.15 * len(gaps) + 2 * 0.05 + 0.5  # start to start, not end to start


def test_a_name_that_takes_long_to_resolve_brings_two_requests_no_closer(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def slowly(*given: Any, **told: Any) -> Any:
        time.sleep(0.4)
        return resolve(*given, **told)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    server.pages["/a"] = Reply(headers=HTML, body=PAGE)
    fetch(server.url + "/a", delay=0.5)
    robots, page = server.arrivals
    assert page.at - robots.at > 0.5 - 0.02


def test_a_crawl_delay_that_is_longer_than_the_sources_own_is_kept(server: Server) -> None:
    server.pages["/robots.txt"] = Reply(body="User-agent: Communique\nCrawl-delay: 0.3")
    server.pages["/a"] = Reply(headers=HTML, body=PAGE)
    with Fetcher(a_policy()) as fetcher:
        for _ in range(2):
            fetcher.fetch(server.url + "/a", a_source(0.01))
    _, first, second = (arrival.at for arrival in server.arrivals)
    assert second - first > 0.28


def test_the_user_agent_is_honest_and_fits_a_header(server: Server) -> None:
    server.pages["/a"] = Reply(headers=HTML, body=PAGE)
    fetch(server.url + "/a", contact="press@example.org\r\nX-Evil: 1 é")
    fetch(server.url + "/a")
    named, nameless = (a.headers["user-agent"] for a in server.arrivals if a.path == "/a")
    assert named.startswith("Communique/")
    assert "(+press@example.org" in named
    assert "Mozilla" not in named
    assert nameless.endswith("(+Communique)")
    assert not any("x-evil" in arrival.headers for arrival in server.arrivals)


def test_what_is_known_makes_a_conditional_request_and_304_is_no_error(server: Server) -> None:
    server.pages["/a"] = lambda arrival: Reply(304 if "if-none-match" in arrival.headers else 200)
    moment = "Tue, 03 Mar 2026 10:00:00 GMT"
    capture = fetch(server.url + "/a", Known(etag='"v1"', last_modified=moment))
    assert (capture.status, capture.error, capture.body) == (304, None, b"")
    assert server.arrivals[-1].headers["if-none-match"] == '"v1"'
    assert server.arrivals[-1].headers["if-modified-since"] == moment
    broken = fetch(server.url + "/a", Known(etag='"v1"\r\nX-Evil: 1'))
    assert isinstance(broken.error, Broken)  # sent without the validator: an empty 200


def test_a_304_that_nobody_asked_for_is_broken(server: Server) -> None:
    server.pages["/a"] = Reply(304)
    assert isinstance(fetch(server.url + "/a").error, Broken)


def test_cookies_live_for_one_chain_of_redirects_only(server: Server) -> None:
    server.pages["/a"] = [
        Reply(302, {"Location": "/a", "Set-Cookie": "seen=1"}),
        Reply(headers=HTML, body=PAGE),
    ]
    with Fetcher(a_policy()) as fetcher:
        assert fetcher.fetch(server.url + "/a", a_source()).error is None
        fetcher.fetch(server.url + "/a", a_source())
    asked = [a.headers.get("cookie") for a in server.arrivals if a.path == "/a"]
    assert asked == [None, "seen=1", None]


# --- retries ----------------------------------------------------------------------------------


def test_retry_after_is_waited_for_and_then_the_page_comes(server: Server) -> None:
    server.pages["/a"] = [Reply(503, {"Retry-After": "1"}), Reply(headers=HTML, body=PAGE)]
    assert fetch(server.url + "/a").error is None
    first, second = (a.at for a in server.arrivals if a.path == "/a")
    assert second - first >= 1


@pytest.mark.parametrize(("status", "kind"), [(429, Blocked), (503, Broken)])
def test_a_retry_after_beyond_patience_gives_up_and_names_it(
    server: Server, status: int, kind: type[Exception]
) -> None:
    server.pages["/a"] = Reply(status, {"Retry-After": "86400"})
    error = fetch(server.url + "/a").error
    assert isinstance(error, kind)
    assert "86400" in str(error)
    assert server.paths.count("/a") == 1


def test_a_host_that_asks_for_hours_rests_as_long_as_a_run_waits(server: Server) -> None:
    server.pages["/a"] = Reply(503, {"Retry-After": "7200"})
    server.pages["/b"] = Reply(headers=HTML, body=PAGE)
    with Fetcher(a_policy(longest_retry_after=1)) as fetcher:
        assert fetcher.fetch(server.url + "/a", a_source(0), None).error is not None
        assert fetcher.fetch(server.url + "/b", a_source(0), None).error is None
    first, second = (a.at for a in server.arrivals if a.path in ("/a", "/b"))
    assert second - first >= 1


@pytest.mark.parametrize("nonsense", ["soon", "-1", "9" * 5000, "Thu, 99 Foo 2026", "1, 1"])
def test_a_senseless_retry_after_is_no_trouble(server: Server, nonsense: str) -> None:
    server.pages["/a"] = [Reply(503, {"Retry-After": nonsense}), Reply(headers=HTML, body=PAGE)]
    capture = fetch(server.url + "/a")
    assert capture.error is None or isinstance(capture.error, Broken)


def test_a_server_that_goes_on_failing_is_broken_after_the_last_attempt(server: Server) -> None:
    server.pages["/a"] = Reply(502)
    capture = fetch(server.url + "/a", retries=2)
    assert isinstance(capture.error, Broken)
    assert capture.error.source == "xx_embassy"
    assert capture.error.url == server.url + "/a"
    assert server.paths.count("/a") == 3
    assert pickle.loads(pickle.dumps(capture.error)).reason == capture.error.reason


def test_a_guards_page_is_not_asked_again(server: Server) -> None:
    server.pages["/a"] = Reply(503, HTML, "<title>Just a moment...</title><body>wait</body>")
    assert isinstance(fetch(server.url + "/a").error, Challenge)
    assert server.paths.count("/a") == 1


def test_a_connection_that_breaks_off_is_tried_again(server: Server) -> None:
    whole = Reply(headers=HTML, body=PAGE)
    server.pages["/a"] = [Reply(headers=HTML, body=PAGE, send=50, reset=True), whole]
    assert fetch(server.url + "/a").error is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, Gone), (410, Gone), (401, Blocked), (403, Blocked), (429, Blocked), (451, Blocked),
     (400, Broken), (500, Broken), (204, Broken), (300, Broken)],
)  # fmt: skip
def test_each_status_has_its_outcome(server: Server, status: int, kind: type[Exception]) -> None:
    server.pages["/a"] = Reply(status)
    capture = fetch(server.url + "/a", retries=0)
    assert type(capture.error) is kind
    assert capture.status == status


# --- limits -----------------------------------------------------------------------------------


def test_a_body_that_is_shorter_than_announced_is_truncated(server: Server) -> None:
    server.pages["/a"] = Reply(headers=HTML, body=PAGE, length=len(PAGE) + 10, send=len(PAGE))
    server.pages["/b"] = Reply(headers=HTML, body=PAGE, chunked=True, send=300)
    half = gzip.compress(PAGE.encode())[:-20]
    server.pages["/c"] = Reply(headers={**HTML, "Content-Encoding": "gzip"}, body=half)
    for path in ("/a", "/b", "/c"):
        capture = fetch(server.url + path, retries=0)
        assert isinstance(capture.error, Truncated), path
        assert capture.body == b""


def test_a_reset_in_the_middle_is_broken(server: Server) -> None:
    server.pages["/a"] = Reply(headers=HTML, body=PAGE, send=99, reset=True)
    assert isinstance(fetch(server.url + "/a", retries=1).error, Broken)
    assert server.paths.count("/a") == 2


def test_a_body_above_the_limit_is_not_read_on(server: Server) -> None:
    server.pages["/exact"] = Reply(headers=HTML, body=PAGE + "x" * (100_000 - len(PAGE)))
    server.pages["/more"] = Reply(headers=HTML, body=PAGE + "x" * (100_001 - len(PAGE)))
    assert fetch(server.url + "/exact", max_body=100_000).error is None
    assert isinstance(fetch(server.url + "/more", max_body=100_000).error, TooLarge)


def test_a_gzip_bomb_dies_at_the_limit_with_memory_flat(server: Server) -> None:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(squeezer.compress(bytes(1 << 20)) for _ in range(400)) + squeezer.flush()
    server.pages["/a"] = Reply(headers={**HTML, "Content-Encoding": "gzip"}, body=bomb)
    with Fetcher(a_policy(max_body=2_000_000)) as fetcher:
        fetcher.fetch(server.url + "/warm-up", a_source())
        tracemalloc.start()
        try:
            capture = fetcher.fetch(server.url + "/a", a_source())
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert isinstance(capture.error, TooLarge)
    assert peak < 12_000_000


def test_a_server_that_drips_is_cut_off_at_the_total_time(server: Server) -> None:
    server.pages["/body"] = Reply(headers=HTML, body=PAGE, drip=0.05)
    server.pages["/head"] = Reply(headers=HTML, body=PAGE, head_drip=0.05)
    for path in ("/body", "/head"):
        began = time.monotonic()
        capture = fetch(server.url + path, total_timeout=0.6, retries=0)
        assert isinstance(capture.error, TimedOut), path
        assert time.monotonic() - began < 2


def test_a_server_that_says_nothing_times_out(server: Server) -> None:
    server.pages["/a"] = Reply(headers=HTML, body=PAGE, delay=2)
    capture = fetch(server.url + "/a", read_timeout=0.2, retries=1)
    assert isinstance(capture.error, TimedOut)
    assert server.paths.count("/a") == 2


def test_what_is_no_page_never_raises(server: Server) -> None:
    server.pages["/zip"] = Reply(
        headers={"Content-Type": "application/zip"}, body=b"PK\x03\x04 ..."
    )
    server.pages["/brotli"] = Reply(headers={**HTML, "Content-Encoding": "br"}, body=b"\x8b\x00")
    server.pages["/lie"] = Reply(headers={**HTML, "Content-Encoding": "gzip"}, body=PAGE)
    server.pages["/nul"] = Reply(headers={**HTML, "X-Odd": "a\x01b\u00e9"}, body=PAGE)
    assert isinstance(fetch(server.url + "/zip").error, NotText)
    assert isinstance(fetch(server.url + "/brotli").error, Broken)
    assert isinstance(fetch(server.url + "/lie").error, Broken)
    assert "\x01" not in fetch(server.url + "/nul").headers["x-odd"]


@pytest.mark.parametrize(
    "address",
    ["", "nonsense", "http://", "http://[::1", "http://h:99999/", "javascript:void(0)",
     "http://a b/", "http://" + "x" * 70 + ".test/", "http://\ud800.test/", "http://x..test/"],
)  # fmt: skip
def test_an_address_that_is_none_is_a_broken_capture(address: str) -> None:
    capture = fetch(address, retries=0)
    assert isinstance(capture.error, Broken)
    str(capture.error).encode()
    assert capture.status is None


def test_a_closed_port_and_a_name_without_address_are_broken() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/"
    assert isinstance(fetch(closed, retries=1).error, Broken)
    assert "resolve" in str(fetch("http://no-such-name.invalid/", retries=0).error)


# --- redirects --------------------------------------------------------------------------------


def test_redirects_are_followed_hop_by_hop_and_the_last_address_is_kept(server: Server) -> None:
    server.pages["/0"] = Reply(301, {"Location": "1"})
    server.pages["/1"] = Reply(308, {"Location": "/新闻?a=b c#part"})
    server.pages["/%E6%96%B0%E9%97%BB?a=b%20c"] = Reply(headers=HTML, body=PAGE)
    capture = fetch(server.url + "/0")
    assert capture.error is None
    assert capture.final_url == server.url + "/%E6%96%B0%E9%97%BB?a=b%20c"


def test_circles_and_endless_redirects_are_broken(server: Server) -> None:
    server.pages["/a"] = Reply(302, {"Location": "/b"})
    server.pages["/b"] = Reply(302, {"Location": "/a"})
    for number in range(9):
        server.pages[f"/{number}"] = Reply(302, {"Location": f"/{number + 1}"})
    assert "circle" in str(fetch(server.url + "/a").error)
    endless = fetch(server.url + "/0")
    assert isinstance(endless.error, Broken)
    assert server.paths.count("/6") == 0  # the first address and five redirects


# --- the guard --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "224.0.0.1", "224.0.1.1", "240.0.0.1", "255.255.255.255", "198.18.0.1",
     "192.0.2.1", "::", "::1", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
     "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "::127.0.0.1",
     "2001:db8::1"],
)  # fmt: skip
def test_no_address_of_a_private_network_is_permitted(address: str) -> None:
    assert why_forbidden(ip_address(address), ())


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_permitted(address: str) -> None:
    assert why_forbidden(ip_address(address), ()) is None


def test_a_private_address_is_reached_neither_by_number_nor_by_name(server: Server) -> None:
    port = server.port
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
        capture = fetch(f"http://{host}:{port}/a", allow=())
        assert isinstance(capture.error, ForbiddenAddress), host
    assert server.arrivals == []


def test_a_redirect_into_a_private_network_is_forbidden(server: Server) -> None:
    with Server("127.0.0.2") as inside:
        inside.pages["/secret"] = Reply(headers=HTML, body=PAGE)
        server.pages["/a"] = Reply(302, {"Location": inside.url + "/secret"})
        server.pages["/b"] = Reply(302, {"Location": "file:///etc/passwd"})
        server.pages["/robots.txt"] = Reply(302, {"Location": "/a"})
        assert isinstance(fetch(server.url + "/a").error, ForbiddenAddress)
        server.pages["/robots.txt"] = Reply(404)
        capture = fetch(server.url + "/a")
        assert isinstance(capture.error, ForbiddenAddress)
        assert "127.0.0.2" in str(capture.error)
        assert (capture.final_url, capture.status) == (server.url + "/a", 302)
        assert isinstance(fetch(server.url + "/b").error, ForbiddenAddress)
        assert inside.arrivals == []


def test_a_name_is_checked_at_the_very_address_that_is_connected_to(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: each resolution gives another address; only checked ones are connected to."""
    real, answers = socket.getaddrinfo, iter(["127.0.0.1", "127.0.0.2", "127.0.0.2"])

    def rebinding(host: str, *rest: object, **more: object) -> object:
        return real(next(answers) if host == "rebinding.test" else host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    server.pages["/a"] = Reply(headers={**HTML, "Connection": "close"}, body=PAGE)
    server.pages["/robots.txt"] = Reply(404, {"Connection": "close"})
    with Fetcher(a_policy()) as fetcher:
        address = f"http://rebinding.test:{server.port}/a"
        assert isinstance(fetcher.fetch(address, a_source()).error, ForbiddenAddress)
    assert server.paths == ["/robots.txt"]


def test_proxies_of_the_environment_are_passed_by(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.pages["/a"] = Reply(headers=HTML, body=PAGE)
    assert fetch(server.url + "/a").error is None


def test_certificates_are_checked_against_the_environments_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, bundle = for_loopback(tmp_path)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    with Server(tls=context) as secure:
        secure.pages["/a"] = Reply(headers=HTML, body=PAGE)
        refused = fetch(secure.url + "/a", retries=0)
        assert isinstance(refused.error, Broken)
        assert "certificate" in str(refused.error)
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        assert fetch(secure.url + "/a").error is None


def test_all_sessions_share_one_set_of_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, bundle = for_loopback(tmp_path)
    loads = []
    real = ssl.SSLContext.load_verify_locations

    def noted(self: ssl.SSLContext, *given: Any, **named: Any) -> None:
        loads.append(self)
        real(self, *given, **named)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", noted)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with Server(tls=context) as secure:
        secure.pages["/a"] = Reply(headers=HTML, body=PAGE)
        assert [fetch(secure.url + "/a").error for _ in range(3)] == [None] * 3
    assert len(loads) == 1


@pytest.mark.parametrize(("limit", "cut"), [(5_000_000, None), (10_000_000, 6_000_000)])
def test_a_large_page_that_failed_leaves_nothing_in_memory(
    server: Server, limit: int, cut: int | None
) -> None:
    server.pages["/large"] = Reply(headers=HTML, body=b"<p>word " * 1_000_000, send=cut)
    fetch(server.url + "/robots.txt")
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        capture = fetch(server.url + "/large", retries=0, max_body=limit)
        assert isinstance(capture.error, TooLarge | Truncated)
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        gc.enable()
    assert kept < 1_000_000


def test_a_large_page_is_held_in_memory_once(server: Server) -> None:
    size = 8_000_000
    server.pages["/large"] = Reply(
        headers={"Content-Type": "text/plain"}, body=b"word " * 1_600_000
    )
    fetch(server.url + "/robots.txt")
    tracemalloc.start()
    capture = fetch(server.url + "/large")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (capture.error, len(capture.body)) == (None, size)
    assert peak < 2.7 * size, f"{peak / size:.1f} times its size"
