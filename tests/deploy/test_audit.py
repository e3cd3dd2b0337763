"""Promise: a known hole in what we stand on is mended or answered, and an audit that could not be
made is never taken for a clean one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ASKED = "alpha==1.0\nbeta==2.0\n"
HOLES = {"jinja2": "GHSA-old", "beta": "GHSA-beta"}
ANSWER = (
    '[[answer]]\nid = "CVE-{package}"\npackage = "beta"\nreason = "{reason}"\nuntil = {until}\n'
)


class Service(BaseHTTPRequestHandler):
    """As OSV answers a query for one release."""

    holes: dict[str, str] = HOLES

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"].lower()
        hole = {
            "id": self.holes.get(name), "aliases": [f"CVE-{name}"], "details": "", "summary": "",
            "modified": "2026-01-01T00:00:00Z", "published": "2026-01-01T00:00:00Z",
            "affected": [{
                "package": {"name": name, "ecosystem": "PyPI"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9"}]}],
                "versions": [asked["version"]],
            }],
        }  # fmt: skip
        told: dict[str, Any] = {"vulns": [hole]} if name in self.holes else {}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


Audit = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[Audit]:
    """The audit of two packages, asked of a service that knows these holes."""
    (tmp_path / "requirements.txt").write_text(ASKED)
    servers: list[ThreadingHTTPServer] = []

    def run(holes: dict[str, str], answers: str = "") -> subprocess.CompletedProcess[str]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("S", (Service,), {"holes": holes}))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (tmp_path / "answers.toml").write_text(answers)
        url = f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        words = ("--osv-url", url, "--requirements", tmp_path / "requirements.txt")
        given = (*words, "--answers", tmp_path / "answers.toml")
        command = [sys.executable, ROOT / "deploy/audit.py", *given]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    yield run
    for server in servers:
        server.shutdown()


def test_what_is_known_and_unanswered_fails(audit: Audit) -> None:
    done = audit(HOLES)
    assert done.returncode == 1, done.stderr
    assert "FOUND beta 2.0: CVE-beta, GHSA-beta (mended in 9)" in done.stdout
    assert "alpha" not in done.stdout


def test_an_answer_holds_until_its_day(audit: Audit) -> None:
    answer = ANSWER.format(package="beta", reason="Not used.", until="2999-01-01")
    assert audit(HOLES, answer).returncode == 0
    assert audit(HOLES, answer.replace("2999", "2020")).returncode == 1
    gone = audit({"jinja2": "GHSA-old"}, answer)
    assert gone.returncode == 0
    assert "its answer can go: CVE-beta" in gone.stdout
    assert audit(HOLES, answer.replace("Not used.", "")).returncode == 1


def test_a_service_that_knows_nothing_does_not_make_it_clean(audit: Audit) -> None:
    done = audit({})
    assert done.returncode == 3
    assert "NOT AUDITED" in done.stderr


def test_a_service_that_is_away_does_not_make_it_clean(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(ASKED)
    given = ("--osv-url", "http://127.0.0.1:9/", "--requirements", tmp_path / "requirements.txt")
    command = [sys.executable, ROOT / "deploy/audit.py", *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "NOT AUDITED" in done.stderr
