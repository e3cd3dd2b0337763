"""The DAG files, as Airflow's processor loads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from scrapers.facts import load_sources
from scrapers.sources import DESKS

ROOT = Path(__file__).parents[2]
Load = Callable[..., dict[str, Any]]


def python(home: Path, *command: str, **environment: str) -> str:
    """What a Python process says that has an Airflow home of its own; its settings are given."""
    kept = {name: value for name, value in os.environ.items() if "COMMUNIQUE_" not in name}
    done = subprocess.run(
        [sys.executable, *command],
        env=kept
        | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        }
        | environment,
        cwd=ROOT / "dags",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    home = tmp_path_factory.mktemp("airflow")

    def load(**environment: str) -> dict[str, Any]:
        bag = str(Path(__file__).with_name("bag.py"))
        loaded: dict[str, Any] = json.loads(python(home, bag, str(ROOT / "dags"), **environment))
        return loaded

    return load


@pytest.fixture(scope="module")
def bag(load: Load) -> dict[str, Any]:
    return load()


FILES = {
    "alert.py": ["alert"],
    "backfill.py": ["backfill"],
    "canary.py": ["canary"],
    "collect.py": sorted(f"collect_{desk}" for desk in DESKS),
    "digest.py": ["digest"],
    "health.py": ["coverage"],
    "maintenance.py": ["maintenance"],
    "reread.py": ["reread"],
    "revisit.py": ["revisit"],
}
# DAG: its tasks in their order, cron, zone.
LINES = {
    "coverage": (["tell", "send", "verdict"], "30 7 * * *"),
    "digest": (["queue", "send", "verdict"], "5 * * * *"),
    "canary": (["look", "send", "verdict"], "20 * * * *"),
    "revisit": (["revisit", "announce", "verdict"], "30 18 * * *"),
    "maintenance": (
        ["months", "settle", "prune", "statistics", "verify", "send", "verdict"],
        "15 2 * * *",
    ),
    "backfill": (["check", "backfill", "report"], None),
    "reread": (["check", "compare", "approve", "write"], None),
}


def test_a_tasks_process_reads_the_sources_of_its_own_dag_alone(load: Load) -> None:
    files = load(_AIRFLOW_PARSING_CONTEXT_DAG_ID="collect_europe")["files"]
    assert files["collect.py"] == ["collect_europe"]


def test_every_dag_file_loads_and_holds_the_dags_it_should(bag: dict[str, Any]) -> None:
    assert bag["errors"] == {}
    assert bag["files"] == FILES


@pytest.mark.parametrize("dag_id", LINES)
def test_tasks_stand_in_their_order_and_run_by_their_clock(
    bag: dict[str, Any], dag_id: str
) -> None:
    dag, (tasks, cron) = bag["dags"][dag_id], LINES[dag_id]
    assert dag["tasks"] == sorted(tasks)
    for earlier, later in pairwise(tasks):
        assert earlier in dag["after"][later]
    # What the run is like is what its last task is like, and nothing that failed is behind it.
    assert dag["leaves"] == tasks[-1:]
    kind = "CronTriggerTimetable" if cron else "NullTimetable"
    assert (dag["timetable"], dag["cron"]) == (kind, cron)
    assert not cron or dag["zone"] == "UTC"


def test_a_verdict_hears_of_every_task_that_goes_on_after_a_failure(bag: dict[str, Any]) -> None:
    for dag_id in ("coverage", "digest", "canary", "maintenance", "revisit"):
        dag = bag["dags"][dag_id]
        assert dag["after"]["verdict"] == sorted(set(dag["tasks"]) - {"verdict"})


def test_after_ten_days_away_a_dag_runs_once(bag: dict[str, Any]) -> None:
    scheduled = {name: dag["runs_after_outage"] for name, dag in bag["dags"].items() if dag["cron"]}
    assert scheduled.keys() >= {f"collect_{desk}" for desk in DESKS} | {"revisit", "maintenance"}
    assert set(scheduled.values()) == {1}
    assert not any(dag["catchup"] for dag in bag["dags"].values())


def test_every_task_is_cared_for(bag: dict[str, Any]) -> None:
    for dag_id, dag in bag["dags"].items():
        for task, care in dag["care"].items():
            waits = (dag_id, task) == ("reread", "approve")  # for a person
            assert bool(care["timeout"]) is not waits, (dag_id, task)
            assert care["tells"] == ["failed"], (dag_id, task)
            assert care["back_off"], (dag_id, task)
            assert care["pool"] == "default_pool", (dag_id, task)  # another might not be there
        if dag_id != "reread":
            (deadline,) = dag["deadlines"]
            assert deadline["callback"] == "communique_late.late"
            assert deadline["seconds"] >= 3600


def test_what_tells_people_goes_before_what_collects_and_that_before_what_has_time(
    bag: dict[str, Any],
) -> None:
    def priorities(*dag_ids: str) -> set[int]:
        dags = (bag["dags"][dag_id] for dag_id in dag_ids)
        return {care["priority"] for dag in dags for care in dag["care"].values()}

    telling = priorities("alert", "digest", "coverage", "canary")
    collecting = priorities(*(f"collect_{desk}" for desk in DESKS))
    patient = priorities("revisit", "backfill", "reread", "maintenance")
    assert min(telling) > max(collecting) >= min(collecting) > max(patient)


def test_a_form_offers_the_sources_that_there_are_by_their_ids(bag: dict[str, Any]) -> None:
    known = sorted(s.id for s in load_sources(ROOT / "scrapers" / "sources") if s.enabled)
    for dag_id in ("backfill", "reread"):
        params = bag["dags"][dag_id]["params"]
        assert params["sources"]["examples"] == known
        assert params["since"]["format"] == "date"


def test_a_desk_has_a_task_instance_for_each_enabled_source_named_after_it(
    bag: dict[str, Any],
) -> None:
    sources = load_sources(ROOT / "scrapers" / "sources")
    for desk in DESKS:
        enabled = sorted(s.id for s in sources if s.desk == desk and s.enabled)
        dag = bag["dags"][f"collect_{desk}"]
        assert dag["sources"] == enabled
        assert dag["names"] == {"collect": "{{ task.op_kwargs['source_id'] }}"}


def test_each_desk_runs_by_its_own_clock_and_never_catches_up(bag: dict[str, Any]) -> None:
    zones = {}
    for desk in DESKS:
        dag = bag["dags"][f"collect_{desk}"]
        assert dag["timetable"] == "CronTriggerTimetable"
        assert dag["catchup"] is False
        zones[desk] = dag["zone"]
    assert zones["china"] == "Asia/Shanghai"
    assert zones["united_states"] == "America/New_York"


def test_the_last_word_of_a_run_is_a_verdict_and_alerting_hears_of_it_before(
    bag: dict[str, Any],
) -> None:
    for desk in DESKS:
        dag = bag["dags"][f"collect_{desk}"]
        assert dag["leaves"] == ["verdict"]
        assert [uri.rstrip("/") for uri in dag["outlets"]] == ["communique://statements"]
    assert "Asset" in bag["dags"]["alert"]["timetable"]


def test_every_dag_says_what_it_does_and_whose_it_is(bag: dict[str, Any]) -> None:
    for dag in bag["dags"].values():
        assert dag["doc"]
        assert dag["owner"] == "communique"
        assert "communique" in dag["tags"]


def test_a_replay_is_not_scheduled(load: Load, tmp_path: Path) -> None:
    dags = load(COMMUNIQUE_REPLAY=str(tmp_path / "pages.warc.gz"))["dags"]
    assert dags["alert"]["timetable"] == "AssetTriggeredTimetable"
    others = set(dags) - {"alert"}
    assert {dags[dag_id]["timetable"] for dag_id in others} == {"NullTimetable"}


def test_a_disabled_source_has_no_task_and_defaults_count(load: Load, tmp_path: Path) -> None:
    (tmp_path / "media.yaml").write_text(
        "defaults: {enabled: false}\nsources:\n- id: one\n- {id: two, enabled: true}\n"
    )
    (tmp_path / "china.yaml").write_text("- id: three\n- {id: four, enabled: false}\n")
    dags = load(COMMUNIQUE_SOURCES=str(tmp_path))["dags"]
    assert dags["collect_media"]["sources"] == ["two"]
    assert dags["collect_china"]["sources"] == ["three"]
    assert dags["collect_europe"]["sources"] == []


def test_no_file_is_slow_to_parse_with_four_hundred_sources(load: Load, tmp_path: Path) -> None:
    for desk in DESKS[:4]:
        (tmp_path / f"{desk}.yaml").write_text("".join(SOURCE.format(desk, n) for n in range(100)))
    loaded = load(COMMUNIQUE_SOURCES=str(tmp_path))
    assert sum(len(dag["sources"]) for dag in loaded["dags"].values()) == 400
    assert loaded["heavy"] == []
    # Processor time, in seconds; most of it goes into reading our settings' module. On a machine
    # with nothing else to do it is under 0.3.
    assert max(loaded["seconds"].values()) < 0.6


SOURCE = """
- id: {0}_{1}
  publisher: A ministry with a fairly long name of its own
  kind: ministry
  country: SI
  languages: [sl, en]
  time_zone: Europe/Ljubljana
  reader: generic
  articles: '/news/[0-9]+'
  listings:
    - {{url: https://www{1}.{0}.example/en/news/, confidence: inferred, at_least: 5}}
    - {{url: https://www{1}.{0}.example/sl/novice/, language: sl, confidence: inferred}}
  note: A note of the usual length on what is odd about the pages of this one.
"""


@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        ("", "smtps://u%40x:p%3A%2F@mail.example:465"),
        ("?disable_ssl=true", "smtp+starttls://u%40x:p%3A%2F@mail.example:465"),
        ("?disable_ssl=true&disable_tls=true", "smtp://u%40x:p%3A%2F@mail.example:465"),
    ],
)
def test_an_smtp_connection_means_what_it_means_to_airflow(
    tmp_path: Path, extras: str, expected: str
) -> None:
    mail = f"smtp://u%40x:p%3A%2F@mail.example:465/{extras}"
    settings = airflow_settings(tmp_path, AIRFLOW_CONN_COMMUNIQUE_SMTP=mail)
    assert settings["smtp_url"] == expected


def test_a_database_connection_wins_over_the_environment(tmp_path: Path) -> None:
    settings = airflow_settings(
        tmp_path,
        COMMUNIQUE_DATABASE_URL="postgresql://elsewhere/db",
        COMMUNIQUE_MAIL_FROM="watch@example.org",
        AIRFLOW_CONN_COMMUNIQUE_DB="postgres://us%40er:p%2Fw@db.example:5433/com?sslmode=require",
    )
    assert settings["database_url"] == (
        "postgresql+psycopg2://us%40er:p%2Fw@db.example:5433/com?sslmode=require"
    )
    assert settings["mail_from"] == "watch@example.org"


def airflow_settings(home: Path, **environment: str) -> dict[str, Any]:
    code = (
        "import communique_airflow as a; s = a.airflow_settings(); "
        "print('\\n' + s.model_dump_json())"
    )
    loaded: dict[str, Any] = json.loads(python(home, "-c", code, **environment))
    return loaded


@pytest.mark.parametrize(
    ("error", "first_try", "raised"),
    [
        ("TimedOut", True, "SourceUnreachable"),
        ("TimedOut", False, "SourceFailed"),
        ("TooLarge", True, "SourceFailed"),
        ("MissingElement", True, "SourceFailed"),
        ("Challenge", True, "SourceFailed"),
    ],
)
def test_only_a_server_that_did_not_answer_is_asked_again_and_only_once(
    tmp_path: Path, error: str, first_try: bool, raised: str
) -> None:
    code = FAILURE.format(error=error, first_try=first_try)
    kind, _, message = python(tmp_path, "-c", code).partition(" ")
    assert kind == raised
    for words in ("one fails since 2026-03-02 06:00 UTC", "what happened", "archive/one.warc.gz",
                  "urn:uuid:1", "communique coverage --desk china"):  # fmt: skip
        assert words in message


def test_a_form_that_was_refused_is_not_tried_again(tmp_path: Path) -> None:
    assert python(tmp_path, "-c", REFUSED) == "0 fail"


REFUSED = """
from airflow.dag_processing.dagbag import DagBag
from communique.forms import FormRefused
dag = DagBag("reread.py").dags["reread"]
policy, wrong = dag.get_task("compare").retry_policy, FormRefused("reader: there is none")
print(dag.get_task("check").retries, policy.evaluate(wrong, try_number=1, max_tries=3).action.value)
"""
FAILURE = """
from datetime import datetime, timezone
from communique_airflow import source_failure
from communique.coverage import SourceCoverage
from scrapers import errors
from scrapers.values import Capture, ListingSeen
since = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
url = "https://one.example/"
capture = Capture(url, url, since, warc="archive/one.warc.gz", record_id="urn:uuid:1")
visit = ListingSeen(url, url, 0, capture, errors.{error}("what happened"))
seen = SourceCoverage("one", 0, 1, 0, 0, {{}}, None, "failing", since, "what happened")
raised = source_failure(seen, "china", [visit], first_try={first_try})
print(type(raised).__name__, repr(str(raised)))
"""
