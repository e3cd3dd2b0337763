"""One DAG a desk: each of its sources is a task instance of its own, shown and retried by itself.

What a source published is stored as it is read, so a run that fails, is retried or cleared loses
and doubles nothing. When all sources have had their turn, one event on the asset
`communique://statements` starts alerting.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import (
    DAG,
    Asset,
    CronTriggerTimetable,
    dag,
    get_current_context,
    get_parsing_context,
    task,
)
from communique_airflow import (
    SourceFailed,
    logical_date,
    open_airflow_line,
    run_key,
    source_failure,
    source_ids,
)
from communique_care import CARE, SOURCE_RETRIES, late_after, run_failed

from communique.settings import Settings

STATEMENTS = Asset("communique://statements")

# When the statements of the day before are out, in the zone of those who publish them.
SCHEDULES = {
    "china": ("0 6 * * *", "Asia/Shanghai"),
    "united_states": ("0 7 * * *", "America/New_York"),
    "europe": ("0 7 * * *", "Europe/Brussels"),
    "asia_pacific": ("0 7 * * *", "Asia/Tokyo"),
    "elsewhere": ("0 7 * * *", "UTC"),
    "media": ("0 */4 * * *", "UTC"),
}
# A run that takes so long has met something else than slow sites.
LONGEST = timedelta(hours=3, minutes=30)
DOC = """
Visits the {count} sources of the desk **{desk}** at `{cron}` ({zone}), each in a task instance
named after it.

- **Red instance**: that source needs a look; its log says what happened, where the evidence lies
  and what to type next. The others went on, and what was stored stays stored. *Clear* it to try
  again: nothing is stored or told twice.
- A source that did not answer is tried again once, five minutes later; one whose pages we can
  no longer read fails at once. Our own trouble (the store) is retried with back-off.
- Sources that share a host take turns, whatever runs at the same time: one request at a time, at
  the host's pace.
- `report` emits one event on `communique://statements` with the counts, also when sources failed:
  it starts the DAG `alert`, and makes a diary of the asset's page. `verdict` fails the run if any
  source did.
- A run that is not over after three and a half hours is late, and the maintainers are told; so
  they are when our own trouble makes a task fail. Sources that fail are told of by `coverage`.
- After an outage there is one run, not one for each missed day: a collect reads what is there now.
- Under replay (`COMMUNIQUE_REPLAY`) the logical date is the run's clock, and nothing is scheduled.
"""


def collect_desk(desk: str, settings: Settings) -> DAG:
    """The DAG of one desk."""
    cron, zone = SCHEDULES[desk]
    sources = source_ids(settings.sources, desk)

    @dag(
        dag_id=f"collect_{desk}",
        schedule=None if settings.replay else CronTriggerTimetable(cron, timezone=zone),
        catchup=False,
        max_active_runs=1,
        doc_md=DOC.format(desk=desk, cron=cron, zone=zone, count=len(sources)),
        tags=["communique", "collect"],
        on_failure_callback=run_failed,
        default_args=CARE,
        deadline=late_after(LONGEST),
    )
    def desk_dag() -> None:
        collected = collect.expand(source_id=sources)
        reported: Any = report(desk, sources)
        collected >> reported
        verdict(reported)

    return desk_dag()


@task(
    map_index_template="{{ task.op_kwargs['source_id'] }}",
    retry_policy=SOURCE_RETRIES,
    execution_timeout=timedelta(hours=3),
)
def collect(source_id: str) -> None:
    """One source's turn. What it saw goes to `report` by XCom, also when it fails."""
    from communique.jobs import run_source
    from scrapers.facts import find

    context = get_current_context()
    troubles: list[Any] = []

    def watch(value: Any) -> None:
        if getattr(value, "error", None) is not None:
            troubles.append(value)

    with open_airflow_line(logical_date(context)) as line:
        source = find(line.sources, source_id)
        seen = run_source(line, source, kind="collect", run_key=run_key(context), watch=watch)
    told = {"source": source_id, "failing": seen.failed, "error": seen.error, **seen.counts}
    context["ti"].xcom_push("coverage", told)
    if seen.failed:
        first = context["ti"].try_number == 1
        raise source_failure(seen, source.desk, troubles, first_try=first)


@task(trigger_rule="all_done", outlets=[STATEMENTS])
def report(desk: str, sources: list[str]) -> dict[str, Any]:
    """Closes the run and tells alerting, once, what it brought."""
    from communique.jobs import finish_run

    context = get_current_context()
    with open_airflow_line(logical_date(context)) as line:
        finish_run(line, run_key(context))
        as_of = line.settings.clock().isoformat() if line.replay else None
    pulled = context["ti"].xcom_pull(task_ids="collect", key="coverage") or []
    rows = pulled if isinstance(pulled, list) else [pulled]
    seen = {row["source"]: row for row in rows if row}
    new, revised = (sum(row[what] for row in seen.values()) for what in ("new", "revised"))
    failing = [name for name in sources if name not in seen or seen[name]["failing"]]
    told = {
        "said": f"{desk}: {new} new, {revised} revised; {len(failing)} of {len(sources)} failing",
        "kind": "collect",
        "desk": desk,
        "sources": len(sources),
        "new": new,
        "revised": revised,
        "failing": failing,
        "as_of": as_of,
    }
    context["outlet_events"][STATEMENTS].extra = told
    return told


@task(retries=0)
def verdict(told: dict[str, Any]) -> None:
    """Fails the run, and so shows it red, where a source failed. Alerting has begun already."""
    if told["failing"]:
        raise SourceFailed(
            f"{len(told['failing'])} of {told['sources']} sources failed: "
            f"{', '.join(told['failing'])}. Each is a red instance of `collect`: its log says why."
        )


_settings = Settings()
# A task's process reads this file for its own DAG alone, and of these there are hundreds.
_wanted = get_parsing_context().dag_id
for _desk in SCHEDULES:
    if _wanted in (None, f"collect_{_desk}"):
        collect_desk(_desk, _settings)
