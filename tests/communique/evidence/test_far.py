"""The archive on S3, against a real server: what the store says is proved, whoever dies."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from s3fs import S3FileSystem

from communique.evidence import Proof, passing, verify_all
from scrapers.facts import load_sources
from tests.communique.evidence.ministry import Ministry, article, listing, opened
from tests.object_store import BUCKET, READER, ObjectStore
from tests.servers import Server

COLLECT = "from communique.cli import main; main()"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with ObjectStore(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def far(
    store: ObjectStore, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ministry]:
    """A ministry whose evidence goes to the store."""
    for name, value in store.environment().items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()
    with Server() as web:
        ministry = opened(tmp_path, web, database_url)
        ministry.settings["archive_url"] = f"s3://{BUCKET}/{tmp_path.name}"
        yield ministry
        ministry.store.dispose()
    S3FileSystem.clear_instance_cache()


def collecting(far: Ministry) -> subprocess.Popen[str]:
    settings = far.settings | {"now": far.moment}
    kept = {name: value for name, value in os.environ.items() if "COMMUNIQUE_" not in name}
    return subprocess.Popen(
        [sys.executable, "-c", COLLECT, "collect"],
        env=kept | {f"COMMUNIQUE_{name.upper()}": value for name, value in settings.items()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def slow(far: Ministry, seconds: float) -> None:
    """Makes many pages of the ministry's, each of which takes a while."""
    far.web.pages["/press/default.shtml"] = listing(range(1, 25))
    for number in range(1, 25):
        far.web.pages[f"/press/t{number}.shtml"] = replace(article(number), delay=seconds)


def captured(far: Ministry) -> set[str]:
    """The files that the store's captures name."""
    rows = far.rows("SELECT DISTINCT warc FROM communique.captures WHERE warc IS NOT NULL")
    return {str(name) for (name,) in rows}


def kept(store: ObjectStore, far: Ministry) -> set[str]:
    """The files that there are."""
    return {f"s3://{name}" for name in store.files().find(far.settings["archive_url"])}


def told_once(far: Ministry) -> None:
    urls = Counter(url for (url,) in far.rows("SELECT url FROM analyst.statements"))
    assert set(urls.values()) == {1}
    assert len([url for url in urls if "/press/" in str(url)]) == 24


def test_what_was_collected_is_proved_read_and_handed_on_from_the_store(
    store: ObjectStore, far: Ministry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    far.collect()
    assert captured(far) <= kept(store, far)
    assert all(name.startswith(far.settings["archive_url"]) for name in captured(far))
    assert far.ask("verify", "--all")["wordings"] == len(far.statements) == 7

    monkeypatch.setattr(passing, "_FEW", 1)  # in processes of their own, as a large store is
    sources = {one.id: one for one in load_sources(far.sources)}
    proofs = [one for one in verify_all(far.store, sources, processes=2) if isinstance(one, Proof)]
    assert [one.holds for one in proofs] == [True] * 7

    file = tmp_path / "evidence.zip"
    far.run("export", "--evidence", str(far.statements["t1.shtml"]), "--out", str(file))
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as packed:
        assert any(name.endswith("evidence.warc.gz") for name in packed.namelist())


def test_a_lost_object_is_named_and_proves_again_once_it_is_put_back(
    store: ObjectStore, far: Ministry
) -> None:
    far.collect()
    lost = far.statements["t2.shtml"]
    ((warc,),) = far.rows(
        "SELECT c.warc FROM communique.revisions r JOIN communique.captures c"
        f" ON c.id = r.capture_id AND c.fetched_at = r.captured_at WHERE r.statement_id = {lost}"
    )
    files = store.files()
    copy = files.cat_file(warc)
    files.rm_file(warc)
    said = far.ask("verify", "--all", status=1)
    assert [one["statement"] for one in said["failed"]] == [lost]
    assert said["failed"][0]["problems"] == ["the file is not in the archive"]

    files.pipe_file(warc, copy)
    assert far.ask("verify", "--all")["failed"] == []


def test_a_collect_killed_while_it_writes_leaves_proof_of_all_it_recorded(
    store: ObjectStore, far: Ministry
) -> None:
    slow(far, 0.05)
    for most in (6, 14):
        run, until = collecting(far), time.monotonic() + 60
        while run.poll() is None and len(far.web.arrivals) < most:
            assert time.monotonic() < until
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert captured(far) <= kept(store, far)
    assert far.unproved() == set()

    far.collect()
    told_once(far)
    assert captured(far) <= kept(store, far)
    assert far.unproved() == set()


def test_two_collects_at_once_share_nothing_but_the_store(
    store: ObjectStore, far: Ministry
) -> None:
    slow(far, 0.02)
    both = [collecting(far) for _ in range(2)]
    for one in both:
        one.wait(timeout=90)
    assert [one.returncode for one in both] == [0, 0]
    told_once(far)
    assert captured(far) <= kept(store, far)
    assert far.unproved() == set()


def test_while_the_store_refuses_nothing_is_recorded_and_then_all_is(
    store: ObjectStore, far: Ministry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in store.environment(READER).items():
        monkeypatch.setenv(name, value)
    said = far.run("collect", status=1)
    assert "s3:PutObject" in " ".join(said.split())
    assert "reader-secret" not in said
    assert far.rows("SELECT 1 FROM analyst.statements") == []
    assert kept(store, far) == set()
    errors = {error for (error,) in far.rows("SELECT error FROM analyst.coverage")}
    assert all("s3:PutObject" in str(error) for error in errors)
    (line,) = (one for one in far.ask("doctor", status=1)["checks"] if one["check"] == "archive")
    assert line["state"] == "broken"
    assert "s3:PutObject" in line["found"]

    for name, value in store.environment().items():
        monkeypatch.setenv(name, value)
    far.moment = "2026-03-20T07:00:00Z"
    far.collect()
    assert len(far.statements) == 7
    assert far.unproved() == set()
