"""Alerting: judges what no alert run has judged yet, and sends what is due."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import (
    DAG,
    Asset,
    CronTriggerTimetable,
    dag,
    get_current_context,
    task,
)
from airflow.sdk.definitions.timetables.assets import AssetOrTimeSchedule
from communique_airflow import RuleFailed, logical_date, open_airflow_line, send_due
from communique_care import MAIL_RETRIES, TELLING, late_after, run_failed

from communique.settings import Settings

log = logging.getLogger(__name__)

STATEMENTS = Asset("communique://statements")
HOURLY = CronTriggerTimetable("40 * * * *", timezone="UTC")
DOC = """
Runs whenever a desk has been collected (asset `communique://statements`), and every hour for what
an earlier run had to leave: a mail that was put off, a run that died.

- `judge` matches every wording that nobody has judged yet against the watchlists and queues the
  alerts, or notes why one is held back: all in `analyst.alerts`. It tells the maintainers of rules
  that are not in force as written, and queues the canary,
  whose arrival the DAG `canary` watches.
- `send` sends what is due, each mail in a transaction of its own. It is red while the mail server
  refuses or does not answer, and as long as a mail waits because of that, and tries again; the
  outbox keeps everything.
- `verdict` is red where a watchlist could not be used: its last good version stays in force.

Clearing or rerunning any of it sends nothing twice. Under replay its clock is that of the collect
run that started it.
"""


def alert(settings: Settings) -> DAG:
    """The one alerting DAG, for all desks."""

    @dag(
        dag_id="alert",
        schedule=[STATEMENTS]
        if settings.replay
        else AssetOrTimeSchedule(timetable=HOURLY, assets=[STATEMENTS]),
        catchup=False,
        max_active_runs=1,
        doc_md=DOC,
        tags=["communique", "alert"],
        on_failure_callback=run_failed,
        default_args=TELLING,
        deadline=late_after(timedelta(hours=2)),
    )
    def alerting() -> None:
        judged: Any = judge()
        judged >> send()
        verdict(judged)

    return alerting()


@task
def judge() -> dict[str, Any]:
    """New wordings against the rules: alerts queued, or held back with their reason."""
    from communique.alert_runs import alert_run

    with open_airflow_line(_clock()) as line:
        now = line.settings.clock()
        judged = asdict(alert_run(line.engine, line.loaded, line.settings, now))
    log.info("{judged} wordings judged, {matches} matches, {queued} alerts queued".format(**judged))
    log.info("held back: %s", judged["held"] or "none")
    return judged


@task(retry_policy=MAIL_RETRIES)
def send() -> dict[str, Any]:
    """Mails what is due. Red until all is sent where the mail server is, or was, the trouble."""
    sent = send_due(_clock())
    log.info("%s mails sent", sent["sent"])
    return sent


@task(retries=0)
def verdict(judged: dict[str, Any]) -> None:
    """Fails the run where a watchlist or a statement could not be judged; what could be, was."""
    if judged["problems"]:
        raise RuleFailed("\n".join([*judged["problems"], "Next: communique watchlists check"]))


def _clock() -> datetime:
    """Under replay: the latest clock of the collect runs that this run answers."""
    context = get_current_context()
    told = [
        event.extra["as_of"]
        for events in context["triggering_asset_events"].values()
        for event in events
        if event.extra.get("as_of")
    ]
    return max(map(datetime.fromisoformat, told), default=logical_date(context))


alert(Settings())
