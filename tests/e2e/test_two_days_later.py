"""Every other DAG for real, after the two days: by hand, by a form, with a person's approval; and
what becomes of runs that fail, are killed or are late."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from communique.demo.archive import days
from communique.stack_demo import LONGEST, Day, Demo
from communique.stack_report import FAILING
from communique.stack_runs import (
    Run,
    events_of,
    tasks_of,
    wait_for_answers,
    wait_for_dags,
    wait_for_runs,
)
from communique.subscriptions import subscribe
from tests.e2e.conftest import CANARY, MAINTAINER, Assassin

pytestmark = pytest.mark.e2e

# So many at once take their time on a machine that has other things to do.
PATIENCE = 2 * LONGEST
LATER = days()[1] + timedelta(days=1, hours=14)
# What an old version of a reader made of it, in words that no page may take for its own.
OLD_TITLE = "{{ 7 * 7 }} ![seen](https://evil.example/x.png) ```"
OLDER = text("""
    WITH older AS (
        UPDATE communique.revisions r
        SET title = :title, sha256 = repeat('0', 64), reader = split_part(r.reader, '/', 1) || '/0'
        FROM communique.statements s
        WHERE s.id = r.statement_id AND r.number = s.revision_number AND r.id = (
            SELECT min(o.id) FROM communique.revisions o
            JOIN communique.statements t ON t.id = o.statement_id
            WHERE t.source_id = 'demo_state' AND o.number = t.revision_number
        ) RETURNING s.id
    ) UPDATE communique.statements SET title = :title WHERE id = (SELECT id FROM older)
      RETURNING id
""")
TITLE = text("SELECT title, revision_number FROM communique.statements WHERE id = :id")


def begin(
    demo: Demo,
    dag_id: str,
    name: str = "",
    form: Mapping[str, Any] | None = None,
    moment: datetime = LATER,
) -> Run:
    run_id = f"later__{dag_id}{name}"
    moment += timedelta(seconds=sum(map(ord, name)))  # Airflow has one run of a DAG for a moment
    body = {"logical_date": moment.isoformat(), "dag_run_id": run_id, "conf": dict(form or {})}
    demo.airflow.post(f"/dags/{dag_id}/dagRuns", body)
    return dag_id, run_id


def finished(demo: Demo, *runs: Run) -> list[str]:
    states = wait_for_runs(demo.airflow, runs, print, PATIENCE)
    return [states[run] for run in runs]


def states_of(demo: Demo, run: Run) -> dict[str, str]:
    return {
        task["rendered_map_index"] or task["task_id"]: task["state"]
        for task in tasks_of(demo.airflow, run)
    }


def log_of(demo: Demo, run: Run, task: str, map_index: int = -1, tries: int = 1) -> list[Any]:
    path = f"/dags/{run[0]}/dagRuns/{run[1]}/taskInstances/{task}/logs/{tries}"
    content: list[Any] = demo.airflow.get(path, map_index=map_index)["content"]
    return content


def until(there: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := there()):
        assert time.monotonic() < end, f"still no {what}"
        time.sleep(0.5)
    return found


def told(office: Assassin, recipient: str, words: str) -> list[str]:
    mails = [mail for mail in office.arrived if mail["To"] == recipient]
    return [str(mail["Subject"]) for mail in mails if words in str(mail["Subject"])]


@pytest.fixture(scope="module")
def older(demo: Demo, second_day: Day) -> int:
    """A statement whose wording an older reader has read, otherwise than today's does."""
    with demo.engine.begin() as connection:
        subscribe(connection, "daily@example.org", "*", days()[0], how="daily", hour=7)
        return int(connection.execute(OLDER, {"title": OLD_TITLE}).scalar_one())


@pytest.fixture(scope="module")
def troubles(demo: Demo, second_day: Day) -> list[Run]:
    """Runs in trouble, begun before all else: what is told of them takes a while to come."""
    names = ["failing", "killed", "slow"]
    wait_for_dags(demo.airflow, names, print, PATIENCE)
    return [begin(demo, name) for name in names]


