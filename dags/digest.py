"""Digests: puts together, hour by hour, what is due at each reader's own hour, and sends it."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from airflow.sdk import (
    DAG,
    CronTriggerTimetable,
    dag,
    get_current_context,
    task,
)
from communique_airflow import (
    MailFailed,
    logical_date,
    open_airflow_line,
    send_due,
)
from communique_care import MAIL_RETRIES, TELLING, late_after, run_failed, verdict

from communique.settings import Settings

log = logging.getLogger(__name__)

CRON = "5 * * * *"
DOC = """
Runs every hour (`{cron}`), as every reader has an hour and a zone of their own.

- `queue` puts the daily and weekly digests whose hour has come into the outbox: one mail a
  recipient, one row a subscription and period in `analyst.alerts`. After an outage the next digest
  holds everything that waited. A digest without news says what was checked. It is red where a
  digest could not be put together; the others went on, and it is tried again.
- `send` sends what is due in the outbox. It is red while the mail server refuses or does not
  answer.
- `verdict` does nothing: by it the run is red where `queue` or `send` is.

Clearing or rerunning any of it tells nobody twice. By hand: `communique digest`; how one would read
now: `communique digest --preview ADDRESS`. Under replay nothing is scheduled.
"""


def digest(settings: Settings) -> DAG:
    """The one DAG of digests, for all readers."""

    @dag(
        dag_id="digest",
        schedule=None if settings.replay else CronTriggerTimetable(CRON, timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        doc_md=DOC.format(cron=CRON),
        tags=["communique", "digest"],
        on_failure_callback=run_failed,
        default_args=TELLING,
        deadline=late_after(timedelta(hours=2)),
    )
    def digesting() -> None:
        queued: Any = queue()
        verdict(queued, send())

    return digesting()


@task(retry_policy=MAIL_RETRIES)
def queue() -> dict[str, Any]:
    """Puts what is due into the outbox."""
    from communique.digests import queue_digests

    with open_airflow_line(logical_date(get_current_context())) as line:
        now = line.settings.clock()
        queued = asdict(queue_digests(line.engine, line.settings, line.sources, now))
    told = "{queued} digests with {alerts} alerts; no digest for: {held}".format(**queued)
    if queued["problems"]:
        raise MailFailed("\n".join([f"{told}:", *queued["problems"]]))
    log.info(told)
    return queued


@task(retry_policy=MAIL_RETRIES, trigger_rule="all_done")
def send() -> dict[str, Any]:
    """Mails what is due. Red until all is sent where the mail server is, or was, the trouble."""
    sent = send_due(logical_date(get_current_context()))
    log.info("%s mails sent", sent["sent"])
    return sent


digest(Settings())
