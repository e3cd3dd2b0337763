"""Makes what a past release leaves behind, with that release's own code:

    .venv/bin/python -m tests.upgrades.make v0.1.0

A store of the demonstration's two days and of a ministry on loopback that edits a statement,
subscriptions of every sort, and the archive; as tests/upgrades/RELEASE/{store.sql.xz, files.tar.gz,
facts.json}. To be run once for each release, when it is tagged. The release's dependencies must be
near those of this environment.
"""

from __future__ import annotations

import json
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

from communique import embedded
from communique.mailbox import mailbox
from tests.servers import Reply, Server

Settings = Mapping[str, str]

ROOT = Path(__file__).parents[2]
DAYS = ("2026-03-02T18:00:00+00:00", "2026-03-03T18:00:00+00:00")  # the demonstration's
SOURCE = """- id: upgrade_ministry
  publisher: A ministry on loopback
  kind: ministry
  country: CN
  languages: [en]
  time_zone: Asia/Shanghai
  reader: china_mfa
  delay: 0
  listings: [{url}/press/default.shtml]
"""
PAGE = """<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body>
<div class="content_mod"><h2 class="title">{title}</h2><div class="date" id="News_Body_Time"></div>
<div class="content"><p>{text}</p><p>Whoever wants to trade may come.</p></div></div></body></html>
"""
ROADS = "The spokesperson spoke at length of roads, of bridges and of a tunnel. " * 3
BEFORE = "The spokesperson said that the clean network is a wall, and that walls fall. " * 3
AFTER = "The spokesperson said that the clean network is a fence, and that fences rot. " * 3
SUBSCRIBED = (
    ("analyst@example.org",),
    ("head-of-desk@example.org", "--daily", "--hour", "8", "--zone", "Europe/Berlin"),
    ("weekly@example.org", "--weekly", "--severity", "notice"),
    ("narrow@example.org", "--watchlist", "5g-huawei", "--country", "NL,BE", "--quiet", "22-7"),
    ("gone@example.org",),
    ("paused@example.org",),
    ("never-confirmed@elsewhere.example",),
)


def main() -> int:
    """Makes the folder of one release. The release is a tag."""
    (release,) = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix=f"communique-{release}-") as folder:
        code, home = Path(folder, "code"), Path(folder, "home")
        _git("worktree", "add", "--detach", str(code), release)
        try:
            home.mkdir()
            with mailbox(home / "mailbox") as smtp, Server() as web, embedded.server(home) as url:
                _fill(_Release(code, home, smtp, url), web)
                _keep(home, url, ROOT / "tests/upgrades" / release, release)
        finally:
            _git("worktree", "remove", "--force", str(code))
    return 0


class _Release:
    """The command line of a past release."""

    def __init__(self, code: Path, home: Path, smtp: str, url: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("COMMUNIQUE_")}
        self.home, self.code = home, code
        self.settings = kept | {
            "PYTHONPATH": str(code),
            "COMMUNIQUE_HOME": str(home),
            "COMMUNIQUE_DATABASE_URL": url,
            "COMMUNIQUE_SMTP_URL": smtp,
            "COMMUNIQUE_MAIL_FROM": "communique@example.org",
            "COMMUNIQUE_MAINTAINERS": "keeper@example.org",
            "COMMUNIQUE_TRUSTED_DOMAINS": "example.org",
        }

    def __call__(self, told: Settings, *words: str, may_fail: bool = False) -> None:
        """Runs a command; told: COMMUNIQUE_ settings by name. Raises where it ends otherwise."""
        given = {f"COMMUNIQUE_{name.upper()}": value for name, value in told.items()}
        command = [sys.executable, "-c", "from communique.cli import main; main()", *words]
        done = subprocess.run(
            command, env=self.settings | given, cwd=self.code,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode not in ((0, 1) if may_fail else (0,)):
            raise SystemExit(f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        print(" ".join(words), "->", done.stdout.strip().splitlines()[-1:], flush=True)


def _fill(run: _Release, web: Server) -> None:
    pages = run.home / "pages.warc.gz"
    build = f"""from pathlib import Path; from communique.demo.archive import build
build(Path({str(pages)!r}))"""
    subprocess.run([sys.executable, "-c", build], env=run.settings, cwd=run.code, check=True)
    ours = run.home / "sources"
    ours.mkdir()
    (ours / "china.yaml").write_text(SOURCE.format(url=web.url))
    demo = {"sources": str(run.code / "communique/demo/sources"), "replay": str(pages)}
    live = {"sources": str(ours), "allow_addresses": "127.0.0.0/8"}
    run({}, "db", "upgrade")
    begun = datetime.fromisoformat(DAYS[0])
    for words in SUBSCRIBED:
        run({"now": (begun - timedelta(days=1)).isoformat()}, "subscribe", *words)
    for day, text in zip(DAYS, (BEFORE, AFTER), strict=True):
        _publish(web, text)
        night = (datetime.fromisoformat(day) + timedelta(hours=14)).isoformat()
        today, past = live | {"now": day}, demo | {"as_of": day, "now": day}
        run(past, "collect", may_fail=True)  # one of its sources answers with a guard
        run(today, "collect")
        run(today, "alert", may_fail=True)
        run(live | {"now": night}, "digest")
        run(past, "health", may_fail=True)
        if day == DAYS[0]:
            run(today, "unsubscribe", "gone@example.org")
            run(today, "pause", "paused@example.org")


def _publish(web: Server, text: str) -> None:
    titles = {1: "Remarks on Roads on March 2, 2026", 2: "Remarks on Nets on March 2, 2026"}
    kind: Mapping[str, str] = {"Content-Type": "text/html"}
    items = "".join(f'<li><a href="./t{n}.shtml">{title}</a></li>' for n, title in titles.items())
    listing = f'<html><body><div class="newsLst_mod"><ul>{items}</ul></div></body></html>'
    web.pages["/press/default.shtml"] = Reply(headers=kind, body=listing)
    for number, words in ((1, ROADS), (2, text)):
        body = PAGE.format(title=titles[number], text=words)
        web.pages[f"/press/t{number}.shtml"] = Reply(headers=kind, body=body)


def _keep(home: Path, url: str, folder: Path, release: str) -> None:
    folder.mkdir(exist_ok=True)
    dump = embedded.program("pg_dump")
    address = url.replace("postgresql+psycopg2", "postgresql")
    told = subprocess.run(
        [str(dump), "--no-owner", address], capture_output=True, check=True
    ).stdout
    (folder / "store.sql.xz").write_bytes(lzma.compress(told, preset=9))
    with tarfile.open(folder / "files.tar.gz", "w:gz") as packed:
        for name in ("pages.warc.gz", "archive", "sources"):
            packed.add(home / name, arcname=name)
    made = datetime.now(timezone.utc).date().isoformat()
    facts = {"release": release, "home": str(home), "days": DAYS, "made_on": made}
    (folder / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")


def _git(*words: str) -> None:
    subprocess.run(["git", *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    raise SystemExit(main())
