"""Replay answers as the web did, at the moment that counts as now, and never from the network."""

from __future__ import annotations

import gzip
import io
import logging
import time
import tracemalloc
from datetime import datetime, timedelta, timezone
from ipaddress import ip_network
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from scrapers.archive import open_archive
from scrapers.errors import (
    Broken,
    Challenge,
    Disallowed,
    Gone,
    NotInArchive,
    Soft404,
    TooLarge,
    Truncated,
)
from scrapers.fetch import Fetcher, FetchPolicy
from scrapers.replay import Replay
from scrapers.sources import Source
from scrapers.values import Known
from scrapers.warc import read_record
from tests.servers import Reply, Server

CORPUS = Path(__file__).parents[2] / "../shared/corpus"
SOURCE = Source(
    id="xx_ministry",
    desk="elsewhere",
    publisher="Ministry of Tests",
    kind="ministry",
    languages=("en",),
)
START = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
SITE = "https://m.example"


def page(words: str) -> bytes:
    return f"<html><title>{words}</title><p>{words}. {'Many words follow. ' * 40}</html>".encode()


class Archive:
    """Writes response records by hand: other programs' archives look like this."""

    def __init__(self, path: Path, *, zipped: bool = True) -> None:
        self.path = path
        self._stream = path.open("wb")
        self._warc = WARCWriter(self._stream, gzip=zipped)

    def add(
        self,
        path: str,
        body: bytes = b"",
        after: float = 0,
        status: str = "200 OK",
        site: str = SITE,
        date: str | None = None,
        **headers: str,
    ) -> None:
        moment = (START + timedelta(hours=after)).strftime("%Y-%m-%dT%H:%M:%SZ")
        fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
        if not any(name.lower() == "content-type" for name, _ in fields):
            fields.append(("Content-Type", "text/html; charset=utf-8"))
        record = self._warc.create_warc_record(
            site + path,
            "response",
            payload=io.BytesIO(body),
            http_headers=StatusAndHeaders(status, fields, protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": date or moment},
        )
        self._warc.write_record(record)

    def replay(self, hours: float | None = None) -> Replay:
        self._stream.close()
        return Replay([self.path], None if hours is None else START + timedelta(hours=hours))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "a.warc.gz")


def test_an_address_answers_with_its_latest_capture_at_or_before_now(archive: Archive) -> None:
    archive.add("/a", page("Third"), after=3)
    archive.add("/a", page("First"), after=1)
    archive.add("/a", page("Second"), after=2)
    replay = archive.replay()
    said = {
        hours: replay.at(START + timedelta(hours=hours)).fetch(SITE + "/a", SOURCE)
        for hours in (0.99, 1, 1.5, 2.5, 9)
    }
    assert isinstance(said[0.99].error, NotInArchive)
    assert [b"First" in said[hours].body for hours in (1, 1.5)] == [True, True]
    assert b"Second" in said[2.5].body
    assert b"Third" in said[9].body
    assert b"Third" in replay.fetch(SITE + "/a", SOURCE).body
    assert said[1.5].fetched_at == START + timedelta(hours=1)
    assert said[1.5].warc == f"file://{archive.path}"
    assert read_record(str(said[1.5].warc), str(said[1.5].record_id)).body == said[1.5].body


def test_what_was_not_captured_is_not_in_the_archive_and_not_on_the_network() -> None:
    with Server() as server:
        server.pages["/a"] = Reply(body=page("Live"))
        capture = Replay([]).fetch(server.url + "/a", SOURCE)
        assert isinstance(capture.error, NotInArchive)
        assert capture.error.source == "xx_ministry"
        assert server.arrivals == []


def test_an_address_is_found_under_its_other_spellings_its_own_first(archive: Archive) -> None:
    archive.add("/a", page("Plain"), site="http://m.example")
    archive.add("/b", page("Secure"), after=1)
    archive.add("/b", page("Plain"), after=2, site="http://m.example")
    archive.add("", page("Home"), site="http://m.example")
    replay = archive.replay()
    assert b"Plain" in replay.fetch("https://M.example:443/a#top", SOURCE).body
    assert b"Secure" in replay.fetch("https://m.example/b", SOURCE).body
    assert b"Plain" in replay.fetch("http://m.example/b", SOURCE).body
    assert replay.fetch("https://m.example/", SOURCE).error is None
    assert isinstance(replay.fetch("https://m.example/a/", SOURCE).error, NotInArchive)


def test_an_archive_never_answers_304(archive: Archive) -> None:
    archive.add("/a", page("Whole"), after=1)
    archive.add("/a", b"", after=2, status="304 Not Modified")
    replay = archive.replay(3)
    capture = replay.fetch(SITE + "/a", SOURCE, Known(etag='"1"', last_modified="x"))
    assert (capture.status, capture.error) == (200, None)
    assert [each.fetched_at.hour for each in replay.captures()] == [13]


