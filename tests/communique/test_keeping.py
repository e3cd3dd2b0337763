"""Promise: what a restore writes takes no evidence away, and leads nowhere else."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from communique.keeping import DUMPS, BackupError, check, pack, put
from communique.settings import Settings


def made(folder: Path) -> Settings:
    (folder / "watchlists").mkdir(parents=True)
    return Settings(home=folder, watchlists=folder / "watchlists")


def tar_of(members: dict[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    out.seek(0)
    return out


def test_evidence_that_has_grown_stays_and_what_is_other_than_the_backups_is_put_aside(
    tmp_path: Path,
) -> None:
    settings = made(tmp_path)
    there = {
        "archive/china/a.warc.gz": b"first record, second record",
        "archive/china/b.warc.gz": b"something else",
        "watchlists/ours.yaml": b"rules: []",
        "watchlists/new.yaml": b"rules: []",
    }
    for name, content in there.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    backup = {
        "archive/china/a.warc.gz": b"first record",
        "archive/china/b.warc.gz": b"evidence",
        "archive/china/c.warc.gz": b"more evidence",
        "watchlists/ours.yaml": b"rules: []",
    }
    assert put(settings, tar_of(backup)) == 2
    now = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert now == {
        **backup,
        "archive/china/a.warc.gz": b"first record, second record",
        "archive/china/b.warc.gz.before-restore": b"something else",
        "watchlists/new.yaml.before-restore": b"rules: []",
    }


@pytest.mark.parametrize("name", ["archive/../../etc/passwd", "archive//etc/x", "watchlists/", "x"])
def test_a_backup_that_leads_elsewhere_writes_nothing(tmp_path: Path, name: str) -> None:
    settings = made(tmp_path / "home")
    if name == "x":
        assert put(settings, tar_of({name: b"no place"})) == 0
    else:
        with pytest.raises(BackupError, match="no place here"):
            put(settings, tar_of({name: b"elsewhere"}))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_backup_names_each_part_and_one_that_lacks_any_is_none(tmp_path: Path) -> None:
    settings = made(tmp_path)
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/a.warc.gz").write_bytes(b"evidence")
    facts = b"taken_at\tcommunique\t2026-03-02T06:10:00Z\nhead\tcommunique.alembic_version\t0006\n"
    dumps = {"airflow.dump": b"1", "airflow.tsv": b"", "communique.dump": b"2"}
    with pytest.raises(BackupError, match=r"lack communique\.tsv"):
        pack(settings, tar_of(dumps), io.BytesIO())
    whole = io.BytesIO()
    pack(settings, tar_of({**dumps, "communique.tsv": facts}), whole)
    told = check(settings, io.BytesIO(whole.getvalue()))
    assert told.facts[1] == ["head", "communique.alembic_version", "0006"]
    assert set(told.files) == {*dumps, "communique.tsv", "archive/a.warc.gz"}
    unknown = facts.replace(b"0006", b"9999")
    later = io.BytesIO()
    pack(settings, tar_of({**dumps, "communique.tsv": unknown}), later)
    with pytest.raises(BackupError, match=r"unknown here: communique\.alembic_version 9999"):
        check(settings, io.BytesIO(later.getvalue()))


def test_an_archive_that_is_named_by_its_folder_alone_is_kept_too(tmp_path: Path) -> None:
    settings = made(tmp_path).model_copy(update={"archive_url": str(tmp_path / "evidence")})
    (tmp_path / "evidence/china").mkdir(parents=True)
    (tmp_path / "evidence/china/a.warc.gz").write_bytes(b"evidence")
    out = io.BytesIO()
    pack(settings, tar_of(dict.fromkeys(DUMPS, b"")), out)
    with tarfile.open(fileobj=io.BytesIO(out.getvalue())) as packed:
        assert "archive/china/a.warc.gz" in packed.getnames()


def test_what_was_archived_on_disk_before_the_archive_went_to_s3_is_kept_too(
    tmp_path: Path,
) -> None:
    told = {"archive_url": "s3://bucket/communique"}
    settings = made(tmp_path / "lost").model_copy(update=told)
    evidence = tmp_path / "lost/archive/china/a.warc.gz"
    evidence.parent.mkdir(parents=True)
    evidence.write_bytes(b"evidence that the store names")
    out = io.BytesIO()
    pack(settings, tar_of(dict.fromkeys(DUMPS, b"")), out)
    anew = made(tmp_path / "anew").model_copy(update=told)
    check(anew, io.BytesIO(out.getvalue()))
    assert put(anew, io.BytesIO(out.getvalue())) == 1
    back = tmp_path / "anew/archive/china/a.warc.gz"
    assert back.read_bytes() == b"evidence that the store names"
