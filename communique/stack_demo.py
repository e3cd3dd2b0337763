"""The demonstration: two days of invented publishers, collected and alerted by a real Airflow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from communique.demo import archive
from communique.jobs import open_line
from communique.mailbox import mailbox
from communique.selections import EVERY
from communique.settings import Settings, project_folder
from communique.stack_airflow import Airflow, airflow, alone, migrate
from communique.stack_env import USERS, environment
from communique.stack_runs import Run, start_run, wait_for_answers, wait_for_dags, wait_for_runs
from communique.stack_show import step
from communique.stack_store import clear_folder, fresh_databases
from communique.subscriptions import subscribe

SOURCES = Path(archive.__file__).parent / "sources"
DESKS = tuple(sorted(file.stem for file in SOURCES.glob("*.yaml")))
READERS = ("analyst@example.org", "head-of-desk@example.org")
LONGEST = 600  # seconds that anything may take; what else runs here takes its share


@dataclass(frozen=True, slots=True)
class Demo:
    """A demonstration that is ready to collect. mailbox: the folder of its mails, where its own
    mailbox receives them."""

    settings: Settings
    engine: Engine
    airflow: Airflow
    mailbox: Path


@dataclass(frozen=True, slots=True)
class Day:
    """What became of a day: the states of its collect runs and of the alert runs they started."""

    collected: Mapping[Run, str]
    alerted: Mapping[Run, str]


@contextmanager
def demonstration(
    home: Path,
    *,
    ui: bool = False,
    port: int = 0,
    smtp_url: str | None = None,
    users: Mapping[str, str] = USERS,
    sources: Path = SOURCES,
    archives: Sequence[Path] = (),
    extra: Mapping[str, str] | None = None,
) -> Iterator[Demo]:
    """A fresh store and a running Airflow over the demonstration's archive, all under `home`.

    smtp_url: a mail server to use; None: a mailbox of its own in home/mailbox. users: who may sign
    in to Airflow, with which role. sources, archives: whom to watch, and further WARC files that
    answer for them. extra: further variables of Airflow's environment.
    """
    home = home.resolve()
    settings = _settings(home, sources, archives)
    with ExitStack() as stack:
        lock = stack.enter_context(alone(home / "airflow"))
        with step("Preparing databases, pages and mailbox"):
            archive.build(home / "pages.warc.gz")
            clear_folder(home / "mailbox")
            shutil.rmtree(settings.watchlists, ignore_errors=True)
            shutil.copytree(project_folder("watchlists"), settings.watchlists)
            shutil.rmtree(home / "airflow" / "logs", ignore_errors=True)
            engine, airflow_url = stack.enter_context(
                fresh_databases(settings, lambda url: migrate(_environment(settings, url, users)))
            )
            smtp_url = smtp_url or stack.enter_context(mailbox(home / "mailbox"))
            _subscribe_readers(settings, engine)
        url = engine.url.render_as_string(hide_password=False)
        settings = settings.model_copy(update={"database_url": url, "smtp_url": smtp_url})
        with step("Starting Airflow") as tell:
            env = _environment(settings, airflow_url, users) | dict(extra or {})
            running = stack.enter_context(airflow(env, lock, tell, ui=ui, port=port))
            dags = ["alert", *(f"collect_{desk}" for desk in DESKS)]
            wait_for_dags(running, dags, tell, LONGEST)
        yield Demo(settings, engine, running, home / "mailbox")


def _settings(home: Path, sources: Path, archives: Sequence[Path]) -> Settings:
    """Whatever the environment says, its own. Its watchlists are a copy, since they can be edited
    in the pages."""
    return Settings(
        database_url=None,
        archive_url=None,
        smtp_url=None,
        mail_from="communique@example.org",
        sources=sources,
        watchlists=home / "watchlists",
        home=home,
        replay=(str(home / "pages.warc.gz"), *map(str, archives)),
        as_of=None,
        now=None,
    )


def _environment(settings: Settings, airflow_url: str, users: Mapping[str, str]) -> dict[str, str]:
    given = {
        "DATABASE_URL": settings.database_url,
        "SMTP_URL": settings.smtp_url,
        "MAIL_FROM": settings.mail_from,
        "SOURCES": str(settings.sources),
        "WATCHLISTS": str(settings.watchlists),
        "HOME": str(settings.home),
        "REPLAY": ",".join(settings.replay),
        # For whoever looks at what the two days brought; the runs have clocks of their own.
        "NOW": archive.days()[-1].isoformat(),
    }
    extra = {f"COMMUNIQUE_{name}": value for name, value in given.items() if value}
    return environment(settings.home / "airflow", airflow_url, extra=extra, users=users)


def _subscribe_readers(settings: Settings, engine: Engine) -> None:
    line = open_line(settings.model_copy(update={"as_of": archive.days()[0]}), engine)
    known = [watchlist.name for watchlist in line.loaded.watchlists]
    with engine.begin() as connection:
        for reader in READERS:
            subscribe(connection, reader, EVERY, archive.days()[0], known=known)


def collect_day(demo: Demo, day: datetime) -> Day:
    """Runs every desk's DAG as of this moment, and waits for the alerting that follows."""
    with step(f"Collecting {day:%Y-%m-%d}, {len(DESKS)} desks") as tell:
        runs = [start_run(demo.airflow, f"collect_{desk}", day) for desk in DESKS]
        collected = wait_for_runs(demo.airflow, runs, tell, LONGEST)
    with step(f"Alerting {day:%Y-%m-%d}") as tell:
        alerted = wait_for_answers(demo.airflow, "alert", runs, tell, LONGEST)
    return Day(collected, alerted)
