"""Rereads, started by a form: the archive read again by today's readers, and the difference written
down once a person has approved of it."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import (
    DAG,
    Param,
    dag,
    get_current_context,
    task,
)
from communique_airflow import airflow_settings, every_source_id, logical_date, open_airflow_line
from communique_care import PATIENT, no_second_try, run_failed, sources_field

from communique.forms import FormRefused
from communique.settings import Settings

log = logging.getLogger(__name__)

# Somebody answers within so many days, or nothing is written.
PATIENCE = timedelta(days=7)
DOC = """
Reads archived pages again with today's readers, after one was mended; nothing is fetched. Start it
with *Trigger*, which shows the form.

- `check` refuses a form that makes no sense; `compare` a reader that has read nothing.
- `compare` reads again what stands and shows, in its log and in the request for approval, what
  would change. Where nothing would, the rest is skipped.
- `approve` waits for a person: *Required Actions* on the run's page. Rejected: nothing is written.
  After {days} days without an answer it fails, and nothing is written either.
- `write` writes down what was shown. Should it be another difference by then (another version of a
  reader, new wordings), it writes nothing and says so.

What is written becomes a further wording, proved by the same capture: no edit of the publisher's,
so nobody is told of one. By hand: `communique reread`, and `--apply`.
"""


class DifferenceChanged(Exception):
    """What would be written is not what was approved of."""


NO_SECOND_LOOK = no_second_try(
    (DifferenceChanged, "another look would see the same"),
    (FormRefused, "another try would be refused too"),
)


def reread_dag(settings: Settings) -> DAG:
    """The one DAG of rereads."""

    @dag(
        dag_id="reread",
        schedule=None,
        catchup=False,
        max_active_runs=4,
        doc_md=DOC.format(days=PATIENCE.days),
        tags=["communique", "archive", "form"],
        on_failure_callback=run_failed,
        default_args=PATIENT,
        params={
            "sources": sources_field(settings.sources, "Their ids. Empty: all."),
            "reader": Param(
                None,
                type=["null", "string"],
                title="Reader",
                description="Only what this reader has read, such as china_mfa. Empty: all.",
            ),
            "since": Param(
                None,
                type=["null", "string"],
                format="date",
                title="Since",
                description="Only pages fetched since this day (UTC). Empty: all.",
            ),
        },
    )
    def rereading() -> None:
        wanted: Any = check()
        compared: Any = compare(wanted)
        approved = ApprovalOperator(
            task_id="approve",
            subject="Write down what today's readers find?",
            body="{{ ti.xcom_pull(task_ids='compare')['summary'] }}",
            execution_timeout=None,
            response_timeout=PATIENCE,
            retries=0,
        )
        written: Any = write(compared)
        compared >> approved >> written

    return rereading()


@task(retries=0)
def check() -> dict[str, Any]:
    """What is wanted; refuses a form that makes no sense."""
    from communique.forms import reread_form

    context = get_current_context()
    settings = airflow_settings(logical_date(context))
    known = every_source_id(settings.sources)
    form = reread_form(context["params"], known)
    since = form.since.isoformat() if form.since else None
    return {"sources": form.sources, "reader": form.reader, "since": since}


@task.short_circuit(execution_timeout=timedelta(hours=12), retry_policy=NO_SECOND_LOOK)
def compare(wanted: dict[str, Any]) -> dict[str, Any] | None:
    """What would change, for a person; nothing: the rest is skipped."""
    from communique.reread_runs import RereadRefused, check_reader, difference, found_by, summary

    with open_airflow_line(logical_date(get_current_context())) as line:
        found = difference(found_by(line, _wanted(wanted)))
        if wanted["reader"] and not found.tallies:
            try:
                check_reader(line.engine, wanted["reader"])
            except RereadRefused as wrong:  # only the store knows what read its wordings
                raise FormRefused(f"reader: {wrong}") from wrong
    said = summary(found)
    log.info("%s", said)
    if not found.total["differs"]:
        log.info("Nothing is read otherwise: nothing is to be approved of.")
        return None
    log.info("Next: approve or reject on this run's page, under Required Actions.")
    return {"summary": said, "mark": found.mark, "wanted": wanted}


@task(execution_timeout=timedelta(hours=12), retry_policy=NO_SECOND_LOOK)
def write(compared: dict[str, Any]) -> dict[str, int]:
    """Writes down what was approved of, and nothing else."""
    from communique import reread_runs

    with open_airflow_line(logical_date(get_current_context())) as line:
        wanted = _wanted(compared["wanted"])
        now = reread_runs.difference(reread_runs.found_by(line, wanted))
        if now.mark != compared["mark"]:
            raise DifferenceChanged(
                "What would be written now is not what was approved of: readers or wordings have "
                "changed since, or an earlier try of this task was interrupted and has written "
                "some of it. This try wrote nothing. Next: trigger the DAG again."
            )
        reworded, dated = reread_runs.write(line, reread_runs.found_by(line, wanted), now)
    log.info("Written down: %s wordings, %s dates.", reworded, dated)
    return {"reworded": reworded, "dated": dated}


def _wanted(wanted: dict[str, Any]) -> Any:
    from datetime import date

    from communique.reread_runs import wanted_of

    since = date.fromisoformat(wanted["since"]) if wanted["since"] else None
    return wanted_of(wanted["sources"], wanted["reader"], since)


reread_dag(Settings())
