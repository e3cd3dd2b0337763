"""`make backup`, all volumes wiped, `make restore`, `make upgrade`, with a real engine:
python -m tests.docker.keeping [--keep]

Called by tests.docker too, on what that has collected.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import datetime

import requests

from communique.demo import archive
from tests.docker.compose import Deployment, expect
from tests.docker.trial import trial

READER = "keeper@example.org"
WIPED = ("postgres", "state", "watchlists", "logs", "redis")
SMTP = "COMMUNIQUE_SMTP_URL=smtp://mailbox:2525"
BACKUP = "backups/try.tar"
# A ministry within a container, so that the archive holds what was fetched.
PRESS = r"""
set -e
mkdir -p /tmp/press/www/press /tmp/press/sources
cd /tmp/press
cat >www/press/default.shtml <<'HTML'
<html><body><div class="newsLst_mod"><ul>
<li><a href="./t1.shtml">Remarks on Dikes on March 2, 2026</a></li></ul></div></body></html>
HTML
cat >www/press/t1.shtml <<'HTML'
<!DOCTYPE html><html lang="en"><head><title>Remarks on Dikes on March 2, 2026</title></head><body>
<div class="content_mod"><h2 class="title">Remarks on Dikes on March 2, 2026</h2>
<div class="date" id="News_Body_Time"></div><div class="content">
<p>The spokesperson spoke of dikes, of polders and of the people who look after both of them.</p>
<p>Asked about weather, the spokesperson said that it had been worse in other years.</p>
</div></div></body></html>
HTML
cat >sources/china.yaml <<'YAML'
- id: try_ministry
  publisher: A ministry in a container
  kind: ministry
  country: CN
  languages: [en]
  time_zone: Asia/Shanghai
  reader: china_mfa
  delay: 0
  listings: [http://127.0.0.1:8099/press/default.shtml]
YAML
python -c '
import functools, http.server, threading
from communique.cli import main
class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".shtml": "text/html"}
    def log_message(self, *_): pass
made = functools.partial(Quiet, directory="/tmp/press/www")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 8099), made)
threading.Thread(target=server.serve_forever, daemon=True).start()
main()
' collect
"""


def main() -> int:
    """0 where all went as promised, else 1."""
    return trial(_try)


def _try(made: Deployment) -> None:
    made.run("make", "secrets")
    made.run("make", "image")
    made.compose("up", "--detach", "--wait", "postgres", "mailbox")
    made.compose("run", "--rm", "--no-deps", "-T", "migrate")
    day = archive.days()[0].isoformat()
    ours(made, "subscribe", READER, told=(f"COMMUNIQUE_NOW={day}",))
    _look(made, archive.days())
    comes_back(made)
    upgrades(made)


def comes_back(made: Deployment) -> None:
    """What is backed up comes back after all volumes were lost, proves every wording, and tells
    nobody anything again. Raises Failed."""
    _fill_the_archive(made)
    before, mails = counts(made), _mails(made)
    started = time.monotonic()
    _tell("make backup", made.run("make", "backup", f"FILE={BACKUP}").stdout, started)
    refused = made.run("make", "restore", f"FILE={BACKUP}", check=False)
    expect(bool(refused.returncode) and "FORCE=1" in refused.stdout, refused.stdout[-2000:])

    made.compose("down", "--timeout", "60")
    project = made.environment["COMPOSE_PROJECT_NAME"]
    for name in WIPED:
        made.run("docker", "volume", "rm", "--force", f"{project}_{name}")
    started = time.monotonic()
    _tell("make restore", made.run("make", "restore", f"FILE={BACKUP}").stdout, started)
    after = counts(made)
    for changed in (before, after):
        changed.pop("keys")  # that it was restored is noted there
    expect(before == after, f"not all came back: {before} became {after}")
    print(f"  equal: {sum(after.values())} rows of {len(after)} tables", flush=True)

    started = time.monotonic()
    made.run("make", "up", "PROFILES=mailbox")
    print(f"  make up: {time.monotonic() - started:.0f} s", flush=True)
    said = ours(made, "verify", "--all", "--json")
    verified = json.loads(said[said.index("{") :])
    proved = not verified["failed"] and not verified["damaged"]
    expect(proved and verified["wordings"] == after["revisions"], f"not proved: {verified}")
    print(f"  verify --all: {verified['wordings']} wordings, clean", flush=True)

    _look(made, archive.days()[-1:])
    ours(made, "db", "restored", "--told")
    _look(made, archive.days()[-1:])
    expect(_mails(made) == mails, f"{mails} mails became {_mails(made)}")
    print(f"  mails before and after: {mails}", flush=True)


def upgrades(made: Deployment) -> None:
    """`make upgrade` ends with all services healthy and all rows there. Raises Failed."""
    before = counts(made)
    started = time.monotonic()
    _tell("make upgrade", made.run("make", "upgrade", "PROFILES=mailbox").stdout, started)
    after = counts(made)
    expect(before == after, f"an upgrade changed rows: {before} became {after}")
    (kept,) = (made.folder / "backups").glob("before-upgrade-*.tar")
    print(f"  {kept.name}: {kept.stat().st_size / 1e6:.1f} MB", flush=True)


def counts(made: Deployment) -> dict[str, int]:
    """Rows of every table of the store."""
    named = made.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'communique'::regnamespace "
        "AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'alembic_version'"
    )
    asked = " UNION ALL ".join(
        f"SELECT '{table}', count(*) FROM communique.{table}" for (table,) in named
    )
    return {table: int(number) for table, number in made.rows(asked)}


def ours(made: Deployment, *words: str, told: tuple[str, ...] = (), check: bool = True) -> str:
    """A command of ours in a container of its own; told: NAME=value of its environment."""
    return made.compose(*_fresh(told), "communique", *words, check=check)


def _fresh(told: tuple[str, ...]) -> tuple[str, ...]:
    given = tuple(part for one in told for part in ("-e", one))
    return ("--progress", "quiet", "run", "--rm", "--no-deps", "-T", *given, "scheduler")


def _look(made: Deployment, days: Sequence[datetime]) -> None:
    """Collects and tells these days of the demonstration."""
    for day in days:
        told = (f"COMMUNIQUE_AS_OF={day.isoformat()}", f"COMMUNIQUE_NOW={day.isoformat()}", SMTP)
        ours(made, "collect", told=told, check=False)  # one of the sources answers with a guard
        ours(made, "alert", told=told, check=False)


def _fill_the_archive(made: Deployment) -> None:
    told = (
        *("COMMUNIQUE_REPLAY=", "COMMUNIQUE_SOURCES=/tmp/press/sources"),
        "COMMUNIQUE_ALLOW_ADDRESSES=127.0.0.0/8",
    )
    said = made.compose(*_fresh(told), "sh", "-c", PRESS)
    expect("1 new" in said, f"nothing was collected into the archive: {said}")


def _mails(made: Deployment) -> int:
    index = requests.get(f"{made.mails}/", timeout=30).text
    return index.count(">eml</a>")


def _tell(what: str, said: str, started: float) -> None:
    print(f"{what}: {time.monotonic() - started:.0f} s", flush=True)
    for line in said.splitlines()[-12:]:
        print(f"  | {line}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
