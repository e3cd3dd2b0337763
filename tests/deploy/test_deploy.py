"""What docker-compose.yml and its scripts promise, as far as it shows without an engine: the rest
is `python -m tests.docker`."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

ROOT = Path(__file__).parents[2]
OPEN_TO_ALL = {"caddy"}  # the proxy is what others reach
SERVICES: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
    (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
)["services"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_has_bounds_and_no_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    published = [port for port in service.get("ports", []) if "127.0.0.1" not in port]
    assert not published or name in OPEN_TO_ALL


def test_only_services_that_collect_or_are_looked_at_reach_out() -> None:
    within = {name for name, service in SERVICES.items() if service["networks"] == ["store"]}
    assert within == {"postgres", "redis", "migrate", "watch", "tidy"}


def test_no_service_has_a_secret_that_stands_in_the_file() -> None:
    secret = ("PASSWORD", "_SECRET", "_KEY", "_CONN", "SMTP_URL", "DATABASE_URL", "BROKER_URL")
    for service in SERVICES.values():
        given = (service.get("environment") or {}).items()
        told = {name: value for name, value in given if name.endswith(secret)}
        assert {name for name, value in told.items() if not value.startswith("${")} == set()
        assert not [value for value in told.values() if not value.endswith(":-}")]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_given_each_file_that_its_settings_name(name: str) -> None:
    service = SERVICES[name]
    named = {
        value.removeprefix("/run/secrets/")
        for variable, value in (service.get("environment") or {}).items()
        if variable.endswith("_FILE") and str(value).startswith("/run/secrets/")
    }
    optional = {"archive_credentials"}  # boto passes over a file that is not there
    assert named - set(service.get("secrets", ())) <= optional


def test_only_who_makes_tables_or_ends_sessions_is_the_owner_of_the_store() -> None:
    owners = {
        n for n, one in SERVICES.items() if "communique_database_url" in one.get("secrets", ())
    }
    assert owners == {"migrate", "watch"}


def test_a_stolen_worker_has_no_key_of_an_administrator() -> None:
    given = set(SERVICES["worker"]["secrets"])
    keys = {"fernet_key", "api_secret_key", "jwt_secret", "airflow_database_url", "admin_password"}
    assert not given & keys


def test_who_tidies_knows_airflow_s_history_and_nothing_of_the_store() -> None:
    tidy = SERVICES["tidy"]
    assert set(tidy["secrets"]) == {"airflow_database_url", "result_backend"}
    assert tidy["volumes"] == ["logs:/var/log/communique"]
    assert "profiles" not in tidy


def test_secrets_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    script = tmp_path / "deploy" / "secrets.sh"
    script.parent.mkdir()
    shutil.copy(ROOT / "deploy/secrets.sh", script)
    missing = subprocess.run([script, "--check"], capture_output=True, text=True, check=False)
    assert missing.returncode == 1
    assert "secrets/jwt_secret" in missing.stderr
    assert "make secrets" in missing.stderr

    subprocess.run([script], check=True, capture_output=True)
    folder = tmp_path / "secrets"
    made = {file.name: file.read_text() for file in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {name for service in SERVICES.values() for name in service.get("secrets", ())} == set(
        made
    )
    assert made["airflow_db_password"] in made["airflow_database_url"]

    (folder / "jwt_secret").unlink()
    subprocess.run([script], check=True, capture_output=True)
    again = {file.name: file.read_text() for file in folder.iterdir()}
    assert again.pop("jwt_secret") != made.pop("jwt_secret")
    assert again == made
    assert subprocess.run([script, "--check"], check=False).returncode == 0


def test_an_empty_password_is_missing_and_made_anew(tmp_path: Path) -> None:
    script = tmp_path / "deploy" / "secrets.sh"
    script.parent.mkdir()
    shutil.copy(ROOT / "deploy/secrets.sh", script)
    subprocess.run([script], check=True, capture_output=True)
    emptied = tmp_path / "secrets/grafana_password"  # Grafana would take its own: admin
    emptied.chmod(0o600)
    emptied.write_text("")
    found = subprocess.run([script, "--check"], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr.splitlines()[0] == "Missing: secrets/grafana_password"
    subprocess.run([script], check=True, capture_output=True)
    assert emptied.read_text()
    assert subprocess.run([script, "--check"], check=False).returncode == 0


def test_containers_can_read_what_a_careful_umask_an_editor_or_a_copy_closed(
    tmp_path: Path,
) -> None:
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    script = tmp_path / "deploy" / "secrets.sh"
    subprocess.run([script], check=True, capture_output=True)
    for path in (*(tmp_path / "deploy").rglob("*"), *(tmp_path / "secrets").iterdir()):
        path.chmod(path.stat().st_mode & 0o700)
    (tmp_path / "secrets").chmod(0o755)
    subprocess.run([script, "--check"], check=True)
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o750
    mounted = [*(tmp_path / "secrets").iterdir()]
    for service in SERVICES.values():
        for told in service.get("volumes", ()):
            place = told.split(":")[0]
            if place.startswith("./"):
                mounted += [tmp_path / place, *(tmp_path / place).rglob("*")]
    assert len(mounted) > 25
    for path in mounted:
        assert path.stat().st_mode & (0o005 if path.is_dir() else 0o004), path
    assert stat.S_IMODE((tmp_path / "deploy/postgres/databases.sh").stat().st_mode) == 0o705
    assert stat.S_IMODE((tmp_path / "deploy/backup.sh").stat().st_mode) == 0o700


def test_the_image_is_the_same_whatever_umask_its_files_were_checked_out_with() -> None:
    last = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[-1]
    copies = [line for line in last.splitlines() if line.startswith("COPY ")]
    assert copies
    assert all("--from=built" in line for line in copies)


def test_a_backup_s_name_may_have_blanks(tmp_path: Path) -> None:
    script = tmp_path / "deploy/backup.sh"
    script.parent.mkdir()
    script.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    script.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    told = ("make", "--no-print-directory", "backup", "FILE=the disk/of one.tar")
    done = subprocess.run(told, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "<the disk/of one.tar>"


@pytest.mark.parametrize(("folder", "status"), [("", 0), ("here", 0), ("other", 1), ("gone", 0)])
def test_a_second_checkout_takes_no_other_s_services_for_its_own(
    tmp_path: Path, folder: str, status: int
) -> None:
    for name in ("a checkout/deploy", "other", "bin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "here").symlink_to("a checkout")
    shutil.copy(ROOT / "deploy/alone.sh", tmp_path / "here/deploy")
    docker = tmp_path / "bin/docker"
    label = f"echo '{tmp_path / folder}'" if folder else ":"
    docker.write_text(f'#!/bin/sh\n[ "$1" = ps ] && {{ {label}; }} || echo name: communique\n')
    docker.chmod(0o755)
    done = subprocess.run(
        [tmp_path / "a checkout/deploy/alone.sh"],
        env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert ("COMPOSE_PROJECT_NAME" in done.stderr) is bool(status)


@pytest.mark.parametrize("name", ["airflow_database_url", "broker_url", "result_backend"])
def test_an_address_may_end_its_line_as_editors_have_it(name: str, tmp_path: Path) -> None:
    address = "postgresql+psycopg2://airflow:secret@db.example.org:5432/airflow"
    (tmp_path / name).write_text(f"{address}\r\n")
    (told,) = {
        value
        for value in SERVICES["scheduler"]["environment"].values()
        if value.endswith(f"/run/secrets/{name}")
    }
    told = told.replace("/run/secrets", str(tmp_path))
    done = subprocess.run(shlex.split(told), capture_output=True, text=True, check=True)
    assert done.stdout == address


def test_no_program_is_told_a_secret_as_an_argument_which_others_could_read(tmp_path: Path) -> None:
    for name in ("deploy", "bin"):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / "deploy/secrets.sh", tmp_path / "deploy")
    for name in ("base64", "cat", "chmod", "head", "mkdir", "mv", "od", "sed", "tr"):
        recorder = f'#!/bin/sh\necho "$*" >>"{tmp_path}/told"\nexec {shutil.which(name)} "$@"\n'
        (tmp_path / "bin" / name).write_text(recorder)
        (tmp_path / "bin" / name).chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    subprocess.run(
        [tmp_path / "deploy/secrets.sh"], env=environment, check=True, capture_output=True
    )
    told = (tmp_path / "told").read_text()
    secrets = [file.read_text() for file in (tmp_path / "secrets").iterdir()]
    passwords = [urlsplit(secret).password or secret for secret in secrets if secret]
    assert len(passwords) > 10
    assert not [password for password in passwords if password in told]


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "health").write_text(
        '{"metadatabase": {"status": "healthy"}, "triggerer": {"status": "unhealthy"}}'
    )
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (["/health"], 0),
        (["/health", "metadatabase"], 0),
        (["/health", "triggerer"], 1),
        (["/health", "scheduler"], 1),
        (["/elsewhere"], 1),
    ],
)
def test_a_service_is_healthy_where_airflow_says_so(
    answering: str, asked: list[str], status: int
) -> None:
    path, *components = asked
    told = [sys.executable, ROOT / "deploy/healthy.py", f"{answering}{path}", *components]
    assert subprocess.run(told, check=False, capture_output=True).returncode == status


def test_a_proxy_that_docker_s_client_knows_is_not_between_the_services(answering: str) -> None:
    told = [sys.executable, str(ROOT / "deploy/healthy.py"), f"{answering}/health"]
    behind = {"http_proxy": "http://127.0.0.1:9", "PATH": os.environ["PATH"]}
    assert subprocess.run(told, env=behind, check=False).returncode == 0
    environment = SERVICES["worker"]["environment"]
    named = {
        host
        for value in environment.values()
        if (host := urlsplit(str(value)).hostname) in SERVICES
    }
    assert "api-server" in named
    for variable in ("NO_PROXY", "no_proxy"):
        assert named <= set(environment[variable].split(","))


def test_another_base_is_kept_by_whatever_builds_the_image_again() -> None:
    told = SERVICES["migrate"]["build"]["args"]["BASE"]
    usual = re.search(r"^ARG BASE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert usual is not None
    assert told == f"${{COMMUNIQUE_BASE:-{usual[1]}}}"


def test_what_the_image_copies_is_in_its_context_and_nothing_is_there_that_it_does_not() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ")]
    copied = {word for words in copies for word in words if not word.startswith(("--", "/"))}
    told = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in told if line.startswith("!")} == copied


def test_tasks_are_forked_from_what_has_imported_what_they_need(tmp_path: Path) -> None:
    for name in ("scheduler", "worker"):
        assert SERVICES[name]["command"][:2] == ["python", "/opt/preloaded.py"]
    given = {"PYTHONPATH": str(ROOT), "AIRFLOW_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    told = subprocess.run(
        [sys.executable, ROOT / "deploy/preloaded.py", "version", "--help"],
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert "usage: airflow version" in told.stdout.lower()
