"""The DAG files, as Airflow's processor loads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
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
        | {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
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


def test_every_dag_file_loads_and_every_desk_has_one_dag(bag: dict[str, Any]) -> None:
    assert bag["errors"] == {}
    desks = [f"collect_{desk}" for desk in DESKS]
    assert sorted(bag["dags"]) == sorted(["alert", "coverage", "digest", *desks])


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


def test_maintainers_are_told_every_day_whatever_became_of_the_collects(
    bag: dict[str, Any],
) -> None:
    dag = bag["dags"]["coverage"]
    assert (dag["tasks"], dag["leaves"]) == (["send", "tell"], ["send"])
    assert (dag["timetable"], dag["cron"], dag["zone"]) == (
        *("CronTriggerTimetable", "30 7 * * *"),
        "UTC",
    )
    assert dag["catchup"] is False


def test_digests_are_looked_for_every_hour_as_each_reader_has_an_hour_of_their_own(
    bag: dict[str, Any],
) -> None:
    dag = bag["dags"]["digest"]
    assert (dag["tasks"], dag["leaves"]) == (["queue", "send"], ["send"])
    assert (dag["timetable"], dag["cron"]) == ("CronTriggerTimetable", "5 * * * *")
    assert dag["catchup"] is False


def test_every_dag_says_what_it_does_and_whose_it_is(bag: dict[str, Any]) -> None:
    for dag in bag["dags"].values():
        assert dag["doc"]
        assert dag["owner"] == "communique"
        assert "communique" in dag["tags"]


def test_a_replay_is_not_scheduled(load: Load, tmp_path: Path) -> None:
    dags = load(COMMUNIQUE_REPLAY=str(tmp_path / "pages.warc.gz"))["dags"]
    assert {dags[f"collect_{desk}"]["timetable"] for desk in DESKS} == {"NullTimetable"}
    assert dags["alert"]["timetable"] == "AssetTriggeredTimetable"
    assert dags["coverage"]["timetable"] == "NullTimetable"
    assert dags["digest"]["timetable"] == "NullTimetable"


def test_a_disabled_source_has_no_task_and_defaults_count(load: Load, tmp_path: Path) -> None:
    (tmp_path / "media.yaml").write_text(
        "defaults: {enabled: false}\nsources:\n- id: one\n- {id: two, enabled: true}\n"
    )
    (tmp_path / "china.yaml").write_text("- id: three\n- {id: four, enabled: false}\n")
    dags = load(COMMUNIQUE_SOURCES=str(tmp_path))["dags"]
    assert dags["collect_media"]["sources"] == ["two"]
    assert dags["collect_china"]["sources"] == ["three"]
    assert dags["collect_europe"]["sources"] == []


def test_four_hundred_sources_parse_in_less_than_three_tenths_of_a_second(
    load: Load, tmp_path: Path
) -> None:
    for desk in DESKS[:4]:
        (tmp_path / f"{desk}.yaml").write_text("".join(SOURCE.format(desk, n) for n in range(100)))
    loaded = load(COMMUNIQUE_SOURCES=str(tmp_path))
    assert sum(len(dag["sources"]) for dag in loaded["dags"].values()) == 400
    assert loaded["heavy"] == []
    assert loaded["seconds"] < 0.3


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
