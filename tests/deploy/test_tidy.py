"""What deploy/tidy.py promises, on a real metadata database of Airflow's: what is old goes by
itself; what is not over, newest or young stays; killed half-way, it goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from tests.database_fixtures import cloned, dropped

ROOT = Path(__file__).parents[2]
KEEP = 40
# DAG, kind, how it stands, how many days ago.
RUNS = (
    *(("collect", "scheduled", "success", age) for age in (400, 300, 41, 39, 1)),
    *(("collect", "manual", "failed", age) for age in (350, 320)),
    *(("collect", "scheduled", state, 390) for state in ("running", "queued")),
    *(("resting", "asset_triggered", "success", age) for age in (500, 450)),
    ("by_hand", "manual", "success", 200),
)
LEFT = [
    "by_hand manual success 200",
    "collect manual failed 320",
    "collect scheduled queued 390",
    "collect scheduled running 390",
    "collect scheduled success 1",
    "collect scheduled success 39",
    "resting asset_triggered success 450",
]
RUN = """
INSERT INTO dag_run (dag_id, run_id, run_type, state, run_after, start_date, end_date,
                     clear_number, span_status)
SELECT dag, concat_ws(' ', dag, kind, state, age), kind, state, at,
       CASE WHEN state <> 'queued' THEN at END,
       CASE WHEN state IN ('success', 'failed') THEN at + interval '1 hour' END, 0, 'ended'
FROM (SELECT :dag AS dag, :kind AS kind, :state AS state, CAST(:age AS int) AS age,
             now() - make_interval(days => :age) AS at) AS asked
"""
# A task of each run, an earlier try of it, what it handed on, what it was started with, the asset
# that it changed; how late the run may be, and whom that calls.
HANGS_ON_THEM = """
INSERT INTO task_instance (id, task_id, dag_id, run_id, map_index, try_number, max_tries, pool,
                           pool_slots, span_status, state, start_date)
SELECT gen_random_uuid(), 'one', dag_id, run_id, 0, 2, 3, 'default_pool', 1, 'ended', state,
       start_date FROM dag_run;
INSERT INTO task_instance_history (task_instance_id, task_id, dag_id, run_id, map_index, try_number,
                                   max_tries, pool, pool_slots, span_status, state)
SELECT gen_random_uuid(), task_id, dag_id, run_id, map_index, 1, 3, pool, 1, 'ended', 'failed'
FROM task_instance;
INSERT INTO xcom (dag_run_id, task_id, map_index, key, dag_id, run_id, value, timestamp)
SELECT id, 'one', 0, 'through', dag_id, run_id, '"2026"', run_after FROM dag_run;
INSERT INTO rendered_task_instance_fields (dag_id, task_id, run_id, map_index, rendered_fields)
SELECT dag_id, task_id, run_id, map_index, '{}' FROM task_instance;
INSERT INTO callback (id, type, fetch_method, data, priority_weight, created_at, state)
SELECT md5(run_id)::uuid, 'triggerer', 'import_path', '{}', 1, run_after, 'scheduled' FROM dag_run;
INSERT INTO deadline (id, created_at, last_updated_at, dagrun_id, deadline_time, missed,
                      callback_id)
SELECT gen_random_uuid(), run_after, run_after, id, run_after + interval '4 h', false,
       md5(run_id)::uuid FROM dag_run;
INSERT INTO asset (name, uri, "group", extra, created_at, updated_at)
VALUES ('statements', 'communique://statements', 'asset', '{}', now(), now());
INSERT INTO asset_event (asset_id, extra, source_dag_id, source_run_id, timestamp)
SELECT asset.id, '{}', dag_id, run_id, run_after FROM dag_run, asset;
INSERT INTO dagrun_asset_event SELECT r.id, e.id FROM dag_run r JOIN asset_event e
ON e.source_run_id = r.run_id;
INSERT INTO log (dttm, dag_id, event) SELECT run_after, dag_id, 'running' FROM dag_run;
INSERT INTO log (dttm, event) VALUES (now() - interval '50 days', 'cli_check');
INSERT INTO job (job_type, state, latest_heartbeat)
VALUES ('SchedulerJob', 'failed', now() - interval '90 days'), ('SchedulerJob', 'running', now());
INSERT INTO dag_bundle (name) VALUES ('dags-folder');
INSERT INTO dag (dag_id, is_paused, is_stale, bundle_name, last_parsed_time, timetable_type,
                 partition_mapper_info, max_active_tasks,
                 max_consecutive_failed_dag_runs, has_task_concurrency_limits)
