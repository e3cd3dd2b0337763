"""Coverage: tells the maintainers, once a day, which sources changed state."""

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
from communique_care import MAIL_RETRIES, TELLING, late_after, no_second_try, run_failed, verdict

from communique.settings import Settings

log = logging.getLogger(__name__)

# When every desk has been collected.
CRON = "30 7 * * *"
SETTING_RETRIES = no_second_try((MailFailed, "mend COMMUNIQUE_MAINTAINERS"))
DOC = """
Looks at how every source stands, at `{cron}` (UTC), and mails `COMMUNIQUE_MAINTAINERS` what changed
since they were last told: what is newly failing, blocked, late or quiet, what never worked, what is
well again, new gaps and doubtful readings. Nothing changed: no mail.

- `tell` puts at most one mail a day for each maintainer into the outbox. It looks by itself, not at
  the runs of the other DAGs, so that a desk whose DAG is paused or hangs is told of too. It is red
  where nobody could be told; with no maintainer named it only says so in its log.
- `send` sends what is due in the outbox. It is red while the mail server refuses or does not
  answer.
- `verdict` does nothing: by it the run is red where `tell` or `send` is.

Clearing or rerunning any of it on the same day tells nobody twice. By hand: `communique health`;
`communique coverage` shows all sources. Under replay nothing is scheduled.
"""


def coverage(settings: Settings) -> DAG:
    """The one DAG that watches the watching, for all desks."""

    @dag(
        dag_id="coverage",
        schedule=None if settings.replay else CronTriggerTimetable(CRON, timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        doc_md=DOC.format(cron=CRON),
        tags=["communique", "coverage"],
        on_failure_callback=run_failed,
        default_args=TELLING,
        deadline=late_after(timedelta(hours=2)),
    )
    def telling() -> None:
        told: Any = tell()
        verdict(told, send())

    return telling()


@task(retry_policy=SETTING_RETRIES)
def tell() -> dict[str, Any]:
    """Queues today's mail for each maintainer for whom something changed."""
    from communique.health_mail import queue

    with open_airflow_line(logical_date(get_current_context())) as line:
        if not line.settings.maintainers:
            log.warning("COMMUNIQUE_MAINTAINERS names nobody: nobody is told of failing sources")
            return {"queued": [], "problems": []}
        told = asdict(queue(line.engine, line.sources, line.settings, line.settings.clock()))
    if told["problems"]:
        raise MailFailed("\n".join([*told["problems"], "Next: mend COMMUNIQUE_MAINTAINERS."]))
    log.info("told: %s", ", ".join(told["queued"]) or "nobody, as nothing changed")
    return told


@task(retry_policy=MAIL_RETRIES, trigger_rule="all_done")
def send() -> dict[str, Any]:
    """Mails what is due. Red until all is sent where the mail server is, or was, the trouble."""
    sent = send_due(logical_date(get_current_context()))
    log.info("%s mails sent", sent["sent"])
    return sent


coverage(Settings())
