"""Services on two machines, their archive on S3: python -m tests.docker.far

The main machine has no worker of its own; the only one is a deployment by itself, by
deploy/worker.yml, that reaches database, broker and API server by the machine's address alone. It
collects a publisher of this script's, whose pages go to a real S3 server; the main machine alerts,
proves every wording from S3 and shows the worker's logs. Needs what `python -m tests.docker` needs.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from communique.stack_airflow import Airflow
from communique.stack_runs import start_run, wait_for_dags, wait_for_runs
from tests.communique.evidence.ministry import opened
from tests.docker.airflow import reached
from tests.docker.compose import Deployment, Failed, deployment, expect
from tests.docker.trial import trial
from tests.object_store import BUCKET, WRITER, ObjectStore
from tests.servers import Server

PROJECT, APART = "communique-far", "communique-far-worker"
HOST = "worker-two.test"
LONGEST = 300.0
LIVE = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")
STATEMENTS = 7
# What the image has of S3's client, without a service beside it.
PROBE = """
from scrapers.storage import located, opened, put
fs, path = located("s3://{bucket}/image/probe")
put(fs, path, b"whole")
with opened("s3://{bucket}/image/probe") as stream:
    print(stream.read().decode())
try:
    put(fs, "nowhere/probe", b"")
except OSError as error:
    print(error)
