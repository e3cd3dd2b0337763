"""Backfills, started by a form: the listings of chosen sources walked back to a day."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, dag, get_current_context, task
from communique_airflow import (
    SourceFailed,
    airflow_settings,
    every_source_id,
    logical_date,
    open_airflow_line,
    source_failure,
)
from communique_care import (
    FEW,
    PATIENT,
    SOURCE_RETRIES,
    late_after,
    run_failed,
    sources_field,
)

from communique.settings import Settings

log = logging.getLogger(__name__)

DOC = """
Walks the listings of the chosen sources page by page back to a day, and stores what is missing.
Start it with *Trigger*, which shows the form. **It never alerts.**

- `check` refuses a form that makes no sense, in words, before any site is asked.
- `backfill` has an instance for each source, named after it, four at a time. One that is
  interrupted, fails or is cleared goes on where it was; what is stored is not asked for again.
- `report` adds up, and is red where a source could not be read to its end.

A long one takes days: each host has its pace. What a listing dates after *until* is left alone;
statements that a listing does not date are visited too. By hand: `communique backfill`.
"""


def backfill_dag(settings: Settings) -> DAG:
    """The one DAG of backfills."""

    @dag(
        dag_id="backfill",
        schedule=None,
        catchup=False,
        max_active_runs=2,
        doc_md=DOC,
        tags=["communique", "collect", "form"],
        on_failure_callback=run_failed,
        default_args=PATIENT,
        deadline=late_after(timedelta(days=3)),
        params={
            "sources": sources_field(settings.sources, "Their ids; at least one."),
            "since": Param(
                None,
                type=["null", "string"],
                format="date",
                title="Since",
                description="Walk the listings back to this day (of the source). Needed.",
            ),
            "until": Param(
                None,
                type=["null", "string"],
                format="date",
                title="Until",
                description="Leave alone what listings date after this day. Empty: up to now.",
            ),
            "restart": Param(
                False,
                type="boolean",
                title="Restart",
                description="Begin anew where an interrupted one would go on.",
            ),
        },
    )
    def backfilling() -> None:
        chosen: Any = check()
        filled: Any = backfill.expand(source_id=chosen)
        filled >> report()

    return backfilling()


@task(retries=0)
def check() -> list[str]:
    """The chosen sources; refuses a form that makes no sense."""
    form = _form()
    log.info("%s sources, from %s to %s", len(form.sources), form.since, form.until or "now")
    return list(form.sources)


@task(
    map_index_template="{{ task.op_kwargs['source_id'] }}",
    retry_policy=SOURCE_RETRIES,
    max_active_tis_per_dag=FEW,
    execution_timeout=timedelta(hours=24),
)
def backfill(source_id: str) -> None:
    """One source's backfill. What it saw goes to `report` by XCom, also when it fails."""
    from communique.backfills import backfill_all
    from communique.jobs import Onlooker
    from scrapers.facts import find

    troubles: list[Any] = []

    class Watching(Onlooker):
        def value(self, source: Any, value: Any) -> None:  # noqa: ARG002
            if getattr(value, "error", None) is not None and len(troubles) < 1000:
                troubles.append(value)

    context, form = get_current_context(), _form()
    first = context["ti"].try_number == 1
    with open_airflow_line(logical_date(context)) as line:
        source = find(line.sources, source_id)
        asked: dict[str, Any] = {"since": form.since, "until": form.until}
        restart = form.restart and first
        (done,) = backfill_all(line, [source], **asked, restart=restart, onlooker=Watching())
    if done.coverage is not None:
        told = {"source": source_id, "failing": done.failed, **done.coverage.counts}
        context["ti"].xcom_push("coverage", told)
        log.info("%s: %s", source_id, {name: n for name, n in done.coverage.counts.items() if n})
    if done.crash is not None or done.coverage is None:
        raise RuntimeError(
            f"{source_id}: {done.crash or 'it ended before anything was counted'}\n"
            "What it stored stays stored; clear this instance, and it goes on where it was."
        )
    if done.failed:
        raise source_failure(done.coverage, source.desk, troubles, first_try=first)


@task(retries=0, trigger_rule="all_done")
def report() -> dict[str, Any]:
    """What the backfill brought; red where a source could not be read to its end."""
    context = get_current_context()
    chosen = context["ti"].xcom_pull(task_ids="check")
    pulled = context["ti"].xcom_pull(task_ids="backfill", key="coverage") or []
    rows = [row for row in (pulled if isinstance(pulled, list) else [pulled]) if row]
    seen = {row["source"]: row for row in rows}
    if not chosen:
        raise SourceFailed("The form was refused: the log of `check` says why. Nothing was asked.")
    failing = [one for one in chosen if one not in seen or seen[one]["failing"]]
    told = {"new": sum(row["new"] for row in rows), "sources": len(chosen), "failing": failing}
    log.info("%s statements stored that were missing; nobody is alerted of them", told["new"])
    if failing:
        raise SourceFailed(
            f"{len(failing)} of {len(chosen)} sources were not read to their end: "
            f"{', '.join(failing)}. Each is a red instance of `backfill`: its log says why, and "
            "clearing it goes on where it was."
        )
    return told


def _form() -> Any:
    from communique.forms import backfill_form

    context = get_current_context()
    settings = airflow_settings(logical_date(context))
    known = every_source_id(settings.sources)
    return backfill_form(context["params"], known, settings.clock().date())


backfill_dag(Settings())