@pytest.fixture(scope="module")
def rereads(demo: Demo, older: int) -> list[Run]:
    form = {"sources": ["demo_state"]}
    return [begin(demo, "reread", name, form) for name in ("_rejected", "_approved")]


@pytest.fixture(scope="module")
def runs(demo: Demo, troubles: list[Run], rereads: list[Run]) -> dict[str, Run]:
    """All of them at once, as they might be on a bad day."""
    form = {"sources": ["demo_state", "demo_mfa_en"], "since": "2026-01-01", "until": None}
    wrong = {"sources": ["demo_stat"], "since": "2031-01-01", "until": "2020-01-01"}
    begun = {
        "backfill": begin(demo, "backfill", form=form),
        "refused": begin(demo, "backfill", "_refused", wrong),
        **{
            dag_id: begin(demo, dag_id)
            for dag_id in ("revisit", "coverage", "digest", "maintenance", "canary")
        },
        "in time": begin(demo, "canary", "_in_time", moment=days()[1] + timedelta(hours=1)),
    }
    finished(demo, *begun.values())
    return begun


def test_the_days_work_is_done(demo: Demo, runs: dict[str, Run], office: Assassin) -> None:
    for name in ("revisit", "coverage", "digest", "maintenance", "in time"):
        states = set(states_of(demo, runs[name]).values())
        assert states <= {"success", "skipped"}, (name, states_of(demo, runs[name]))
    assert len(told(office, MAINTAINER, "[sources] first report")) == 1
    assert len(told(office, "daily@example.org", "[digest]")) == 1


def test_a_silent_canary_is_told_and_one_that_sings_is_not(
    demo: Demo, runs: dict[str, Run], office: Assassin
) -> None:
    assert told(office, CANARY, "Canary: all is well")
    assert states_of(demo, runs["in time"])["look"] == "success"
    # Hours later there was no alert run.
    assert states_of(demo, runs["canary"]) == {
        "look": "failed", "send": "success", "verdict": "upstream_failed"
    }  # fmt: skip
    assert told(office, MAINTAINER, "canary") == ["The canary is silent"]


def test_a_revisit_has_an_instance_for_each_desk_and_tells_alerting_only_of_changes(
    demo: Demo, runs: dict[str, Run]
) -> None:
    states = states_of(demo, runs["revisit"])
    assert {"china", "united_states", "media"} <= set(states)
    with demo.engine.connect() as connection:
        looks = text("""
            SELECT count(*) FROM communique.captures c JOIN communique.runs r ON r.id = c.run_id
            WHERE r.kind = 'revisit'
        """)
        assert connection.execute(looks).scalar_one() > 5
    events = events_of(demo.airflow, runs["revisit"])
    assert len(events) == (states["announce"] == "success")


def test_a_backfill_alerts_nobody_and_a_wrong_form_is_refused_before_anything_is_asked(
    demo: Demo, runs: dict[str, Run]
) -> None:
    assert states_of(demo, runs["backfill"]) == {
        "check": "success", "demo_state": "success", "demo_mfa_en": "success", "report": "success"
    }  # fmt: skip
    assert events_of(demo.airflow, runs["backfill"]) == []
    states = states_of(demo, runs["refused"])
    assert (states["check"], states["report"]) == ("failed", "failed")
    said = str(log_of(demo, runs["refused"], "check"))
    for words in ("'demo_stat' is no enabled source; did you mean demo_state",
                  "since: 2031-01-01 lies ahead", "until: 2020-01-01 lies before"):  # fmt: skip
        assert words in said


