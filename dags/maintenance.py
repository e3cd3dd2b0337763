"""Maintenance: what the store and the archive need each day."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

from airflow.sdk import (
    DAG,
    CronTriggerTimetable,
    dag,
    get_current_context,
    task,
)
from communique_airflow import ArchiveDamaged, logical_date, open_airflow_line, send_due
from communique_care import MAIL_RETRIES, PATIENT, late_after, no_second_try, run_failed, verdict

from communique.settings import Settings

log = logging.getLogger(__name__)

CRON = "15 2 * * *"
NO_SECOND_LOOK = no_second_try((ArchiveDamaged, "another look would see the same"))
DOC = """
What the store and the archive need, every day at `{cron}` (UTC).

- `months` makes the partitions of captures of this month and the next three.
- `settle` settles what an interrupted run has left: stories, echoes, stock phrases, search terms.
- `prune` removes notes of old visits that nothing rests on, as far back as `COMMUNIQUE_KEEP_MONTHS`
  says; skipped where that is not set. Never evidence, never a file of the archive.
- `statistics` lets PostgreSQL count anew (`ANALYZE`), which it never does by itself for partitions.
- `verify` proves a share of the archive; in 30 days each file has had its day. It is red where
  something does not hold, and goes on with the days that a run missed, a week of them at most.
- `send` sends what is due in the outbox: the maintainers are told of damage once, until it is
  another.

Clearing or rerunning any of it is safe. By hand: `communique db prune`, `communique verify --all`.
Under replay nothing is scheduled.
"""


def maintenance(settings: Settings) -> DAG:
    """The one DAG of upkeep."""

    @dag(
        dag_id="maintenance",
        schedule=None if settings.replay else CronTriggerTimetable(CRON, timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        doc_md=DOC.format(cron=CRON),
        tags=["communique", "archive"],
        on_failure_callback=run_failed,
        default_args=PATIENT,
        deadline=late_after(timedelta(hours=12)),
    )
    def maintaining() -> None:
        # One after another, as each loads the same disk.
        verdict(months(), settle(), prune(), statistics(), verify(), send())

    return maintaining()


@task
def months() -> None:
    """The partitions of this month and the next ones."""
    from communique.upkeep import make_months

    with open_airflow_line(logical_date(get_current_context())) as line:
        made = make_months(line.engine, line.settings.clock())
    log.info("there are months from %s to %s", f"{made[0]:%Y-%m}", f"{made[-1]:%Y-%m}")


@task(trigger_rule="all_done", execution_timeout=timedelta(hours=2))
def settle() -> None:
    """What an interrupted run has left."""
    from communique.upkeep import settle_left

    with open_airflow_line(logical_date(get_current_context())) as line:
        settled, problems = settle_left(line.engine, line.settings.clock())
    for problem in problems:
        log.error("%s", problem)
    log.info("%s wordings were left to settle", settled)


@task(trigger_rule="all_done", execution_timeout=timedelta(hours=4))
def prune() -> None:
    """Notes of old visits that nothing rests on."""
    from communique.upkeep import prune_old

    with open_airflow_line(logical_date(get_current_context())) as line:
        keep = line.settings.keep_months
        if keep is None:
            log.info("COMMUNIQUE_KEEP_MONTHS is not set: every note of a visit stays")
        for month in prune_old(line.engine, line.settings, line.settings.clock()):
            gone = ", and its partition" if month.dropped else ""
            log.info("%s: %s removed%s", f"{month.month:%Y-%m}", month.removed, gone)


@task(trigger_rule="all_done", execution_timeout=timedelta(hours=2))
def statistics() -> None:
    """PostgreSQL's statistics brought up to date."""
    from communique.upkeep import count_rows

    with open_airflow_line(logical_date(get_current_context())) as line:
        tables = count_rows(line.engine)
    if not tables:
        log.warning("no table belongs to this login: run ANALYZE as the one that owns the store")
    log.info("%s tables counted anew", tables)


@task(trigger_rule="all_done", retry_policy=NO_SECOND_LOOK, execution_timeout=timedelta(hours=6))
def verify() -> dict[str, Any]:
    """A share of the archive proved; the maintainers told of what does not hold."""
    from communique.upkeep import shares_due, tell_of_damage, verify_shares

    context = get_current_context()
    pulled = context["ti"].xcom_pull(
        task_ids="verify", key="through", include_prior_dates=True, default=None
    )
    through = date.fromisoformat(pulled) if isinstance(pulled, str) else None
    with open_airflow_line(logical_date(context)) as line:
        now = line.settings.clock()
        shares = shares_due(now.date(), through)
        found = verify_shares(line, shares)
        with line.engine.begin() as connection:
            tell_of_damage(connection, line.settings, found.damage, now)
    context["ti"].xcom_push("through", now.date().isoformat())
    log.info("%s wordings of shares %s looked at", found.wordings, ", ".join(map(str, shares)))
    if found.damage:
        raise ArchiveDamaged(
            "\n".join([*found.damage[:50], f"{len(found.damage)} in all. "
                       "Next: communique verify --all; put the files back from a copy."])
        )  # fmt: skip
    return {"wordings": found.wordings, "shares": shares}


@task(retry_policy=MAIL_RETRIES, trigger_rule="all_done")
def send() -> dict[str, Any]:
    """Mails what is due. Red until all is sent where the mail server is, or was, the trouble."""
    sent = send_due(logical_date(get_current_context()))
    log.info("%s mails sent", sent["sent"])
    return sent


maintenance(Settings())