"""


def main() -> int:
    """0 where all went as promised, else 1."""
    return trial(_try, _deployment)


def _try(made: Deployment) -> None:
    address = _address()
    with Server(address) as web, ObjectStore(made.folder / "s3", address) as store:
        opened(made.folder / "try", web, "postgresql://nobody@127.0.0.1/none").store.dispose()
        told = _told(made, address, store)
        try:
            _both(told, store)
        except Failed:
            for one in (told.compose, partial(_apart, told)):
                print(one("logs", "--no-color", "--tail", "60", check=False)[-15_000:])
            raise
        finally:
            if "--keep" not in sys.argv:
                _apart(told, "down", "--volumes", "--timeout", "10", check=False)
                told.compose("down", "--volumes", "--timeout", "10", check=False)


def _both(made: Deployment, store: ObjectStore) -> None:
    made.run("make", "secrets")
    key, secret = WRITER
    given = made.folder / "secrets/archive_credentials"
    given.chmod(0o644)
    given.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    made.run("make", "image")
    _reaches_s3(made)
    print("  the image writes to S3 and reads from it", flush=True)
    made.run("make", "up", "EXECUTOR=celery", "WORKERS=0")
    _apart(made, "up", "--detach", "--wait", "--wait-timeout", "300")
    print("  up: the main machine without a worker, a worker apart", flush=True)
    airflow = reached(made)
    wait_for_dags(airflow, ["alert", "collect_china"], print, LONGEST)
    run = start_run(airflow, "collect_china", datetime(2026, 3, 20, 6, tzinfo=timezone.utc))
    states = wait_for_runs(airflow, [run], lambda _: None, LONGEST)
    expect(set(states.values()) == {"success"}, f"the collect ended as {states}")
    _was_far(airflow, run)
    _is_proved(made, store)


def _reaches_s3(made: Deployment) -> None:
    environment = {
        "AWS_SHARED_CREDENTIALS_FILE": "/run/credentials",
        "AWS_ENDPOINT_URL_S3": made.environment["COMMUNIQUE_ARCHIVE_ENDPOINT"],
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    told = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
    mount = f"{made.folder}/secrets/archive_credentials:/run/credentials:ro"
    said = made.run(
        *("docker", "run", "--rm", "--read-only", "-v", mount, *told, f"{PROJECT}:local"),
        *("python", "-c", PROBE.format(bucket=BUCKET)),
    ).stdout
    expect("whole" in said and "no such bucket" in said, f"the image and S3: {said}")


def _was_far(airflow: Airflow, run: tuple[str, str]) -> None:
    """That the other machine did the work, and that its logs are shown here."""
    path = f"/dags/{run[0]}/dagRuns/{run[1]}/taskInstances"
    tasks = airflow.get(path, limit=100)["task_instances"]
    hosts = {task["hostname"] for task in tasks if task["hostname"]}
    expect(hosts == {HOST}, f"tasks ran on {hosts}")
    shown = 0
    for task in tasks:
        index = task["map_index"]
        where = f"{path}/{task['task_id']}/logs/{task['try_number']}"
        said = json.dumps(airflow.get(where, map_index=index, full_content=True))
        expect("Could not read served logs" not in said, f"no logs of {where}: {said[:2000]}")
        shown += HOST in said or "collect" in said
    print(
        f"  {len(tasks)} tasks on {HOST}, the logs of {shown} shown by the UI's server", flush=True
    )


def _is_proved(made: Deployment, store: ObjectStore) -> None:
    found = made.rows("SELECT count(*), count(DISTINCT url) FROM communique.statements")
    expect(found == [[str(STATEMENTS)] * 2], f"statements: {found}")
    named = made.rows("SELECT DISTINCT warc FROM communique.captures WHERE warc IS NOT NULL")
    kept = {f"s3://{name}" for name in store.files().find(f"{BUCKET}/communique")}
    expect({name for (name,) in named} <= kept, f"{named} name more than there is: {kept}")
    said = made.compose("exec", "-T", "scheduler", "communique", "verify", "--all")
    expect(f"{STATEMENTS} wordings are proved" in said, said)
    checked = made.compose("exec", "-T", "scheduler", "communique", "doctor", "--json", check=False)
    line = next(one for one in json.loads(checked)["checks"] if one["check"] == "archive")
    expect(line["state"] == "ok", f"the doctor: {line}")
    print(
        f"  {len(kept)} objects on S3, {STATEMENTS} wordings proved from the main machine",
        flush=True,
    )


def _deployment(folder: Path) -> Deployment:
    """As for the other tries, but on live pages."""
    made = deployment(folder)
    shutil.rmtree(folder / "try")
    (folder / "try").mkdir()
    mounted = '    volumes: ["./try:/srv/try:ro"]\n'
    (folder / "try.yml").write_text("services:\n" + "".join(f"  {n}:\n{mounted}" for n in LIVE))
    return made


def _told(made: Deployment, address: str, store: ObjectStore) -> Deployment:
    """What both machines are told. Only the main one knows the other's name."""
    for path in (made.folder, *(made.folder / "try").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    allowed = f"    environment: {{COMMUNIQUE_ALLOW_ADDRESSES: {address}/32}}\n"
    known = f'    extra_hosts: ["{HOST}:{address}"]\n'
    tried = (made.folder / "try.yml").read_text()
    tried = tried.replace('/srv/try:ro"]\n', f'/srv/try:ro"]\n{allowed}')
    (made.folder / "apart.yml").write_text(
        f'services:\n  worker:\n    volumes: ["{made.folder}/try:/srv/try:ro"]\n{allowed}'
    )
    (made.folder / "try.yml").write_text(
        tried.replace("  api-server:\n", f"  api-server:\n{known}")
    )
    environment = {
        **made.environment,
        "COMPOSE_PROJECT_NAME": PROJECT,
        "COMPOSE_FILE": "docker-compose.yml:deploy/shared.yml:try.yml",
        "COMMUNIQUE_IMAGE": PROJECT,
        "COMMUNIQUE_REPLAY": "",
        "COMMUNIQUE_SOURCES": "/srv/try/sources",
        "COMMUNIQUE_CONTACT": "desk@example.org",
        "COMMUNIQUE_MAIN_ADDRESS": address,
        "COMMUNIQUE_WORKER_ADDRESS": address,
        "COMMUNIQUE_WORKER_HOST": HOST,
        "COMMUNIQUE_ARCHIVE_URL": f"s3://{BUCKET}/communique",
        "COMMUNIQUE_ARCHIVE_ENDPOINT": store.url,
        "COMMUNIQUE_WATCHLISTS_FOLDER": str(made.folder / "watchlists"),
    }
    return replace(made, environment=environment)


def _apart(made: Deployment, *command: str, check: bool = True) -> str:
    """`docker compose` of the other machine."""
    files = ("--file", "deploy/worker.yml", "--file", "apart.yml")
    told = ("docker", "compose", "--project-name", APART, *files, *command)
    return made.run(*told, check=check).stdout


def _address() -> str:
    """This machine's address in docker's own network, which only its containers reach."""
    told = (
        "docker",
        "network",
        "inspect",
        "bridge",
        "--format",
        "{{(index .IPAM.Config 0).Gateway}}",
    )
    return subprocess.run(told, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    raise SystemExit(main())
