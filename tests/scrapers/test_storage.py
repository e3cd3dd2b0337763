"""An archive on S3, against a real server: what was written is there whole, and what the store
refuses is said in words that help."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import botocore.auth
import pytest
from s3fs import S3FileSystem

from scrapers import storage
from scrapers.archive import open_archive
from scrapers.errors import NotInArchive
from scrapers.storage import StorageError
from scrapers.warc import places, read_record
from tests.object_store import BUCKET, READER, WRITER, ObjectStore
from tests.scrapers.test_archive import an_exchange, records

ROOT = Path(__file__).parents[2]
WRITING = """
import sys
sys.path.insert(0, {root!r})
from tests.scrapers.test_archive import an_exchange
from scrapers.archive import open_archive
with open_archive({folder!r}, "run.warc.gz") as archive:
    for number in range({most}):
        print(*archive.write(an_exchange(number, body=b"x" * 200_000)), flush=True)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with ObjectStore(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def folder(store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    as_who(monkeypatch, store.environment())
    yield f"s3://{BUCKET}/{tmp_path.name}"
    S3FileSystem.clear_instance_cache()


def as_who(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    """What this process is from here on for any store: libraries keep who they were."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()


def started(code: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env=kept | dict(environment),
    )


def refused(folder: str) -> str:
    """What a writer is told by a store that does not take what it writes."""
    with (
        open_archive(folder, "run.warc.gz") as archive,
        pytest.raises(StorageError) as told,
    ):
        archive.write(an_exchange())
    said = str(told.value)
    assert f"the archive at {folder}/run-" in said
    assert "secret" not in said
    return said


def test_what_is_written_is_in_the_store_before_the_writer_goes_on(folder: str) -> None:
    with open_archive(folder, "desk/run.warc.gz") as archive:
        kept = [archive.write(an_exchange(number)) for number in range(3)]
        for number, (address, record_id) in enumerate(kept):
            found = read_record(address, record_id)
            assert (found.place.url, found.intact) == (f"https://m.example/{number}", True)
            assert [kind for kind, _, _ in records(address)] == ["warcinfo", "response", "request"]
    assert all(address.startswith(f"{folder}/desk/run-") for address, _ in kept)


def test_nothing_fetched_leaves_no_object(store: ObjectStore, folder: str) -> None:
    with open_archive(folder, "desk/run.warc.gz"):
        pass
    assert not store.files().exists(folder)


def test_two_processes_of_one_task_at_once_keep_what_each_wrote(
    store: ObjectStore, folder: str
) -> None:
    code = WRITING.format(root=str(ROOT), folder=folder, most=10)
    both = [started(code, store.environment()) for _ in range(2)]
    told = [line.split() for one in both for line in one.communicate()[0].splitlines()]
    assert len({address for address, _ in told}) == 20
    for address, record_id in told:
        assert read_record(address, record_id).intact


def test_a_process_killed_while_it_writes_leaves_all_it_told_of_and_nothing_broken(
    store: ObjectStore, folder: str
) -> None:
    code = WRITING.format(root=str(ROOT), folder=folder, most=10**9)
    with started(code, store.environment()) as child:
        assert child.stdout is not None
        told = [child.stdout.readline().split() for _ in range(20)]
        child.send_signal(signal.SIGKILL)
        told += [line.split() for line in child.stdout if line.endswith("\n")]
    kept = store.files().ls(folder, detail=False)
    assert {address for address, _ in told} <= {f"s3://{name}" for name in kept}
    for name in kept:
        assert len(list(places(f"s3://{name}"))) == 1  # no empty one, none cut short
    uploads = store.files().call_s3("list_multipart_uploads", Bucket=BUCKET)
    assert not uploads.get("Uploads")


def test_what_is_not_in_the_store_is_told_from_a_store_that_refuses(
    store: ObjectStore, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotInArchive, match="no such archive"):
        read_record(f"{folder}/none.warc.gz", "urn:uuid:none")
    with pytest.raises(StorageError, match="no such bucket"):
        read_record("s3://nowhere/none.warc.gz", "urn:uuid:none")
    with open_archive(folder, "run.warc.gz") as archive:
        address, record_id = archive.write(an_exchange())
    as_who(monkeypatch, store.environment((WRITER[0], "another")))
    with pytest.raises(StorageError, match="AWS_SHARED_CREDENTIALS_FILE"):
        read_record(address, record_id)


@pytest.mark.parametrize("who", [(WRITER[0], "not-its-word"), ("nobody", "nothing"), None])
def test_wrong_credentials_are_named_as_such(
    store: ObjectStore,
    folder: str,
    monkeypatch: pytest.MonkeyPatch,
    who: tuple[str, str] | None,
) -> None:
    as_who(monkeypatch, store.environment(who))
    assert "AWS_SHARED_CREDENTIALS_FILE" in refused(folder)


def test_who_may_not_write_hears_what_is_needed(
    store: ObjectStore, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_who(monkeypatch, store.environment(READER))
    assert "s3:PutObject" in refused(folder)


@pytest.mark.usefixtures("folder")
def test_a_missing_bucket_is_not_made_but_named(store: ObjectStore) -> None:
    assert "no such bucket: make it" in refused("s3://nowhere/folder")
    assert not store.files().exists("nowhere")


def test_a_clock_that_is_wrong_is_named_as_such_and_once_right_all_goes_on(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, slow = botocore.auth.get_current_datetime, timedelta(hours=2)
    with open_archive(folder, "run.warc.gz") as archive:
        kept = [archive.write(an_exchange(1))]
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: right() - slow)
        with pytest.raises(StorageError, match="Set this machine's clock"):
            archive.write(an_exchange(2))
        monkeypatch.setattr(botocore.auth, "get_current_datetime", right)
        kept.append(archive.write(an_exchange(2)))
    assert all(read_record(*one).intact for one in kept)


def test_a_store_that_is_down_is_named_without_who_asked(
    store: ObjectStore, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(S3FileSystem, "retries", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        url = f"http://me:my-secret@127.0.0.1:{taken.getsockname()[1]}"
        as_who(monkeypatch, store.environment(url=url))
        assert "AWS_ENDPOINT_URL_S3" in refused(folder)


def test_a_store_that_never_answers_is_left(
    store: ObjectStore, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "PATIENCE", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # the kernel takes the request, and nobody reads it
        as_who(
            monkeypatch,
            store.environment(url=f"http://127.0.0.1:{silent.getsockname()[1]}"),
        )
        assert "does not answer" in refused(folder)


def test_credentials_and_endpoint_may_come_from_files(
    store: ObjectStore, folder: str, tmp_path: Path
) -> None:
    given = tmp_path / "credentials"
    key, secret = WRITER
    given.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    told = tmp_path / "config"
    told.write_text(
        f"[default]\nservices = ours\n[services ours]\ns3 =\n  endpoint_url = {store.url}\n"
    )
    environment = {
        "AWS_SHARED_CREDENTIALS_FILE": str(given),
        "AWS_CONFIG_FILE": str(told),
        "AWS_ENDPOINT_URL_S3": "",  # as compose hands on what is not set
    }
    code = WRITING.format(root=str(ROOT), folder=folder, most=1)
    with started(code, environment) as child:
        address, record_id = child.communicate(timeout=60)[0].split()
    assert read_record(address, record_id).intact
