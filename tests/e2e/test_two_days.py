"""The whole line for real: Airflow's scheduler, PostgreSQL, a mail server, two days of pages.

On the second day the mail server takes the first mail and kills whoever sent it before that can be
written down: the one window that SMTP leaves open.
"""

from __future__ import annotations

from collections import Counter

import pytest

from communique.stack_demo import LONGEST, READERS, Day, Demo
from communique.stack_report import FAILING, alerts, unmet
from communique.stack_runs import (
    Run,
    clear_run,
    events_of,
    tasks_of,
    wait_for_answers,
    wait_for_runs,
)
from tests.e2e.conftest import Assassin

pytestmark = pytest.mark.e2e


def run_of(day: Day, dag_id: str) -> Run:
    return next(run for run in day.collected if run[0] == dag_id)


def test_a_failing_source_is_red_alone_and_says_what_to_do(demo: Demo, first_day: Day) -> None:
    run = run_of(first_day, "collect_united_states")
    states = {
        task["rendered_map_index"] or task["task_id"]: task["state"]
        for task in tasks_of(demo.airflow, run)
    }
    assert states == {
        "demo_state": "success",
        FAILING: "failed",
        "report": "success",
        "verdict": "failed",
    }
    red = next(t for t in tasks_of(demo.airflow, run) if t["rendered_map_index"] == FAILING)
    assert red["try_number"] == 1
    log = demo.airflow.get(
        f"/dags/{run[0]}/dagRuns/{run[1]}/taskInstances/collect/logs/1",
        map_index=red["map_index"],
    )
    told = str(log["content"])
    assert FAILING in told
    assert "https://de.usembassy.example/news-events/" in told
    assert "pages.warc.gz" in told
    assert "communique coverage --desk united_states" in told


def test_a_tasks_log_lines_say_run_source_and_address(demo: Demo, first_day: Day) -> None:
    run = run_of(first_day, "collect_united_states")
    for each in tasks_of(demo.airflow, run):
        source = each["rendered_map_index"]
        if source not in ("demo_state", FAILING):
            continue
        log = demo.airflow.get(
            f"/dags/{run[0]}/dagRuns/{run[1]}/taskInstances/collect/logs/1",
            map_index=each["map_index"],
        )
        ours = [line for line in log["content"] if line.get("logger") == "communique.collecting"]
        assert ours
        about = {(line["run"], line["run_number"], line["source"]) for line in ours}
        assert {(key, name) for key, _, name in about} == {(f"{run[0]}:{run[1]}", source)}
        assert len(about) == 1
        assert any(line["address"].startswith("https://") for line in ours if "address" in line)


def test_a_partly_failed_collect_starts_alerting_once(demo: Demo, first_day: Day) -> None:
    (event,) = events_of(demo.airflow, run_of(first_day, "collect_united_states"))
    assert event["extra"]["failing"] == [FAILING]
    assert event["extra"]["new"] == 2
    assert set(first_day.alerted.values()) == {"success"}


def test_two_days_tell_the_story_they_should(demo: Demo, first_day: Day, second_day: Day) -> None:
    assert list(unmet(demo, [first_day, second_day])) == []


def test_a_repost_is_held_back_and_an_edited_passage_is_told(
    demo: Demo, first_day: Day, second_day: Day
) -> None:
    found = alerts(demo.engine, READERS[0])
    held = {row["source"]: row["held_because"] for row in found if row["status"] == "held"}
    assert all(held.values())
    # Of the briefing's language versions the one that was stored first is told.
    assert set(held) - {"demo_mfa_en", "demo_mfa_zh"} == {"demo_embassy_be"}
    assert len(held) == 2
    (edited,) = (row for row in found if row["kind"] == "wording")
    assert edited["source"] == "demo_mfa_en"


def test_a_sender_killed_after_the_server_took_its_mail_loses_and_doubles_nothing(
    demo: Demo, second_day: Day, office: Assassin
) -> None:
    (killed,) = office.killed
    mails = [mail for mail in office.arrived if mail["To"] in READERS]
    arrived = Counter(str(mail["Message-ID"]) for mail in mails)
    assert {name: times for name, times in arrived.items() if times > 1} == {killed: 2}
    sent = [row for reader in READERS for row in alerts(demo.engine, reader)]
    sent = [row for row in sent if row["status"] != "held"]
    assert {row["message_id"] for row in sent} == set(arrived)
    assert {row["status"] for row in sent} == {"sent"}
    assert {row["tries"] for row in sent} == {1}
    tried = [
        task["try_number"]
        for run in second_day.alerted
        for task in tasks_of(demo.airflow, run)
        if task["task_id"] == "send"
    ]
    assert max(tried) == 2


def test_clearing_a_collect_run_and_an_alert_run_tells_nobody_again(
    demo: Demo, second_day: Day, office: Assassin
) -> None:
    before = len(office.arrived)
    runs = [run_of(second_day, "collect_china"), run_of(second_day, "collect_united_states")]
    for run in runs:
        clear_run(demo.airflow, run)
    wait_for_runs(demo.airflow, runs, print, LONGEST)
    answers = wait_for_answers(demo.airflow, "alert", runs, print, LONGEST)
    assert all(len(events_of(demo.airflow, run)) == 2 for run in runs)
    answer = next(iter(answers))
    clear_run(demo.airflow, answer)
    assert wait_for_runs(demo.airflow, [answer], print, LONGEST) == {answer: "success"}
    assert len(office.arrived) == before
