"""What Airflow loads: quickly, without errors, and nothing of ours before somebody asks for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "plugins"
SMTP = {"AIRFLOW_CONN_COMMUNIQUE_SMTP": "smtp://mail.example:25"}


def loaded(home: Path, ask: str = "", **environment: str) -> dict[str, Any]:
    """What loading.py prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMMUNIQUE_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "loading.py"), str(FOLDER), ask],
        env=kept
        | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(FOLDER),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            "PYTHONWARNINGS": "ignore",
        }
        | environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def test_airflow_loads_the_plugin_at_once_and_without_errors(tmp_path: Path) -> None:
    made = loaded(tmp_path)
    assert sorted(made["names"]) == ["communique", "communique_late"]
    assert made["errors"] == {}
    assert made["seconds"] < 1
    assert made["imported"] == []
    assert made["apps"][0]["url_prefix"] == "/communique"


def test_the_folder_holds_few_modules_of_names_that_nobody_else_has() -> None:
    modules = sorted(module.stem for module in FOLDER.rglob("*.py"))
    assert modules == ["communique_late", "communique_pages"]
    assert not set(modules) & sys.stdlib_module_names


def test_views_stand_below_wherever_airflow_is_reached(tmp_path: Path) -> None:
    made = loaded(tmp_path, AIRFLOW__API__BASE_URL="https://air.example/flow/")
    views = {view["destination"]: view for view in made["views"]}
    assert views["nav"]["href"] == "/flow/communique/today"
    assert len(views["nav"]["name"]) <= 9  # Airflow cuts a longer one off
    task = "/flow/communique/runs/{DAG_ID}/{RUN_ID}/{TASK_ID}/{MAP_INDEX}"
    assert views["task_instance"]["href"] == task


def test_connections_come_before_the_environment(tmp_path: Path) -> None:
    environment = {
        "COMMUNIQUE_DATABASE_URL": "postgresql://other@old.example/old",
        "AIRFLOW_CONN_COMMUNIQUE_DB": "postgres://ana:s%40fe@db.example:5433/statements",
        **SMTP,
    }
    made = loaded(tmp_path, "settings", **environment)
    assert made["answer"] == "postgresql+psycopg2://ana:s%40fe@db.example:5433/statements"


def test_a_wrong_setting_is_told_and_not_shown(tmp_path: Path) -> None:
    connection = {"AIRFLOW_CONN_COMMUNIQUE_DB": "mysql://ana:s3cret@db.example/x", **SMTP}
    made = loaded(tmp_path, "settings", **connection)
    assert made["answer"].startswith("StoreError: ")
    assert "communique_db has type 'mysql'" in made["answer"]
    made = loaded(tmp_path, "settings", COMMUNIQUE_DATABASE_URL="mysql://ana:s3cret@x/y")
    assert made["answer"].startswith("StoreError: ")
    assert "database_url" in made["answer"]
    assert "s3cret" not in made["answer"]


def test_who_is_not_signed_in_is_led_to_airflows_form_and_back(tmp_path: Path) -> None:
    made = loaded(tmp_path, "page", AIRFLOW__API__BASE_URL="https://air.example/flow")
    assert made["answer"]["status"] == 401
    wanted = 'href="/flow/api/v2/auth/login?next=%2Fstatements%2F12%3Fq%3D1"'
    assert wanted in made["answer"]["body"]


def test_pages_that_cannot_be_loaded_break_nothing_else(tmp_path: Path) -> None:
    made = loaded(tmp_path, "broken")
    assert made["answer"]["status"] == 500
    assert "could not be loaded" in made["answer"]["body"]