def test_redirects_and_robots_are_followed_inside_the_archive(archive: Archive) -> None:
    archive.add("/robots.txt", b"", status="301 Moved", Location="/rules.txt")
    archive.add("/rules.txt", b"User-agent: *\nDisallow: /closed", Content_Type="text/plain")
    archive.add("/old", b"", status="301 Moved", Location="/new?a=1#x")
    archive.add("/new?a=1", page("New"))
    archive.add("/lost", b"", status="302 Found", Location="/elsewhere")
    archive.add("/round", b"", status="302 Found", Location="/round")
    archive.add("/closed", page("Closed"))
    replay = archive.replay(1)
    moved = replay.fetch(SITE + "/old", SOURCE)
    assert (moved.error, moved.final_url) == (None, SITE + "/new?a=1")
    assert isinstance(replay.fetch(SITE + "/lost", SOURCE).error, NotInArchive)
    assert isinstance(replay.fetch(SITE + "/round", SOURCE).error, Broken)
    assert isinstance(replay.fetch(SITE + "/closed", SOURCE).error, Disallowed)
    before_the_rules = replay.at(START - timedelta(hours=1))
    assert isinstance(before_the_rules.fetch(SITE + "/closed", SOURCE).error, NotInArchive)


def test_a_bad_capture_is_judged_as_it_would_have_been_live(archive: Archive) -> None:
    archive.add("/gone", page("Gone"), status="410 Gone")
    archive.add("/guard", b"<title>Just a moment...</title>", status="503 Unavailable")
    archive.add("/soft", b"<title>Page not found</title><p>Sorry.")
    archive.add("/short", page("Short"), Content_Length="9999")
    archive.add("/huge", b"x" * 2_000_001)
    archive.replay()
    replay = Replay([archive.path], policy=FetchPolicy(max_body=2_000_000))
    for path, kind in {
        "/gone": Gone, "/guard": Challenge, "/soft": Soft404, "/short": Truncated, "/huge": TooLarge
    }.items():  # fmt: skip
        assert type(replay.fetch(SITE + path, SOURCE).error) is kind, path


def test_other_programs_records_are_read(archive: Archive) -> None:
    body = page("Squeezed")
    squeezed = gzip.compress(body)
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(part), part) for part in (squeezed[:70], squeezed[70:], b"")
    )
    archive.add("/chunks", chunks, Transfer_Encoding="chunked", Content_Encoding="gzip")
    archive.add("/plain", body, Transfer_Encoding="chunked")
    archive.add("/fraction", body, date="2026-03-01T12:00:00.25Z")
    archive.add("/nanos", body, date="2026-03-01T12:00:00.123456789Z")
    archive.add("/day", body, date="someday")
    replay = archive.replay()
    assert replay.fetch(SITE + "/chunks", SOURCE).body == body
    assert replay.fetch(SITE + "/plain", SOURCE).body == body
    assert replay.fetch(SITE + "/fraction", SOURCE).fetched_at.microsecond == 250_000
    assert replay.fetch(SITE + "/nanos", SOURCE).fetched_at.microsecond == 123_456
    assert isinstance(replay.fetch(SITE + "/day", SOURCE).error, NotInArchive)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("lost", [5, 700, 1200])
def test_a_last_record_that_was_cut_short_is_passed_over_with_a_warning(
    tmp_path: Path, zipped: bool, lost: int, caplog: pytest.LogCaptureFixture
) -> None:
    archive = Archive(tmp_path / "a.warc", zipped=zipped)
    archive.add("/a", page("Whole"))
    archive.add("/b", gzip.compress(page("Whole")), Content_Encoding="gzip")
    size = archive._stream.tell()
    archive.add("/c", bytes(range(256)) * 8, Content_Type="text/plain")
    archive._stream.close()
    whole = archive.path.read_bytes()
    archive.path.write_bytes(whole[: max(size + 9, len(whole) - lost)])
    with caplog.at_level(logging.WARNING):
        replay = Replay([archive.path])
    assert replay.fetch(SITE + "/a", SOURCE).error is None
    assert replay.fetch(SITE + "/b", SOURCE).error is None
    if lost > 5:
        assert isinstance(replay.fetch(SITE + "/c", SOURCE).error, NotInArchive)
        assert "a.warc" in caplog.text


def test_captures_of_one_moment_keep_the_archives_order(archive: Archive) -> None:
    for path in ("/b", "/a", "/b", "/c"):
        archive.add(path, page("Words"))
    assert [each.url[-1] for each in archive.replay().captures()] == ["b", "a", "b", "c"]


