"""How every DAG is cared for: retries, time-outs, whose turn comes first, and who hears of a run
that failed or is late. No DAG in here.

There is no pool: a task in a pool that nobody has made waits for ever, and nobody is told. What a
pool would protect is protected without: tasks that tell people come first (`priority_weight`) as
soon as a worker is free, and what is patient takes a few workers at most (`FEW`). Hosts are
protected by turns in the store, which also hold between DAGs and the command line.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.sdk import (
    AsyncCallback,
    DeadlineAlert,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
)
from communique_airflow import (
    MailFailed,
    SourceFailed,
    SourceUnreachable,
    airflow_settings,
    every_source_id,
)

log = logging.getLogger(__name__)

# Instances of a patient mapped task that run at once, so that others find a worker.
FEW = 4
# The XCom by which a task that failed has said so.
SPOKE = "failed"
# Sources that fail are told by the DAG `coverage`, once; rules by the alert run; the canary and a
# damaged archive by the task itself; a form to who filled it in.
TOLD_OTHERWISE = ("SourceFailed", "SourceUnreachable", "RuleFailed", "CanarySilent",
                  "ArchiveDamaged", "FormRefused")  # fmt: skip


def failed(context: Mapping[str, Any]) -> None:
    """Airflow's failure notice: tells the maintainers that a task has failed for good, once for
    each run and kind of trouble, as `trouble_key` says. Runs in the task's own process."""
    error, ti = context.get("exception"), context["ti"]
    kind = type(error).__name__
    try:
        ti.xcom_push(SPOKE, kind)  # for `run_failed`
    except Exception:  # telling matters more
        log.exception("Airflow took no note of it")
    if kind in TOLD_OTHERWISE:
        return
    where = f"{ti.task_id}" + (f" [{ti.map_index}]" if (ti.map_index or 0) >= 0 else "")
    lines = (
        f"Task {where} of DAG {ti.dag_id} has failed, in run {ti.run_id}, and is not tried again.",
        f"{kind}: {error}" if isinstance(error, BaseException) else str(error),
        "Other tasks of this run that fail alike are not told again; nor, for some hours, are the "
        "next runs of a DAG that runs every hour.",
    )
    _tell(kind, f"{ti.dag_id}: a task has failed", lines, ti.dag_id, ti.run_id)


def run_failed(context: Mapping[str, Any]) -> None:
    """Tells the maintainers of tasks that failed and never said so, as their process was killed.
    Runs in the DAG processor, when a run has failed."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    dag_id, run_id = context["dag"].dag_id, str(context["run_id"])
    states = RuntimeTaskInstance.get_task_states(dag_id=dag_id, run_ids=[run_id]).get(run_id, {})
    ended = sorted(name for name, state in states.items() if state == "failed")
    silent = [name for name in ended if not _spoke(dag_id, run_id, name)]
    if silent:
        lines = (
            f"Of DAG {dag_id}, in run {run_id}, these tasks ended without a word: "
            f"{', '.join(silent)}.",
            "Most often their process was killed: too little memory, or a worker that went away.",
        )
        _tell("killed", f"{dag_id}: a task was killed", lines, dag_id, run_id)


def _spoke(dag_id: str, run_id: str, name: str) -> bool:
    """Whether a task's own callback has run. name: as Airflow names it here, with the map index."""
    from airflow.sdk.bases.xcom import BaseXCom

    task, _, index = name.rpartition("_")
    where = {"dag_id": dag_id, "run_id": run_id}
    found = BaseXCom.get_one(key=SPOKE, task_id=name, **where)
    if found is None and index.isdecimal():
        found = BaseXCom.get_one(key=SPOKE, task_id=task, map_index=int(index), **where)
    return found is not None


