"""The canary: whether the mails that alert runs queue to prove that alerts arrive do arrive."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import (
    DAG,
    CronTriggerTimetable,
    dag,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowSkipException
from communique_airflow import CanarySilent, logical_date, open_airflow_line, send_due
from communique_care import MAIL_RETRIES, TELLING, late_after, no_second_try, run_failed, verdict

from communique.settings import Settings

log = logging.getLogger(__name__)

CRON = "20 * * * *"
NO_SECOND_LOOK = no_second_try((CanarySilent, "the next run looks again"))
DOC = """
Looks every hour (`{cron}`) whether canaries arrive. Every run of the DAG `alert` queues one, at
most one an hour, to `COMMUNIQUE_CANARY`, and it goes the way of an alert; so whoever looks must be
another DAG, which notices too when there is no alert run at all.

- `look` is red where the mail server took none for 3 hours in which runs queued some, or in which
  there was no run; the maintainers are told once for each silence. Skipped where
  `COMMUNIQUE_CANARY` is not set.
- `send` sends what is due in the outbox, as the DAG `alert` may be what is in trouble. It is red
  while the mail server refuses or does not answer.

By hand: `communique canary`. A scheduler that stands still runs neither: let a monitor of yours
call that. Under replay nothing is scheduled.
"""


def canary(settings: Settings) -> DAG:
    """The one DAG that watches the canary."""

    @dag(
        dag_id="canary",
        schedule=None if settings.replay else CronTriggerTimetable(CRON, timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        doc_md=DOC.format(cron=CRON),
        tags=["communique", "alert"],
        on_failure_callback=run_failed,
        default_args=TELLING,
        deadline=late_after(timedelta(hours=1)),
    )
    def watching() -> None:
        verdict(look(), send())

    return watching()


@task(retry_policy=NO_SECOND_LOOK)
def look() -> str:
    """How the canary fares; tells the maintainers where it is silent."""
    from communique import canary

    with open_airflow_line(logical_date(get_current_context())) as line:
        if not line.settings.canary:
            raise AirflowSkipException("COMMUNIQUE_CANARY is not set: there is no canary.")
        with line.engine.begin() as connection:
            there = canary.standing(connection)
            problem = canary.watch(connection, line.settings, line.settings.clock())
    if problem:
        raise CanarySilent(problem)
    said = f"the last one arrived at {there.sent_at if there else None}"
    log.info(said)
    return said


@task(retry_policy=MAIL_RETRIES, trigger_rule="all_done")
def send() -> dict[str, Any]:
    """Mails what is due. Red until all is sent where the mail server is, or was, the trouble."""
    sent = send_due(logical_date(get_current_context()))
    log.info("%s mails sent", sent["sent"])
    return sent


canary(Settings())