def test_many_files_and_folders_make_one_archive_in_the_order_of_time(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    first = Archive(tmp_path / "x" / "a.warc.gz")
    first.add("/a", page("Later"), after=2)
    first.add("/b", page("First"), after=1)
    second = Archive(tmp_path / "b.warc", zipped=False)
    second.add("/a", page("Middle"), after=1.5)
    first._stream.close()
    second._stream.close()
    replay = Replay([tmp_path / "x", f"file://{second.path}"])
    captures = list(replay.captures())
    assert [each.url for each in captures] == [SITE + "/b", SITE + "/a", SITE + "/a"]
    for each in captures:
        capture = replay.at(each.fetched_at).fetch(each.url, SOURCE)
        assert (capture.record_id, capture.warc) == (each.record_id, each.warc)
    with pytest.raises(NotInArchive, match=r"none\.warc"):
        Replay([tmp_path / "none.warc"])


def test_what_was_fetched_live_replays_to_the_same_captures(tmp_path: Path) -> None:
    urls = ["/a", "/moved", "/gone", "/closed", "/short", "/guard", "/odd"]
    with Server() as server:
        html = {"Content-Type": "text/html; charset=utf-8"}
        server.pages["/robots.txt"] = Reply(body="User-agent: *\nDisallow: /closed")
        server.pages["/a"] = [
            Reply(503),
            Reply(
                headers={**html, "Content-Encoding": "gzip"},
                body=gzip.compress(page("A")),
                chunked=True,
            ),
        ]
        server.pages["/moved"] = Reply(301, {"Location": "/a?b=c d"})
        server.pages["/a?b=c%20d"] = Reply(headers=html, body=page("D"))
        server.pages["/short"] = Reply(headers=html, body=page("Short"), length=99_999, send=200)
        server.pages["/guard"] = Reply(403, html, "<title>Access denied</title>")
        server.pages["/odd"] = Reply(headers={"Content-Type": "image/png"}, body=b"\x89PNG....")
        policy = FetchPolicy(allow=(ip_network("127.0.0.0/8"),), retries=1, backoff=0.01)
        source = SOURCE.model_copy(update={"delay": 0})
        writer = open_archive(f"file://{tmp_path}", "run.warc.gz")
        with writer, Fetcher(policy, archive=writer) as fetcher:
            live = [fetcher.fetch(server.url + path, source) for path in urls]
    replay = Replay([tmp_path])
    for capture in live:
        again = replay.fetch(capture.url, source)
        assert type(again.error) is type(capture.error), capture.url
        assert (again.status, again.final_url) == (capture.status, capture.final_url)
        assert (again.body, again.record_id) == (capture.body, capture.record_id)
        assert (again.warc, dict(again.headers)) == (capture.warc, {
            name.replace("transfer-encoding", "x-archive-orig-transfer-encoding"): value
            for name, value in capture.headers.items()
        })  # fmt: skip


def test_five_thousand_captures_are_indexed_quickly_and_only_their_index_is_held(
    tmp_path: Path,
) -> None:
    archive = Archive(tmp_path / "a.warc.gz")
    body = page("Much") + b"<!-- filling -->" * 2000
    for number in range(5000):
        archive.add(f"/{number % 1000}", body, after=number)
    archive._stream.close()
    began = time.monotonic()
    replay = Replay([archive.path])
    assert time.monotonic() - began < 10
    tracemalloc.start()
    try:
        Replay([archive.path])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000  # 5,000 bodies would be 160 MB
    began = time.monotonic()
    for number in range(0, 5000, 50):
        replay.at(START + timedelta(hours=number)).fetch(f"{SITE}/{number % 1000}", SOURCE)
    assert time.monotonic() - began < 5


# --- real captures ----------------------------------------------------------------------------


def real(name: str) -> Path:
    path = CORPUS / name
    if not path.exists():
        pytest.skip(f"../shared/corpus/{name} is not here")
    return path


def test_a_ministry_that_redirects_robots_to_an_error_page_forbids_nothing() -> None:
    replay = Replay([real("mfa-spokesperson.warc.gz")])
    capture = replay.fetch("https://www.fmprc.gov.cn/robots.txt", SOURCE)
    assert isinstance(capture.error, Soft404)
    assert capture.final_url == "https://www.fmprc.gov.cn/error.htm"
    page_address = next(each.url for each in replay.captures() if "/t17" in each.url)
    assert replay.fetch(page_address, SOURCE).error is None


@pytest.mark.parametrize(
    ("name", "usable"),
    [
        ("mfa-spokesperson.warc.gz", 356),
        ("state-gov-rss.warc.gz", 340),
        ("government-pages.warc.gz", 10),
    ],
)
def test_no_real_statement_or_listing_is_judged_bad(name: str, usable: int) -> None:
    replay = Replay([real(name)])
    good = 0
    for each in replay.captures():
        capture = replay.at(each.fetched_at).fetch(each.url, SOURCE)
        if each.url.endswith(("robots.txt", "error.htm")):
            assert capture.error is not None
            continue
        assert capture.error is None, capture.error
        assert capture.record_id == each.record_id
        good += 1
    assert good == usable
