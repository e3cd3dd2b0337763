"""Promise: anyone can check the proof offline, with tools that are not ours."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.communique.evidence.ministry import Ministry, article
from tests.communique.evidence.test_verify import flip, responses


def test_an_outsider_verifies_a_bundle_with_standard_tools(
    ministry: Ministry, tmp_path: Path
) -> None:
    ministry.collect()
    ministry.web.pages["/press/t1.shtml"] = article(1, last="It was said otherwise later.")
    ministry.collect("2026-03-22T06:00:00Z")
    number = ministry.statements["t1.shtml"]
    for name in ("one.zip", "two.zip"):
        ministry.run("export", "--evidence", str(number), "--out", str(tmp_path / name))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        assert packed.testzip() is None
        packed.extractall(tmp_path / "out")
    folder = tmp_path / "out" / f"statement-{number}"
    subprocess.run(("sha256sum", "--strict", "-c", "SHA256SUMS"), cwd=folder, check=True)
    warcio = (sys.executable, "-m", "warcio.cli")
    checked = subprocess.run(
        (*warcio, "check", "-v", "evidence.warc.gz"), cwd=folder, check=True, capture_output=True
    )
    assert b"digest pass" in checked.stdout
    said = json.loads((folder / "statement.json").read_text(encoding="utf-8"))
    assert [one["number"] for one in said["wordings"]] == [1, 2]
    for one in said["wordings"]:
        capture = one["capture"]
        offset = str(capture["warc_offset"])
        page = subprocess.run(
            (*warcio, "extract", "--payload", "evidence.warc.gz", offset),
            cwd=folder,
            check=True,
            capture_output=True,
        ).stdout
        assert page == (folder / capture["page"]).read_bytes()
        assert hashlib.sha256(page).hexdigest() == capture["sha256_of_page"]
        words = "\n".join(" ".join(one[part].split()) for part in ("title", "text"))
        assert hashlib.sha256(words.encode()).hexdigest() == one["sha256_of_wording"]
    assert "sha256sum -c SHA256SUMS" in (folder / "README.txt").read_text(encoding="utf-8")


def test_evidence_that_does_not_hold_is_not_handed_on(ministry: Ministry, tmp_path: Path) -> None:
    ministry.collect()
    path = ministry.files["ministry"]
    hit = responses(path)["t2.shtml"]
    flip(path, hit.offset + hit.size // 2)
    out = tmp_path / "evidence.zip"
    number = str(ministry.statements["t2.shtml"])
    said = ministry.run("export", "--evidence", number, "--out", str(out), status=1)
    assert "does not hold" in said
    assert not out.exists()
    ministry.run("export", "--evidence", "999", "--out", str(out), status=1)


def test_a_bundle_goes_through_a_pipe_that_stays_one(ministry: Ministry, tmp_path: Path) -> None:
    ministry.collect()
    pipe, number = tmp_path / "pipe", str(ministry.statements["t2.shtml"])
    os.mkfifo(pipe)
    with subprocess.Popen(("cat", str(pipe)), stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        try:
            ministry.run("export", "--evidence", number, "--out", str(pipe))
            assert pipe.is_fifo()
            assert reader.stdout.read(2) == b"PK"
        finally:
            reader.kill()
