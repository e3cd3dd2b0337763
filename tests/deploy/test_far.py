"""What the files for more than one machine promise, as far as it shows without machines: a worker
apart and a cluster have the settings and secrets that docker-compose.yml has, and no more. The
rest of the worker is `python -m tests.docker.far`; the chart could not be had to be rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
# They make tokens and read what is encrypted, or open doors, on the main machine alone.
KEPT = {
    "fernet_key",
    "jwt_secret",
    "airflow_database_url",
    "communique_database_url",
    "admin_password",
    "postgres_password",
    "grafana_password",
}
MADE = set(
    re.search(r'NAMES="([^"]+)"', (ROOT / "deploy/secrets.sh").read_text())[1].split()  # type: ignore[index]
)


class Compose(yaml.SafeLoader):
    """Compose's own tags stand before what they replace."""


Compose.add_multi_constructor(
    "!",
    lambda loader, _, node: (
        loader.construct_sequence(node)
        if isinstance(node, yaml.SequenceNode)
        else loader.construct_mapping(node)
    ),
)


def read(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.load((ROOT / name).read_text(encoding="utf-8"), Compose)
    return found


MAIN = read("docker-compose.yml")["services"]["worker"]
WORKER = read("deploy/worker.yml")
VALUES = read("deploy/helm/values.yaml")
WATCH = read("deploy/helm/watch.yaml")["spec"]["template"]["spec"]


def test_a_worker_apart_has_no_key_of_the_main_machine() -> None:
    given = set(WORKER["services"]["worker"]["secrets"])
    assert given == set(MAIN["secrets"]) | {"api_secret_key"}  # with which it hands out its logs
    assert not given & KEPT
    assert given == set(WORKER["secrets"]) <= MADE


def test_a_worker_apart_is_the_main_machine_s_own_worker_but_for_where_it_is() -> None:
    worker = WORKER["services"]["worker"]
    assert worker["extends"] == {"file": "../docker-compose.yml", "service": "worker"}
    needed = (*worker["environment"].values(), *worker["volumes"], worker["hostname"])
    for name in (
        "COMMUNIQUE_ARCHIVE_URL",
        "COMMUNIQUE_WATCHLISTS_FOLDER",
        "COMMUNIQUE_WORKER_HOST",
    ):
        assert any(f"${{{name}:?" in value for value in needed)
    assert all(port.startswith("${COMMUNIQUE_WORKER_ADDRESS:?") for port in worker["ports"])


def test_who_tidies_a_worker_apart_sees_its_logs_alone() -> None:
    tidy = WORKER["services"]["tidy"]
    assert tidy["extends"] == {"file": "../docker-compose.yml", "service": "tidy"}
    assert tidy["command"] == ["python", "/opt/tidy.py", "logs"]
    assert tidy["secrets"] == []


def test_a_cluster_tidies_as_the_services_in_docker_do() -> None:
    tidy = read("docker-compose.yml")["services"]["tidy"]["command"]
    assert VALUES["databaseCleanup"]["args"] == [*tidy, "runs", "--once"]
    for name in ("scheduler", "dagProcessor", "triggerer", "workers"):
        assert VALUES[name]["logGroomerSidecar"]["args"] == [*tidy, "logs"]


def test_the_main_machine_opens_to_workers_on_one_named_address_alone() -> None:
    services = read("deploy/shared.yml")["services"]
    assert set(services) == {"postgres", "redis", "api-server"}
    for service in services.values():
        assert all(port.startswith("${COMMUNIQUE_MAIN_ADDRESS") for port in service["ports"])


def test_a_cluster_has_the_settings_of_the_services_in_docker() -> None:
    environment = {one["name"]: one["value"] for one in VALUES["env"]}
    assert set(environment) - {"COMMUNIQUE_SECRETS"} <= set(MAIN["environment"])
    for name, value in MAIN["environment"].items():
        if "/run/secrets/" in value:
            assert environment[name] == value.replace("/run/secrets", "/etc/communique/secrets")
        elif value.split()[0:1] == ["echo"]:
            assert name.endswith("_CMD")  # a worker in docker has no use for it
        elif name in environment and "$" not in value and not value.startswith("/etc"):
            assert environment[name] == value


def test_a_cluster_s_secrets_are_files_that_make_secrets_writes() -> None:
    told = [one["value"] for one in (*VALUES["env"], *WATCH["containers"][0]["env"])]
    named = {value.rsplit("/", 1)[1] for value in told if "/communique/secrets/" in value}
    assert named <= MADE
    assert set(VALUES["enableBuiltInSecretEnvVars"].values()) == {False}
    assert not re.search(r"://[^/\s\"]*:[^/\s\"]*@", (ROOT / "deploy/helm/values.yaml").read_text())


def test_nobody_is_root_in_a_cluster() -> None:
    pods = (VALUES["securityContexts"]["pod"], WATCH["securityContext"])
    containers = (
        VALUES["securityContexts"]["containers"],
        WATCH["containers"][0]["securityContext"],
    )
    assert all(pod["runAsNonRoot"] and pod["runAsUser"] == VALUES["uid"] for pod in pods)
    assert all(one["allowPrivilegeEscalation"] is False for one in containers)
    assert all(one["capabilities"] == {"drop": ["ALL"]} for one in containers)
