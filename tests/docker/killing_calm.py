"""What is there to be collected and told while services are killed, and what comes of it when
nobody kills anything: on this machine, in one process, without docker."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from sqlalchemy import Engine, text

from communique.alert_runs import alert_run
from communique.database import database
from communique.jobs import collect_all, fetch_policy, open_line
from communique.mailbox import mailbox
from communique.outbox import send_pending
from communique.settings import Settings
from communique.stack_env import free_port
from tests.docker.killing_site import MINISTRY, by_address, names, the_world
from tests.killing.compare import Outcome, outcome
from tests.killing.people import WAYS, subscribe_all, write_rules
from tests.world import run as world_run
from tests.world.calendar import World

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared/corpus/mfa-spokesperson.warc.gz"
PORT = 8000  # at which the site is reached in docker's network
HOSTS = 24
# The world's days on which it is looked at; the first is collected desk by desk.
FIRST, SECOND = 4, 22
# Whatever waits for an hour of its own would still wait in the end.
AT_ONCE = [way for way in WAYS if not {"how", "quiet_from", "most_a_day"} & set(way)]
STATEMENTS = text("""
SELECT s.source_id, s.url, r.number, r.title, encode(sha256(convert_to(r.text, 'UTF8')), 'hex')
FROM communique.statements s JOIN communique.revisions r ON r.statement_id = s.id
""")


@dataclass(frozen=True)
class Came:
    """What came of it: every wording (source, address, number, title, digest of the text), and what
    was told."""

    statements: list[tuple[str, str, int, str, str]]
    told: Outcome


def began() -> date:
    """The world's day 0, so that its last day is over."""
    return (datetime.now(timezone.utc) - timedelta(days=SECOND + 1)).date()


def facts(world: World, port: int, folder: Path, delay: float) -> None:
    """The world's sources, and the two of the ministry where its captures are here. delay: seconds
    from start to start at a host."""
    world_run.DELAY = delay
    world_run.write_sources(world, port, folder / "sources")
    write_rules(folder / "watchlists")
    if CORPUS.exists():
        with (folder / "sources/china.yaml").open("a", encoding="utf-8") as file:
            file.write(_ministry(port, delay / 2))


def _ministry(port: int, delay: float) -> str:
    paths = {
        "en": "mfa_eng/xwfw_665399/s2510_665401/2511_665403/default.shtml",
        "zh": "web/wjdt_674879/fyrbt_674889/default.shtml",
    }
    return "".join(
        f"- {{id: mfa_{language}, publisher: A ministry, kind: ministry, reader: china_mfa,\n"
        f"   languages: [{language}], time_zone: Asia/Shanghai, delay: {delay},\n"
        f"   listings: [{{url: 'http://{MINISTRY}:{port}/{path}', confidence: seen}}]}}\n"
        for language, path in paths.items()
    )


def undisturbed(folder: Path, start: date) -> Came:
    """Both days collected and told by one process that nobody kills."""
    logging.disable(logging.ERROR)
    world, port = the_world(HOSTS, start), free_port()
    facts(world, port, folder, delay=0.02)
    with mailbox(folder / "mailbox") as smtp, _serving(start, port):
        settings = Settings(
            database_url=None,
            home=folder / "home",
            sources=folder / "sources",
            watchlists=folder / "watchlists",
            allow_addresses="127.0.0.0/8",  # type: ignore[arg-type]
            contact="desk@example.org",
            smtp_url=smtp,
        )
        with database(settings) as engine:
            people(engine)
            for day in (FIRST, SECOND):
                world_run.told(port, f"set/{day}/0")
                _run(settings, engine, f"day {day}")
            return came(engine, folder / "mailbox")


def people(engine: Engine) -> None:
    """They subscribed yesterday, and are told at once."""
    since = datetime.now(timezone.utc) - timedelta(days=1)
    subscribe_all(engine, since, AT_ONCE, twice=0)


def came(engine: Engine, mails: Path) -> Came:
    """What a store holds, and a mailbox, with hosts by their addresses and no ports."""
    with engine.connect() as connection:
        rows = [(row[0], _plain(row[1]), *row[2:]) for row in connection.execute(STATEMENTS)]
    told = outcome(engine, _office(mails))
    plain = frozenset((*row[:3], _plain(row[3])) for row in told.told)
    return Came(rows, replace(told, told=plain))  # type: ignore[arg-type]


def _plain(words: str) -> str:
    # What is told has lost its port already.
    named = re.sub(r"(\.example)(?!:)", r"\1:", words)
    return re.sub(r"^(https?://[\d.]+):\d*", r"\1", by_address(named))


def _office(mails: Path) -> Path:
    """The mailbox's mails as tests.killing.office would have noted them."""
    file = mails.with_suffix(".jsonl")
    with file.open("w", encoding="utf-8") as out:
        for kept in sorted(mails.glob("*.eml")):
            mail = message_from_bytes(kept.read_bytes(), policy=default)
            out.write(json.dumps({"to": str(mail["To"]), "id": str(mail["Message-ID"])}) + "\n")
    return file


def _run(settings: Settings, engine: Engine, name: str) -> None:
    policy = replace(fetch_policy(settings), total_timeout=10, backoff=0.05)
    line = open_line(settings, engine, policy)
    collect_all(line, line.desk(None), run_key=name)
    line.turns.close()
    alert_run(engine, line.loaded, settings, settings.clock())
    send_pending(engine, settings)


@contextmanager
def _serving(start: date, port: int) -> Iterator[None]:
    site = [sys.executable, "-m", "tests.docker.killing_site", *site_words(start, port, CORPUS)]
    server = subprocess.Popen(site, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        if not server.stdout.readline():
            raise ChildProcessError("the site did not start")
        yield
    finally:
        server.kill()
        server.wait(10)


def site_words(start: date, port: int, corpus: Path) -> list[str]:
    """What the site is told; the ministry's captures where they are here."""
    words = [str(HOSTS), start.isoformat(), str(port)]
    return [*words, str(corpus)] if CORPUS.exists() else words


def aliases(start: date) -> list[str]:
    """The names of all hosts."""
    return list(names(the_world(HOSTS, start)))
