"""Revisits: statements that are due are read again, half a day after the collects did."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import (
    DAG,
    Asset,
    CronTriggerTimetable,
    dag,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowSkipException
from communique_airflow import DESKS, SourceFailed, logical_date, open_airflow_line, run_key
from communique_care import FEW, PATIENT, late_after, run_failed

from communique.settings import Settings

log = logging.getLogger(__name__)

STATEMENTS = Asset("communique://statements")
CRON = "30 18 * * *"
# Longer ago nothing is due any more.
DAYS = 30
COUNTED = ("new", "revised", "gone", "soft_404")
DOC = """
Reads again, at `{cron}` (UTC), the statements that are due: 1, 2, 4, 7, 14 and 30 days after first
sight, and every day of the first week those that a rule holds for to which somebody subscribes. A
collect looks at the same ones after its listings, whichever comes first; this walks no listing.

- `revisit` has an instance for each desk, which takes the desk's hosts side by side, each at its
  pace, and no longer than half an hour each; what is left stays due.
- `announce` emits an event on `communique://statements` with the counts where something changed,
  which starts the DAG `alert`; else it is skipped.
- `verdict` fails the run if pages could not be read. The log of the desk's instance names them.

Clearing or rerunning any of it is safe. By hand: `communique revisit --desk DESK`. After an outage
there is one run. Under replay nothing is scheduled.
"""


def revisit_dag(settings: Settings) -> DAG:
    """The one DAG of revisits, for all desks."""

    @dag(
        dag_id="revisit",
        schedule=None if settings.replay else CronTriggerTimetable(CRON, timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        doc_md=DOC.format(cron=CRON),
        tags=["communique", "collect"],
        on_failure_callback=run_failed,
        default_args=PATIENT,
        deadline=late_after(timedelta(hours=6)),
    )
    def revisiting() -> None:
        looked: Any = revisit.expand(desk=list(DESKS))
        announced: Any = announce()
        looked >> announced
        [looked, announced] >> verdict()

    return revisiting()


@task(
    map_index_template="{{ task.op_kwargs['desk'] }}",
    max_active_tis_per_dagrun=FEW,
    execution_timeout=timedelta(hours=5),
)
def revisit(desk: str) -> None:
    """What is due of one desk. What came of it goes to `announce` by XCom."""
    from communique.revisiting import revisit_all, what_is_due

    context = get_current_context()
    with open_airflow_line(logical_date(context)) as line:
        sources = line.desk(desk)
        due = what_is_due(line, sources, DAYS)
        done = revisit_all(line, sources, due, run_key=run_key(context))
    counts = [one.coverage.counts for one in done if one.coverage is not None]
    told: dict[str, Any] = {what: sum(each[what] for each in counts) for what in COUNTED}
    told |= {
        "desk": desk,
        "looks": sum(sum(each.values()) for each in counts),
        "failing": sorted(one.source.id for one in done if one.failed),
    }
    context["ti"].xcom_push("looks", told)
    for one in done:
        if one.failed:
            error = one.crash or (one.coverage.error if one.coverage else None)
            log.error("%s: %s", one.source.id, error or "no reason was recorded")
    log.info("%s looks at %s sources of %s", told["looks"], len(done), desk)


@task(trigger_rule="all_done", outlets=[STATEMENTS])
def announce() -> dict[str, Any]:
    """Tells alerting, once, where something changed."""
    context = get_current_context()
    rows = _looks(context)
    told: dict[str, Any] = {what: sum(row[what] for row in rows) for what in COUNTED}
    looks = sum(row["looks"] for row in rows)
    if not any(told.values()):
        raise AirflowSkipException(f"{looks} looks, and nothing has changed: nobody is told.")
    failing = sorted(source for row in rows for source in row["failing"])
    gone = told.pop("gone") + told.pop("soft_404")
    with open_airflow_line(logical_date(context)) as line:
        as_of = line.settings.clock().isoformat() if line.replay else None
    told = {
        "said": f"revisit: {looks} looks; {told['revised']} revised, {gone} not found",
        "kind": "revisit",
        "desk": "all",
        "looks": looks,
        **told,
        "gone": gone,
        "failing": failing,
        "as_of": as_of,
    }
    context["outlet_events"][STATEMENTS].extra = told
    return told


@task(retries=0, trigger_rule="none_failed")
def verdict() -> None:
    """Fails the run, and so shows it red, where a source could not be read."""
    failing = sorted(source for row in _looks(get_current_context()) for source in row["failing"])
    if failing:
        raise SourceFailed(
            f"Pages of {len(failing)} sources could not be read: {', '.join(failing)}. The log of "
            f"the desk's instance says why.\nNext: communique coverage --source {failing[0]}"
        )


def _looks(context: Any) -> list[dict[str, Any]]:
    pulled = context["ti"].xcom_pull(task_ids="revisit", key="looks") or []
    return [row for row in (pulled if isinstance(pulled, list) else [pulled]) if row]


revisit_dag(Settings())