VALUES ('resting', true, false, 'dags-folder', now() - interval '450 days', '', '[]', 16, 0, false);
CREATE TABLE celery_taskmeta (id int, date_done timestamp);
INSERT INTO celery_taskmeta VALUES (1, now() - interval '60 days'), (2, now());
"""


@dataclass(frozen=True)
class House:
    """What the service is given: Airflow's database, the folder of logs, its environment."""

    engine: Engine
    logs: Path
    environment: Mapping[str, str]

    def tidy(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, ROOT / "deploy/tidy.py", *words, "--once"],
            env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    @contextmanager
    def tidying(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """At work, and killed with all that it started when the block ends."""
        at_work = subprocess.Popen(
            [sys.executable, ROOT / "deploy/tidy.py", *words],
            env=self.environment, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            yield at_work
        finally:
            os.killpg(at_work.pid, signal.SIGKILL)
            at_work.communicate()

    def healthy(self) -> subprocess.CompletedProcess[str]:
        told = (sys.executable, ROOT / "deploy/healthy.py", "tidy", self.logs / ".tidied")
        return subprocess.run(told, capture_output=True, text=True, check=False)

    def asked(self, query: str) -> list[str]:
        with self.engine.connect() as connection:
            return [str(value) for value in connection.scalars(text(query))]

    def count(self, table: str) -> int:
        return int(self.asked(f"SELECT count(*) FROM {table}")[0])

    def copies(self) -> list[str]:
        return self.asked(
            r"SELECT tablename FROM pg_tables WHERE tablename LIKE '\_airflow\_deleted%'"
        )


@pytest.fixture(scope="module")
def airflow_database(migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a database as `airflow db migrate` makes it."""
    url = cloned(
        make_url(migrated).set(database="template1").render_as_string(False), "airflow_tidy"
    )
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=_environment(url, home), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    yield url
    dropped(url)


def _environment(url: str, home: Path) -> dict[str, str]:
    address = make_url(url).set(drivername="postgresql+psycopg2").render_as_string(False)
    (home / "airflow_database_url").write_text(address)
    (home / "result_backend").write_text(f"db+{address.replace('+psycopg2', '')}")
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address,
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "COMMUNIQUE_AIRFLOW_KEEP_DAYS": str(KEEP),
        "COMMUNIQUE_SECRETS": str(home),
    }


@pytest.fixture
def house(airflow_database: str, tmp_path: Path) -> Iterator[House]:
    url = cloned(airflow_database, "airflow_tidied")
    (tmp_path / "logs").mkdir()
    engine = create_engine(url)
    with engine.begin() as connection:
        for dag, kind, state, age in RUNS:
            connection.execute(text(RUN), {"dag": dag, "kind": kind, "state": state, "age": age})
        connection.exec_driver_sql(HANGS_ON_THEM)
    yield House(engine, tmp_path / "logs", _environment(url, tmp_path))
    engine.dispose()
    dropped(url)


def test_what_is_old_goes_and_what_is_not_over_newest_or_young_stays_though_killed_half_way(
    house: House,
) -> None:
    with house.engine.begin() as connection:
        for age in range(1001, 1251):
            run = {"dag": "collect", "kind": "scheduled", "state": "success", "age": age}
            connection.execute(text(RUN), run)
    all_of_them = house.count("dag_run")
    one = "SELECT 1 FROM dag_run WHERE run_id LIKE '% 1120' FOR UPDATE"
    _killed_where(house, one, lambda: house.count("dag_run") < all_of_them)
    assert 100 < house.count("dag_run") < all_of_them
    _killed_where(house, "SELECT 1 FROM log FOR UPDATE", lambda: "__log__" in str(house.copies()))
    assert house.copies()

    done = house.tidy()
    assert done.returncode == 0, done.stderr
    _is_tidy(house)
    again = house.tidy("runs")
    assert again.returncode == 0, again.stderr
    assert "0 runs and 0 results" in again.stderr
    _is_tidy(house)


def _killed_where(house: House, lock: str, reached: Callable[[], bool]) -> None:
    """Killed while it waits for a lock of somebody else's, once that is reached."""
    with house.engine.connect() as other:
        other.execute(text(lock))
        with house.tidying("runs"):
            deadline = time.monotonic() + 60
            while not reached():
                assert time.monotonic() < deadline
                time.sleep(0.05)


def _is_tidy(house: House) -> None:
    assert house.asked("SELECT run_id FROM dag_run ORDER BY 1") == LEFT
    for table in (
        *("task_instance", "task_instance_history", "xcom", "rendered_task_instance_fields"),
    ):
        assert house.asked(f"SELECT run_id FROM {table} ORDER BY 1") == LEFT, table
    young = 2
    assert house.count("asset_event") == house.count("dagrun_asset_event") == young
    assert house.count("log WHERE event = 'running'") == young
    assert house.count("log WHERE event = 'cli_check'") == 0
    assert house.asked("SELECT state FROM job") == ["running"]
    assert house.asked("SELECT dag_id FROM dag") == ["resting"]
    assert house.asked("SELECT id FROM celery_taskmeta") == ["2"]
    orphans = "SELECT count(*) FROM callback WHERE id NOT IN (SELECT callback_id FROM deadline)"
    assert house.asked(f"{orphans} AND created_at < now() - interval '{KEEP} days'") == ["0"]
    assert house.copies() == []


def test_old_logs_go_with_the_folders_that_they_leave_empty(house: House) -> None:
    names = ("dag_id=a/run_id=old/map_index=0/attempt=1.log", "dag_id=a/run_id=new/attempt=1.log",
             "dag_processor/2026-01-01/a.py.log", "dag_id=b/run_id=old/attempt=1.log",
             "dag_id=b/run_id=old/attempt=2.log")  # fmt: skip
    for name in names:
        (house.logs / name).parent.mkdir(parents=True, exist_ok=True)
        (house.logs / name).write_text("said")
    kept = {names[1], names[4]}
    (house.logs / "latest").symlink_to("dag_processor/2026-01-01")
    then = time.time() - (KEEP + 1) * 86400
    for path in (*house.logs.rglob("*"), house.logs):
        if str(path.relative_to(house.logs)) not in kept and not path.is_symlink():
            os.utime(path, (then, then))
    for parent in {path for name in kept for path in (house.logs / name).parents}:
        os.utime(parent)

    done = house.tidy("logs")
    assert done.returncode == 0, done.stderr
    assert "3 log files" in done.stderr
    left = {str(path.relative_to(house.logs)) for path in house.logs.rglob("*")}
    parents = {str(path) for name in kept for path in Path(name).parents} - {"."}
    assert left == kept | parents | {"latest"}


def test_a_service_that_cannot_tidy_is_not_healthy_until_it_can(house: House) -> None:
    assert house.healthy().returncode == 1  # not begun
    secret = Path(house.environment["COMMUNIQUE_SECRETS"]) / "airflow_database_url"
    address = secret.read_text()
    secret.write_text("postgresql+psycopg2://airflow:hidden@127.0.0.1:1/airflow")
    with house.tidying():
        _eventually(lambda: "Connection refused" in house.healthy().stdout)
        assert house.healthy().returncode == 1
        assert "hidden" not in house.healthy().stdout
        # After a power cut PostgreSQL answers last: it is not long until the next try.
        secret.write_text(address)
        _eventually(lambda: house.healthy().returncode == 0)
    then = time.time() - 2 * 86400
    os.utime(house.logs / ".tidied", (then, then))
    assert "for 48 h" in house.healthy().stdout


def _eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
