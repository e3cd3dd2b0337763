"""The same machine on the real sources: scheduled, with the user's own settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from communique.database import database
from communique.embedded import server
from communique.mailbox import mailbox
from communique.settings import Settings
from communique.stack_airflow import Airflow, airflow, alone, migrate
from communique.stack_env import environment
from communique.stack_runs import next_runs, wait_for_dags
from communique.stack_show import console, step
from scrapers.sources import DESKS

# Besides those of the desks.
DAGS = ("alert", "backfill", "canary", "coverage", "digest", "maintenance", "reread", "revisit")
LONGEST = 120  # seconds that Airflow may take to read the DAGs


@contextmanager
def standing(settings: Settings, *, port: int = 0) -> Iterator[Airflow]:
    """A running Airflow over the store and the mail server that the settings name; where they
    name none, over the embedded server and a mailbox under `settings.home`."""
    home = settings.home.resolve()
    with ExitStack() as stack:
        lock = stack.enter_context(alone(home / "airflow"))
        with step("Preparing databases"):
            engine = stack.enter_context(database(settings))
            airflow_url = stack.enter_context(server(home, "airflow"))
            extra = {
                "COMMUNIQUE_HOME": str(home),
                "COMMUNIQUE_DATABASE_URL": engine.url.render_as_string(hide_password=False),
                "COMMUNIQUE_SOURCES": str(settings.sources.resolve()),
                "COMMUNIQUE_WATCHLISTS": str(settings.watchlists.resolve()),
            }
            if not settings.smtp_url:
                extra["COMMUNIQUE_SMTP_URL"] = stack.enter_context(mailbox(home / "mailbox"))
                console.print(
                    "COMMUNIQUE_SMTP_URL is not set: mails go no further than "
                    f"{home / 'mailbox' / 'index.html'}.",
                    markup=False,
                )
            kept = ("COMMUNIQUE_", "AIRFLOW_CONN_", "AIRFLOW_VAR_")
            env = environment(home / "airflow", airflow_url, extra=extra, inherit=kept)
            migrate(env)
        with step("Starting Airflow") as tell:
            # Analysts may raise their logins' time limits; this ends what runs too long.
            beside = {"db-watch": ("db", "watch")}
            running = stack.enter_context(
                airflow(env, lock, tell, ui=True, port=port, beside=beside)
            )
            wait_for_dags(
                running,
                [*DAGS, *(f"collect_{desk}" for desk in DESKS)],
                tell,
                LONGEST,
            )
        for when, dag_id in next_runs(running):
            console.print(f"{when:%Y-%m-%d %H:%M} UTC  {dag_id}", markup=False)
        console.print("A desk is collected at once by its Trigger button in Airflow.")
        yield running
