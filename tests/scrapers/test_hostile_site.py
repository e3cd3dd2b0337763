"""Promise: whatever a site sends, it harms its own source at most, in bounded time and memory, and
reaches nothing that is not on the web."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from scrapers.archive import open_archive, read_record
from scrapers.errors import Broken, NotInArchive, ScrapeError, SourceFactsError
from scrapers.facts import load_sources
from scrapers.fetch import Fetcher
from scrapers.readers import Page, _pdf_text, reader, readers
from scrapers.sources import Source
from tests.scrapers.test_fetch import HTML, LOOPBACK, PAGE, a_policy, a_source, fetch
from tests.servers import Reply, Server

NOW = datetime(2026, 3, 12, 6, tzinfo=timezone.utc)
SECONDS = 5.0
ELSEWHERE = (
    "file:///etc/passwd",
    "s3://bucket/secret",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "http://127.0.0.1:5432/",
    "http://[::ffff:127.0.0.1]:8080/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0x7f000001:8080/",
    "http://localtest.invalid@127.0.0.1:8080/",
)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def page_of(reader_name: str, html: str, body: bytes = b"") -> Page:
    source = Source(
        id="xx_embassy",
        desk="elsewhere",
        publisher="Embassy of Nowhere",
        kind="embassy",
        languages=("en",),
        reader=reader_name,
    )
    return Page(
        url="https://www.example.org/press/", html=html, source=source, fetched_at=NOW,
        entry=None, body=body or html.encode(),
    )  # fmt: skip


def test_a_page_compressed_thousands_of_times_over_is_broken(
    server: Server, tmp_path: Path
) -> None:
    codings = ",".join(["gzip"] * 5_000)
    server.pages["/a"] = Reply(
        headers={**HTML, "Content-Encoding": codings}, body=gzip.compress(PAGE.encode())
    )
    with (
        open_archive(tmp_path.as_uri(), "a.warc.gz") as archive,
        Fetcher(a_policy(), archive=archive) as fetcher,
    ):
        capture = fetcher.fetch(server.url + "/a", a_source())
    assert isinstance(capture.error, Broken)
    assert "5000 times" in str(capture.error)
    assert capture.warc
    assert capture.record_id
    assert isinstance(read_record(capture.warc, capture.record_id).error, Broken)


@pytest.mark.parametrize("name", sorted(readers()))
@pytest.mark.parametrize(
    "path",
    [
        "/pressemitteilungen/" + "-" * 1_900 + "/x",
        "/news/" + "a-" * 950 + "/x",
        "/" + "1" * 1_950 + "!",
        "/press" * 325 + "-",
        "/2024/" + "%20" * 640,
    ],
)
def test_an_address_made_to_take_hours_takes_no_time(name: str, path: str) -> None:
    used, url = reader(name), f"https://www.example.org{path}"
    began = time.monotonic()
    if used.is_address is not None:
        used.is_address(url)
    try:
        used.listing(page_of(name, f"<html><body><a href='{url}'>A long enough title</a></body>"))
    except ScrapeError:
        assert time.monotonic() - began < SECONDS
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("line", ["a" * 48 + "-", "ab " * 16 + "-", "-" * 49, "中" * 50])
def test_a_paragraph_of_a_million_characters_is_put_together_at_once(line: str) -> None:
    began = time.monotonic()
    _pdf_text._joined([line] * 20_000, frozenset())
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("rules", ["*a" * 400 + "b$", "a*" * 2_000, "*" * 10_000 + "$"])
def test_rules_made_to_take_hours_take_no_time(server: Server, rules: str) -> None:
    server.pages["/robots.txt"] = Reply(body=f"User-agent: *\nDisallow: /{rules}\n" * 20)
    server.pages["/" + "a" * 1_000] = Reply(headers=HTML, body=PAGE)
    began = time.monotonic()
    fetch(server.url + "/" + "a" * 1_000)
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("kind", ["feed", "sitemap", "json", "wordpress", "generic"])
@pytest.mark.parametrize(
    "body",
    [
        "/etc/hostname",
        "http://127.0.0.1:9/feed",
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        "<rss version='2.0'><channel><item><title>&x;</title><link>https://www.example.org/a"
        "</link></item></channel></rss>",
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 if n else str()};" * 10}">' for n in range(9))
        + "]><rss version='2.0'><channel><item><title>&a8;</title><link>https://www.example.org/a"
        "</link></item></channel></rss>",
        "[" * 200_000,
        '{"a":' * 200_000,
        "<div>" * 50_000 + "<a href='/x-y-z-1'>A long enough title</a>",
        "<a href='" * 50_000,
    ],
    ids=["path", "address", "entity", "laughs", "deep list", "deep object", "deep page", "quotes"],
)
def test_a_listing_made_to_harm_its_reader_names_nothing_of_ours(kind: str, body: str) -> None:
    own = Path("/etc/hostname").read_text().strip() if Path("/etc/hostname").exists() else "?"
    began = time.monotonic()
    try:
        listing = reader(kind).listing(page_of(kind, body))
    except ScrapeError as error:
        said = str(error)
    else:
        said = " ".join(str(entry.title) + (entry.body or "") for entry in listing.entries)
    assert own not in said or own in body
    assert len(said) < 100_000
    assert time.monotonic() - began < 2 * SECONDS


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_redirect_leads_nowhere_but_to_the_web(server: Server, where: str) -> None:
    server.pages["/a"] = Reply(302, headers={"Location": where})
    server.pages["/robots.txt"] = Reply(404)
    capture = fetch(server.url + "/a", allow=a_policy().allow if "127" not in where else LOOPBACK)
    assert capture.error is not None
    assert not capture.body


@pytest.mark.parametrize("where", ELSEWHERE)
def test_rules_that_are_redirected_reach_nothing_either(server: Server, where: str) -> None:
    server.pages["/robots.txt"] = Reply(302, headers={"Location": where})
    server.pages["/a"] = Reply(headers=HTML, body=PAGE)
    with Fetcher(a_policy(allow=())) as fetcher:
        assert fetcher.fetch(server.url + "/a", a_source()).error is not None
    assert server.connections == 0


@pytest.mark.parametrize("address", ["file:///etc/passwd", "s3://bucket/key", "ftp://host/a"])
def test_facts_name_places_on_the_web_alone(tmp_path: Path, address: str) -> None:
    (tmp_path / "elsewhere.yaml").write_text(
        "- id: xx_embassy\n  publisher: Embassy\n  kind: embassy\n  country: FR\n"
        f"  languages: [en]\n  reader: generic\n  listings: ['{address}']\n"
    )
    with pytest.raises(SourceFactsError, match="http"):
        load_sources(tmp_path)


@pytest.mark.parametrize("before", ["", "simplecache::", "filecache::"])
def test_what_the_store_names_as_an_archive_leads_to_no_host(server: Server, before: str) -> None:
    with pytest.raises(NotInArchive):
        read_record(f"{before}{server.url}/latest/meta-data", "urn:uuid:1")
    assert server.connections == 0


def test_a_file_that_is_no_archive_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("what nobody is to read\n")
    with pytest.raises(NotInArchive) as said:
        read_record((tmp_path / "key").as_uri(), "urn:uuid:1")
    assert "nobody" not in str(said.value)
