"""What was fetched can be proven later: the archive holds what the server sent, whole and once."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from ipaddress import ip_network
from pathlib import Path

import fsspec
import pytest
from warcio.archiveiterator import ArchiveIterator

from scrapers.archive import Evidence, open_archive
from scrapers.errors import NotInArchive, TooLarge, Truncated
from scrapers.fetch import Fetcher, FetchPolicy
from scrapers.sources import Source
from scrapers.values import Known
from scrapers.warc import read_record, read_records
from tests.servers import Reply, Server

HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = "<title>Évidence</title><p>" + "Words that will be kept. " * 50
POLICY = FetchPolicy(allow=(ip_network("127.0.0.0/8"),), backoff=0.01, max_body=100_000)
SOURCE = Source(
    id="xx_embassy",
    desk="elsewhere",
    publisher="Embassy of Nowhere",
    kind="embassy",
    languages=("en",),
    delay=0,
)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def an_exchange(number: int = 0, body: bytes = b"<p>body</p>") -> Evidence:
    return Evidence(
        url=f"https://m.example/{number}",
        fetched_at=datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=timezone.utc),
        request=(("User-Agent", "Communique/1"),),
        status_line="HTTP/1.1 200 OK",
        headers=(("Content-Type", "text/html"), ("X-Odd", "caf\xe9")),
        body=body,
    )


def records(address: str) -> list[tuple[str, dict[str, str], bytes]]:
    """Kind, WARC headers and block of each record, with all digests checked by warcio."""
    with fsspec.open(address, "rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            record.raw_stream.read()
            assert record.digest_checker.passed or record.rec_type == "warcinfo"
    found = []
    with fsspec.open(address, "rb") as stream:
        for record in ArchiveIterator(stream, no_record_parse=True):
            block = record.raw_stream.read()
            found.append((record.rec_type, dict(record.rec_headers.headers), block))
    return found


def test_every_answer_of_a_fetch_is_archived_as_the_server_sent_it(
    server: Server, tmp_path: Path
) -> None:
    squeezed = gzip.compress(PAGE.encode())
    server.pages["/a"] = Reply(302, {"Location": "/b"}, body="moved")
    server.pages["/b"] = [
        Reply(503),
        Reply(headers={**HTML, "Content-Encoding": "gzip"}, body=squeezed, chunked=True),
    ]
    with (
        open_archive(f"file://{tmp_path}", "desk/run.warc.gz") as archive,
        Fetcher(POLICY, archive=archive) as fetcher,
    ):
        capture = fetcher.fetch(server.url + "/a", SOURCE)
    assert capture.warc == f"file://{tmp_path}/desk/run.warc.gz"

    found = records(capture.warc)
    assert found[0][0] == "warcinfo"
    answers = [(head, block) for kind, head, block in found if kind == "response"]
    asked = [(head, block) for kind, head, block in found if kind == "request"]
    assert [head["WARC-Target-URI"].removeprefix(server.url) for head, _ in answers] == [
        "/robots.txt", "/a", "/b", "/b"
    ]  # fmt: skip
    assert [head["WARC-Concurrent-To"] for head, _ in asked] == [
        head["WARC-Record-ID"] for head, _ in answers
    ]
    head, block = answers[-1]
    http, _, body = block.partition(b"\r\n\r\n")
    assert body == squeezed
    assert head["WARC-Payload-Digest"] == f"sha256:{hashlib.sha256(squeezed).hexdigest()}"
    assert head["WARC-Record-ID"] == f"<{capture.record_id}>"
    assert head["WARC-IP-Address"] == "127.0.0.1"
    assert b"X-Archive-Orig-Transfer-Encoding: chunked" in http
    assert asked[-1][1].startswith(b"GET /b HTTP/1.1\r\nHost: 127.0.0.1")
    assert b"User-Agent: Communique/" in asked[-1][1]

    again = read_record(capture.warc, str(capture.record_id))
    assert (again.status, again.body, again.error) == (200, capture.body, None)
    assert again.fetched_at == capture.fetched_at
    assert again.payload_digest == head["WARC-Payload-Digest"]
    assert again.intact is True
    assert again.headers["content-type"] == HTML["Content-Type"]


def test_a_304_is_kept_too(server: Server, tmp_path: Path) -> None:
    server.pages["/a"] = Reply(304)
    with (
        open_archive(f"file://{tmp_path}", "a.warc.gz") as archive,
        Fetcher(POLICY, archive=archive) as fetcher,
    ):
        capture = fetcher.fetch(server.url + "/a", SOURCE, Known(etag='"1"'))
    again = read_record(str(capture.warc), str(capture.record_id))
    assert (again.status, again.body) == (304, b"")


def test_a_body_that_broke_off_says_so_for_ever(server: Server, tmp_path: Path) -> None:
    server.pages["/long"] = Reply(headers=HTML, body=b"x" * 100_001)
    policy = FetchPolicy(allow=POLICY.allow, retries=0, max_body=100_000, read_timeout=0.3)
    server.pages["/short"] = Reply(headers=HTML, body=PAGE, length=9999, send=500)
    with (
        open_archive(f"file://{tmp_path}", "a.warc.gz") as archive,
        Fetcher(policy, archive=archive) as fetcher,
    ):
        captures = [fetcher.fetch(server.url + path, SOURCE) for path in ("/short", "/long")]
    for capture, kind in zip(captures, (Truncated, TooLarge), strict=True):
        assert type(capture.error) is kind
        again = read_record(str(capture.warc), str(capture.record_id))
        assert type(again.error) is kind
        assert (again.body, again.intact) == (b"", True)


def test_nothing_fetched_leaves_no_file(tmp_path: Path) -> None:
    with open_archive(f"file://{tmp_path}/deep", "a.warc.gz"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_exists_is_never_overwritten(tmp_path: Path) -> None:
    kept = []
    for number in range(3):
        with open_archive(f"file://{tmp_path}/x", "d/run.warc.gz") as archive:
            kept.append(archive.write(an_exchange(number)))
    assert [address.rsplit("/", 1)[1] for address, _ in kept] == [
        "run.warc.gz", "run-2.warc.gz", "run-3.warc.gz"
    ]  # fmt: skip
    for number, (address, record_id) in enumerate(kept):
        assert read_record(address, record_id).place.url == f"https://m.example/{number}"
        assert len(records(address)) == 3


def test_where_nothing_can_be_appended_each_exchange_is_a_file_at_once() -> None:
    folder, kept = f"memory://objects-{os.getpid()}", []
    for _ in range(2):  # two processes that have the same task
        with open_archive(folder, "d/run.warc.gz") as archive:
            kept += [archive.write(an_exchange(number)) for number in range(2)]
            for address, record_id in kept:
                assert read_record(address, record_id).intact
    assert len({address for address, _ in kept}) == 4
    for address, _ in kept:
        assert f"objects-{os.getpid()}/d/run-" in address
        assert [kind for kind, _, _ in records(address)] == ["warcinfo", "response", "request"]


def test_threads_may_share_a_writer(tmp_path: Path) -> None:
    with open_archive(f"file://{tmp_path}", "a.warc.gz") as archive:
        threads = [
            threading.Thread(target=lambda n=n: [archive.write(an_exchange(n)) for _ in range(20)])
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        address, _ = archive.write(an_exchange())
    assert len(records(address)) == 1 + 2 * 161


def test_many_records_are_read_in_one_pass_and_missing_ones_are_named(tmp_path: Path) -> None:
    with open_archive(f"file://{tmp_path}", "a.warc.gz") as archive:
        kept = [archive.write(an_exchange(number)) for number in range(5)]
    address = kept[0][0]
    wanted = {kept[1][1], kept[3][1]}
    assert [each.place.record_id for each in read_records(address, wanted)] == [
        kept[1][1], kept[3][1]
    ]  # fmt: skip
    assert len(list(read_records(address))) == 5
    with pytest.raises(NotInArchive, match="urn:uuid:none"):
        read_record(address, "urn:uuid:none")
    with pytest.raises(NotInArchive, match="no such archive"):
        read_record(f"file://{tmp_path}/none.warc.gz", kept[0][1])
    (tmp_path / "text.warc").write_text("this is no archive\n" * 9)
    with pytest.raises(NotInArchive, match="no WARC file"):
        list(read_records(f"file://{tmp_path}/text.warc"))


def test_a_forged_byte_is_found_out(tmp_path: Path) -> None:
    with open_archive(f"file://{tmp_path}", "a.warc.gz") as archive:
        address, record_id = archive.write(an_exchange(body=b"<p>Huawei is banned</p>"))
    path = Path(address.removeprefix("file://"))
    plain = gzip.decompress(path.read_bytes())
    forged = io.BytesIO(plain.replace(b"is banned", b"no banned"))
    path.write_bytes(forged.getvalue())
    assert read_record(address, record_id).intact is False


def test_a_full_disk_is_our_trouble_and_spoils_no_other_record(
    server: Server, tmp_path: Path
) -> None:
    server.pages["/a"] = Reply(headers=HTML, body=PAGE)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_archive(f"file://{tmp_path}", "a.warc.gz") as archive:
        address, before = archive.write(an_exchange(1))
        size = Path(address.removeprefix("file://")).stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300, limits[1]))
        try:
            with Fetcher(POLICY, archive=archive) as fetcher, pytest.raises(OSError, match="large"):
                fetcher.fetch(server.url + "/a", SOURCE)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        _, after = archive.write(an_exchange(2))
    assert [each.place.record_id for each in read_records(address)] == [before, after]


WRITER = """
import sys
sys.path.insert(0, {root!r})
from tests.scrapers.test_archive import an_exchange
from scrapers.archive import open_archive
archive = open_archive({folder!r}, "run.warc.gz")
for number in range(10**9):
    print(*archive.write(an_exchange(number, body=b"x" * 50_000)), flush=True)
