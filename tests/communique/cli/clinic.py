"""An installation that is well, made once, and a copy of its store for each test to spoil."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from click.testing import Result
from sqlalchemy import Engine, create_engine, text
from typer.testing import CliRunner

from communique.cli.app import app
from tests.communique.post_office import Office, post_office
from tests.database_fixtures import cloned, dropped
from tests.servers import Arrival, Reply, Server

HEALTHY = {
    part: {"status": "healthy"} for part in ("metadatabase", "scheduler", "dag_processor")
} | {"triggerer": {"status": "healthy"}}
HEALTH = "/api/v2/monitor/health"
RULES = """title: Ours
rules:
  - {id: ours, name: Ours, severity: notice, query: '"clean network" OR huawei'}
"""
FACTS = """- id: {id}
  publisher: The mission of {id}
  kind: mission
  languages: [en]
  time_zone: Asia/Shanghai
  reader: generic
  articles: /{id}/news/[0-9]+
  delay: 0
  listings: [{url}/{id}/]
"""
PAGE = """<!DOCTYPE html><html lang="en"><head><title>{title}</title></head><body><main>
<h1>{title}</h1><p class="date">{day:%d %B %Y}</p><article><p>The mission of {id} met the builders
of masts and exchanges. Among them was Huawei, and nobody was left out.</p><p>The talks of {id} go
on in the spring, when the first of the masts of the valley will have been raised.</p></article>
</main></body></html>"""
SOURCES = ("alpha", "beta", "gamma")
_numbers = itertools.count(1)


def now() -> datetime:
    return datetime.now(timezone.utc)


def dated(body: str, late: float = 0, kind: str = "text/html; charset=utf-8") -> Any:
    """An answer whose server's clock is so many seconds late."""

    def reply(_: Arrival) -> Reply:
        at = format_datetime(now() - timedelta(seconds=late), usegmt=True)
        return Reply(headers={"Content-Type": kind, "Date": at}, body=body)

    return reply


def command(*words: str, settings: Mapping[str, str], status: int = 0) -> Result:
    """Runs a command in this process, which saves a second each."""
    environment: dict[str, str | None] = {
        name: None for name in os.environ if name.startswith(("COMMUNIQUE_", "AIRFLOW"))
    }
    given = {f"COMMUNIQUE_{name.upper()}": value for name, value in settings.items()}
    done = CliRunner().invoke(app, words, env=environment | given)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, f"{done.exit_code}: {done.output}"
    return done


@dataclass
class Clinic:
    """The installation: who answers, the settings, and where its store and files lie."""

    web: Server
    office: Office
    airflow: Server
    folder: Path
    settings: dict[str, str]
    engine: Engine | None = None
    heard: str = field(default="", init=False)

    def doctor(self, status: int = 0, **changed: str) -> dict[str, dict[str, str]]:
        """What `communique doctor` says, by check, with these settings changed."""
        done = command("doctor", "--json", settings=self.settings | changed, status=status)
        self.heard = done.output
        told = json.loads(done.output)
        assert len(told["checks"]) == 18
        return {one["check"]: one for one in told["checks"]}

    def not_ok(self, status: int = 0, **changed: str) -> dict[str, str]:
        """The checks that are not ok, without those that this machine cannot make."""
        found = self.doctor(status, **changed)
        # Nobody knows how much room there is where tests run, and it is no machine of Airflow's.
        left = {name: one["state"] for name, one in found.items() if one["state"] != "ok"}
        return {name: state for name, state in left.items() if name not in ("disk", "dags", "tidy")}

    def run(self, *statements: str) -> None:
        """Spoils the store."""
        assert self.engine is not None
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))


@contextmanager
def well(folder: Path, database_url: str) -> Iterator[Clinic]:
    """An installation that has collected and told what it should."""
    (folder / "sources").mkdir()
    (folder / "watchlists").mkdir()
    (folder / "watchlists" / "ours.yaml").write_text(RULES)
    with Server() as web, Server() as airflow, post_office() as office:
        facts = "".join(FACTS.format(id=one, url=web.url) for one in SOURCES)
        (folder / "sources" / "china.yaml").write_text(facts)
        _publish(web)
        airflow.pages[HEALTH] = dated(json.dumps(HEALTHY), kind="application/json")
        settings = {
            "home": str(folder / "home"),
            "database_url": database_url,
            "archive_url": f"file://{folder}/archive",
            "sources": str(folder / "sources"),
            "watchlists": str(folder / "watchlists"),
            "allow_addresses": "127.0.0.0/8",
            "smtp_url": office.url,
            "mail_from": "watch@example.org",
            "maintainers": "mina@example.org",
            "contact": "press-watch@example.org",
            "canary": "canary@example.org",
            "airflow": airflow.url,
        }
        clinic = Clinic(web, office, airflow, folder, settings)
        command("collect", settings=settings)
        command("alert", settings=settings)
        yield clinic


@contextmanager
def copied(clinic: Clinic) -> Iterator[Clinic]:
    """The same installation with a store of its own."""
    url = cloned(clinic.settings["database_url"], f"clinic_{next(_numbers)}")
    engine = create_engine(url)
    settings = clinic.settings | {"database_url": url}
    yield Clinic(clinic.web, clinic.office, clinic.airflow, clinic.folder, settings, engine)
    engine.dispose()
    dropped(url)


def _publish(web: Server) -> None:
    for number, source in enumerate(SOURCES):
        links = []
        for age in range(1, 3):
            day = now().date() - timedelta(days=age)
            title = f"Remarks of {source} on masts, day {age + 10 * number}"
            path = f"/{source}/news/{day:%Y%m%d}"
            web.pages[path] = dated(PAGE.format(title=title, id=source, day=day))
            links.append(f'<li><a href="{path}">{title}</a> {day:%d %B %Y}</li>')
        web.pages[f"/{source}/"] = dated(f"<html><body><ul>{''.join(links)}</ul></body></html>")
