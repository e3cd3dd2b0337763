"""Every metric that the dashboard, the alarms and the documents name is exported, and Prometheus
reads them all."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from communique.cli.app import app
from communique.metrics import StoreMetrics, exposition
from communique.metrics_archive import Archive
from communique.metrics_server import serving
from communique.settings import Settings
from tests.communique.metrics_world import NOW, SOURCES, fill_all

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/metrics"
NAME = re.compile(r"\b(communique|airflow)_[a-z][a-z0-9_]*")
# Words of Airflow's and ours that begin alike and are no metrics.
NO_METRICS = {"airflow_admin", "communique_app", "communique_analyst", "communique_db"}


def _dashboard() -> list[str]:
    found = json.loads((FOLDER / "grafana/dashboards/communique.json").read_text(encoding="utf-8"))
    return [t["expr"] for panel in found["panels"] for t in panel.get("targets", ())]


def _rules() -> list[dict[str, Any]]:
    found = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in found["groups"] for rule in group["rules"]]


def _named() -> dict[str, set[str]]:
    """Metrics by where they are named."""
    docs = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    section = docs[docs.index("\n## Metrics") :].split("\n## ")[1]
    places = {
        "dashboard": " ".join(_dashboard()),
        "alarms": " ".join(rule["expr"] for rule in _rules()),
        "documents": " ".join(re.findall(r"`([^`]*)`", section)),
    }
    return {
        place: {found[0] for found in NAME.finditer(words)} - NO_METRICS
        for place, words in places.items()
    }


@pytest.fixture
def metrics(engine: Engine, tmp_path: Path) -> StoreMetrics:
    fill_all(engine)
    settings = Settings(home=tmp_path, now=NOW, canary="canary@example.org")
    archive = Archive(tmp_path.as_uri())
    archive.count()
    return StoreMetrics(engine, settings, SOURCES, archive)


def test_every_metric_that_is_named_is_exported_and_the_other_way_round(
    metrics: StoreMetrics,
) -> None:
    said = exposition(metrics).decode()
    families = {family.name: family for family in text_string_to_metric_families(said)}
    assert not [name for name, family in families.items() if not family.samples]
    named = _named()
    for place, names in named.items():
        ours = {name for name in names if name.startswith("communique_")}
        assert ours <= set(families), f"{place}: {sorted(ours - set(families))}"
    assert set(families) <= named["documents"], sorted(set(families) - named["documents"])
    assert {f for f in families if f not in named["dashboard"] | named["alarms"]} <= {
        "communique_info", "communique_rules", "communique_subscriptions", "communique_mails_timed",
        "communique_archive_files", "communique_archive_measured_timestamp_seconds",
        "communique_canary_queued_timestamp_seconds",
    }  # fmt: skip


def test_every_metric_of_airflow_that_is_named_is_one_it_sends() -> None:
    spec = importlib.util.find_spec("airflow")
    assert spec is not None
    assert spec.submodule_search_locations
    home = Path(spec.submodule_search_locations[0])
    known = yaml.safe_load(
        (home / "_shared/observability/metrics/metrics_template.yaml").read_text(encoding="utf-8")
    )["metrics"]
    sent = set[str]()
    for each in known:
        legacy = each["legacy_name"]
        sent |= {each["name"], legacy if legacy != "-" else each["name"]}
    mapped = yaml.safe_load((FOLDER / "statsd.yml").read_text(encoding="utf-8"))["mappings"]
    names = {"airflow_" + re.sub(r"[^a-z0-9]+", "_", name) for name in sent if "{" not in name}
    for mapping in mapped:
        pattern = re.escape(mapping["match"]).replace(r"\*", r"\{?[a-z_]+\}?")
        fits = [name for name in sent if re.fullmatch(pattern, f"airflow.{name}")]
        assert fits, f"Airflow sends nothing like {mapping['match']}"
        if "$" in mapping["name"]:
            names |= {re.sub(r"\$\{1\}", name.split(".")[1], mapping["name"]) for name in fits}
        else:
            names.add(mapping["name"])
    for place, found in _named().items():
        theirs = {name for name in found if name.startswith("airflow_")}
        assert theirs <= names, f"{place}: {sorted(theirs - names)}"


def test_every_alarm_says_how_bad_it_is_and_what_to_do_by_commands_that_there_are() -> None:
    commands = typer.main.get_command(app)
    for rule in _rules():
        assert rule["labels"]["severity"] in ("urgent", "notice"), rule["alert"]
        assert rule["annotations"]["summary"]
        for word, _, second in re.findall(
            r"\bcommunique ([a-z]+)( ([a-z]+))?", rule["annotations"]["next"]
        ):
            command = commands.commands.get(word)  # type: ignore[attr-defined]
            assert command is not None, f"{rule['alert']}: there is no command {word}"
            below = getattr(command, "commands", {})
            assert not (below and second) or second in below, f"{rule['alert']}: {word} {second}"
    names = [rule["alert"] for rule in _rules()]
    assert len(names) == len(set(names))


def test_the_dashboard_says_first_what_was_missed_late_or_stuck() -> None:
    found = json.loads((FOLDER / "grafana/dashboards/communique.json").read_text(encoding="utf-8"))
    top = [panel["title"] for panel in found["panels"] if panel["gridPos"]["y"] == 1]
    assert {title.split(":")[0] for title in top} == {"Alarms", "Missed", "Late", "Stuck"}
    ids = [panel["id"] for panel in found["panels"]]
    assert len(ids) == len(set(ids))
    taken = [panel["gridPos"] for panel in found["panels"]]
    for one, box in enumerate(taken):
        for other in taken[one + 1 :]:
            apart = (
                box["x"] + box["w"] <= other["x"]
                or other["x"] + other["w"] <= box["x"]
                or box["y"] + box["h"] <= other["y"]
                or other["y"] + other["h"] <= box["y"]
            )
            assert apart, (box, other)


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip("Prometheus is not here: apt-get install prometheus")
    return found


def test_the_alarms_fire_when_they_should(tmp_path: Path) -> None:
    promtool = _tool("promtool")
    for file in (FOLDER / "alerts.yml", Path(__file__).with_name("alerts.test.yml")):
        shutil.copy(file, tmp_path)
    checked = [promtool, "check", "rules", "alerts.yml"]
    tested = [promtool, "test", "rules", "alerts.test.yml"]
    for command in (checked, tested):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def prometheus(metrics: StoreMetrics, tmp_path: Path) -> Iterator[str]:
    """Address of a Prometheus with our configuration, that reads the exporter and nobody else."""
    program = _tool("prometheus")
    with serving(metrics, "127.0.0.1", 0) as port:
        told = (FOLDER / "prometheus.yml").read_text(encoding="utf-8")
        told = told.replace("exporter:9469", f"127.0.0.1:{port}")
        told = told.replace("statsd:9102", f"127.0.0.1:{port}").replace("1m", "1s")
        told = re.sub(r"(scrape_interval|scrape_timeout): \d+s", r"\1: 1s", told)
        told = told.replace("/etc/prometheus/alerts.yml", str(FOLDER / "alerts.yml"))
        (tmp_path / "prometheus.yml").write_text(told)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            own = free.getsockname()[1]
        with (tmp_path / "log").open("w") as log:
            server = subprocess.Popen(
                [program, f"--config.file={tmp_path}/prometheus.yml",
                 f"--storage.tsdb.path={tmp_path}/data", f"--web.listen-address=127.0.0.1:{own}"],
                stderr=log,
                stdout=log,
            )  # fmt: skip
        try:
            yield f"http://127.0.0.1:{own}"
        finally:
            server.terminate()
            server.wait(timeout=20)


def test_prometheus_reads_what_is_exported_and_answers_every_question_of_the_dashboard(
    prometheus: str,
) -> None:
    deadline, up = time.monotonic() + 30, []
    while not up and time.monotonic() < deadline:
        time.sleep(0.3)
        up = _ask(prometheus, 'communique_part_up{job="communique"} == 1')
    assert len(up) == 8
    for expression in (*_dashboard(), *(rule["expr"] for rule in _rules())):
        _ask(prometheus, expression)
    (blind,) = _ask(prometheus, 'communique_source_state{job="communique",state="failing"}')
    assert blind["metric"]["source"] == "failing"
    with urllib.request.urlopen(f"{prometheus}/api/v1/rules", timeout=10) as answer:
        groups = json.load(answer)["data"]["groups"]
    assert {rule["name"] for group in groups for rule in group["rules"]} == {
        rule["alert"] for rule in _rules()
    }


def _ask(prometheus: str, expression: str) -> list[dict[str, Any]]:
    """What Prometheus answers; a question that it does not understand fails the test."""
    asked = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        pytest.fail(f"{expression}: {error.read().decode()}")
    except urllib.error.URLError:
        return []  # it is still starting
    result: list[dict[str, Any]] = found["data"]["result"]
    return result