def _tell(kind: str, subject: str, lines: tuple[str, ...], dag_id: str, run_id: str) -> None:
    from communique.run_notices import RunNotice, tell, trouble_key
    from communique.settings import Settings

    try:
        settings = airflow_settings()
    except ValueError as error:  # a Connection that cannot be used: the environment may do
        log.warning("%s", error)
        settings = Settings()
    now = settings.clock()
    key = trouble_key(dag_id, run_id, kind, now)
    # The mail server's trouble is one trouble, whichever run meets it.
    name = f"run:mail:{now:%Y-%m-%d}" if kind == MailFailed.__name__ else f"run:{key}"
    advice = f"Look at its log: {_page(dag_id, run_id)}. Mend what it names, then clear the task."
    log.info("%s", tell(settings, RunNotice(name, subject, lines, advice), now))


def _page(dag_id: str, run_id: str) -> str:
    """The run's page in Airflow; where its address is not known, the way there."""
    from airflow.sdk.configuration import conf

    base = str(conf.get("api", "base_url", fallback="") or "").rstrip("/")
    return f"{base}/dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}"


def late_after(longest: timedelta) -> list[DeadlineAlert]:
    """A run that is not over so long after it was made is late, and the maintainers hear.

    What is told, and from when it counts, stands in plugins/, since Airflow's triggerer and
    scheduler, who must know it, do not know this folder. Without it nobody is told.
    """
    try:
        from communique_late import RunMade, late
    except ModuleNotFoundError:
        log.warning("the plugin communique_late is not there: nobody is told of late runs")
        return []
    name = f"over within {longest}"
    return [DeadlineAlert(RunMade(), longest, AsyncCallback(late), name=name)]


def verdict(*tasks: Any) -> None:
    """Puts these one after another, and a last one behind them by which the run is red if any of
    them is: a run is as its last tasks are, and the mails go out whatever was before."""
    from airflow.providers.standard.operators.empty import EmptyOperator

    last = EmptyOperator(task_id="verdict", trigger_rule="none_failed")
    for earlier, later in pairwise(tasks):
        earlier >> later
    for each in tasks:
        each >> last


# Our own trouble (the store, the archive) is tried again, ever more seldom.
CARE: dict[str, Any] = {
    "owner": "communique",
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 3.0,
    "max_retry_delay": timedelta(minutes=15),
    "execution_timeout": timedelta(minutes=30),
    "priority_weight": 5,
    "weight_rule": "absolute",
    "on_failure_callback": failed,
}
# Of DAGs that tell: first in the queue; soon again, then more and more seldom.
TELLING = CARE | {
    "retries": 6,
    "retry_delay": timedelta(seconds=15),
    "retry_exponential_backoff": 2.0,
    "priority_weight": 10,
}
# Of DAGs that have time: last in the queue.
PATIENT = CARE | {"priority_weight": 1}
MAIL_RETRIES = ExceptionRetryPolicy(
    rules=[RetryRule(MailFailed, RetryAction.RETRY, timedelta(minutes=2), "the outbox keeps it")]
)
SOURCE_RETRIES = ExceptionRetryPolicy(
    rules=[
        RetryRule(SourceUnreachable, RetryAction.RETRY, timedelta(minutes=5), "it may come back"),
        RetryRule(SourceFailed, RetryAction.FAIL, reason="another try would see the same"),
        RetryRule("scrapers.errors.SourceFactsError", RetryAction.FAIL, reason="mend the facts"),
    ]
)


def no_second_try(*errors: tuple[type[Exception], str]) -> ExceptionRetryPolicy:
    """Fails a task at once where it ended in one of these errors, each with the reason why another
    try would not help."""
    rules = [RetryRule(error, RetryAction.FAIL, reason=reason) for error, reason in errors]
    return ExceptionRetryPolicy(rules=rules)


def sources_field(folder: Path, description: str) -> Param:
    """The field of a form that takes ids of sources, and offers those that are enabled."""
    return Param(
        [],
        type="array",
        items={"type": "string"},
        examples=sorted(every_source_id(folder)),
        title="Sources",
        description=description,
    )