def test_a_reread_waits_for_a_person_and_writes_what_was_approved_of_alone(
    demo: Demo, rereads: list[Run], older: int
) -> None:
    def waiting(run: Run) -> Any:
        path = f"/dags/{run[0]}/dagRuns/{run[1]}/hitlDetails"
        return demo.airflow.get(path)["hitl_details"]

    def title() -> tuple[Any, ...]:
        with demo.engine.connect() as connection:
            return tuple(connection.execute(TITLE, {"id": older}).one())

    for run, answer in zip(rereads, ("Reject", "Approve"), strict=True):
        (asked,) = until(lambda run=run: waiting(run), "request for approval")
        assert "1 of " in asked["body"]
        # A stranger's words stand in code: no template, no picture, no end of the fence.
        (line,) = [line for line in asked["body"].splitlines() if "7 * 7" in line]
        assert "{{ 7 * 7 }}" in line
        assert asked["body"].count("```") == 2
        assert title() == (OLD_TITLE, 1)
        where = f"/dags/{run[0]}/dagRuns/{run[1]}/taskInstances/approve/-1/hitlDetails"
        demo.airflow._ask("PATCH", where, json={"chosen_options": [answer]})
        assert finished(demo, run) == ["success"]
        written = {"Reject": "skipped", "Approve": "success"}[answer]
        assert states_of(demo, run)["write"] == written
    found, number = title()
    assert (found != OLD_TITLE, number) == (True, 2)


def test_one_source_is_run_again_from_the_ui_and_no_other(demo: Demo, second_day: Day) -> None:
    run = next(run for run in second_day.collected if run[0] == "collect_united_states")
    before = {t["rendered_map_index"]: t["try_number"] for t in tasks_of(demo.airflow, run)}
    index = next(
        t["map_index"] for t in tasks_of(demo.airflow, run) if t["rendered_map_index"] == FAILING
    )
    # What the UI asks for, its default: this instance and what is behind it.
    body = {
        "dry_run": False, "dag_run_id": run[1], "task_ids": [["collect", index]],
        "only_failed": False, "include_downstream": True,
    }  # fmt: skip
    events = len(events_of(demo.airflow, run))
    demo.airflow.post(f"/dags/{run[0]}/clearTaskInstances", body)
    assert finished(demo, run) == ["failed"]
    assert len(events_of(demo.airflow, run)) == events + 1
    for task in tasks_of(demo.airflow, run):
        name = task["rendered_map_index"] or task["task_id"]
        again = name in (FAILING, "report", "verdict")
        if task["task_id"] == "collect":
            assert task["try_number"] == before[name] + again, name
    event = events_of(demo.airflow, run)[0]
    assert event["extra"]["desk"] == "united_states"
    assert event["extra"]["said"].startswith("united_states: ")
    assert set(wait_for_answers(demo.airflow, "alert", [run], print, PATIENCE).values()) == {
        "success"
    }


def test_the_log_of_a_failed_source_ends_with_what_to_do(demo: Demo, first_day: Day) -> None:
    run = next(run for run in first_day.collected if run[0] == "collect_united_states")
    red = next(t for t in tasks_of(demo.airflow, run) if t["rendered_map_index"] == FAILING)
    lines = log_of(demo, run, "collect", red["map_index"])
    ours = [line for line in lines if line.get("logger") not in ("task", None)]
    (last,) = [line for line in lines if line.get("event") == "Task failed with exception"]
    assert lines.index(last) > lines.index(ours[-1])
    said = last["error_detail"][0]["exc_value"]
    assert said.splitlines()[-1].strip() == f"communique sources show {FAILING}"


def test_maintainers_hear_of_what_fails_is_killed_or_is_late_once(
    demo: Demo, troubles: list[Run], runs: dict[str, Run], office: Assassin
) -> None:
    assert finished(demo, *troubles) == ["failed", "failed", "success"]
    for words in ("failing: a task has failed", "killed: a task was killed", "slow: a run is late"):
        until(lambda words=words: told(office, MAINTAINER, words), words)
        assert told(office, MAINTAINER, words) == [words]
    # Nobody is told of a source that fails by the run that met it: `coverage` does that.
    assert told(office, MAINTAINER, "collect_") == []
    assert told(office, MAINTAINER, "backfill") == []