"""


def test_what_is_written_is_on_the_disk_before_anybody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far as that can be seen without pulling the plug: all of the file, and its name."""
    synced: dict[str, int] = {}
    sync = os.fsync

    def noting(handle: int) -> None:
        sync(handle)
        synced[str(Path(f"/proc/self/fd/{handle}").readlink())] = os.fstat(handle).st_size

    monkeypatch.setattr(os, "fsync", noting)
    with open_archive(f"file://{tmp_path}", "china/2026-11-21/run.warc.gz") as archive:
        for number in range(3):
            path = Path(archive.write(an_exchange(number))[0].removeprefix("file://"))
            assert synced[str(path)] == path.stat().st_size
    assert {str(folder) for folder in path.parents[:3]} <= synced.keys()


def test_a_killed_writer_leaves_every_whole_record_readable(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    code = WRITER.format(root=root, folder=f"file://{tmp_path}")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [child.stdout.readline().split() for _ in range(50)]
        child.send_signal(signal.SIGKILL)
        told += [line.split() for line in child.stdout if line.endswith("\n")]
    address = told[0][0]
    readable = {each.place.record_id for each in read_records(address)}
    assert {record_id for _, record_id in told} <= readable

    path = Path(address.removeprefix("file://"))
    path.write_bytes(path.read_bytes()[:-30])  # killed in the middle of a write
    cut = {each.place.record_id for each in read_records(address) if each.error is None}
    assert len(cut) >= len(readable) - 1
    with open_archive(f"file://{tmp_path}", "run.warc.gz") as retried:
        assert retried.write(an_exchange())[0].endswith("run-2.warc.gz")
