"""`make up` for real: python -m tests.docker [--keep]

Makes stand-ins for the images that cannot be pulled, builds ours, starts it with the local executor
and collects the demonstration's first day; stops all, starts all with Celery and two workers,
counts that nothing is lost, and collects the second day; tidies; backs up, wipes all volumes,
restores and upgrades. Needs a docker engine and debootstrap.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import requests

from communique.demo import archive
from communique.stack_demo import DESKS, LONGEST, READERS
from communique.stack_runs import start_run, wait_for_answers, wait_for_dags, wait_for_runs
from tests.docker import image, keeping, kept, seen, tidied, well
from tests.docker.airflow import reached, signed_in
from tests.docker.compose import Deployment, expect
from tests.docker.trial import trial

COUNTED = ("sources", "captures", "statements", "revisions", "matches", "deliveries", "mails")
BLOCKED = "collect_united_states"  # one of its sources answers with a challenge
ONCE = {
    "statements that are there twice": "SELECT source_id, url FROM communique.statements "
    "GROUP BY 1, 2 HAVING count(*) > 1",
    "mails that do not stand at sent": "SELECT key, status, last_error FROM communique.mails "
    "WHERE status <> 'sent'",
}


def main() -> int:
    """0 where all went as promised, else 1."""
    return trial(_try)


def _try(made: Deployment) -> None:
    with _step("Without secrets nothing starts"):
        _refuses(made)
        made.run("make", "secrets")
        before = made.secret("jwt_secret")
        made.run("make", "secrets")
        expect(made.secret("jwt_secret") == before, "make secrets wrote a secret anew")
    with _step("The image"):
        made.run("make", "image")
        for line in image.look(made):
            print(f"  {line}")
    days = archive.days()
    with _step("make up, local executor, mailbox"):
        made.run("make", "up", "PROFILES=mailbox")
        _tell_services(made)
    with _step("communique doctor"):
        _tell(well.look(made))
        well.look_without(made, "mailbox", {"mail server"})
    _subscribe(made, days[0])
    with _step("Sign-in and pages"):
        _answers(made)
    with _step(f"Collecting {days[0]:%Y-%m-%d}"):
        _collect(made, days[0])
    with _step("Metrics and logs"):
        for line in seen.look(made):
            print(f"  {line}")
    before = _counts(made)
    with _step("make down, make up with Celery and two workers"):
        made.run("make", "down")
        made.run("make", "up", "EXECUTOR=celery", "WORKERS=2", "PROFILES=mailbox")
        _tell_services(made)
    after = _counts(made)
    expect(before == after, f"not all is left: {before} became {after}")
    with _step(f"Collecting {days[1]:%Y-%m-%d}"):
        _collect(made, days[1])
        _counts(made)
    with _step("Where secrets could show"):
        _tell(kept.look(made, reached(made).session))
    with _step("communique doctor, after two days"):
        _tell(well.look(made))
    for what, query in ONCE.items():
        found = made.rows(query)
        expect(not found, f"{what}: {found}")
    with _step("What is old goes, and no page minds"):
        _tell(tidied.look(made, signed_in(made)))
    with _step("make backup, all volumes wiped, make restore, make up"):
        keeping.comes_back(made)
    with _step("make upgrade"):
        keeping.upgrades(made)


def _refuses(made: Deployment) -> None:
    done = made.run("make", "up", check=False)
    told = "Run `make secrets`" in done.stdout
    expect(bool(done.returncode) and told, f"make up without secrets said: {done.stdout}")


def _subscribe(made: Deployment, since: datetime) -> None:
    given = f"COMMUNIQUE_NOW={since.isoformat()}"
    for reader in READERS:
        made.compose("exec", "-T", "-e", given, "scheduler", "communique", "subscribe", reader)


def _answers(made: Deployment) -> None:
    wrong = requests.post(
        f"{made.ui}/auth/token", json={"username": "admin", "password": "no"}, timeout=60
    )
    expect(wrong.status_code == 401, f"a wrong password was answered {wrong.status_code}")
    anonymous = requests.get(
        f"{made.ui}/communique/today", headers={"Accept": "*/*"}, allow_redirects=False, timeout=60
    )
    expect(anonymous.status_code != 200, "the analysts' pages are open to anybody")
    session = reached(made).session
    for page in (
        "today",
        "statements?q=huawei",
        "sources",
        "trends",
        "watchlists",
        "subscriptions",
    ):
        answer = session.get(f"{made.ui}/communique/{page}", timeout=60)
        ours = answer.status_code == 200 and "Communiqu" in answer.text
        expect(ours, f"page {page}: {answer.status_code} {answer.text[:500]}")
        print(f"  {page}: {answer.status_code}, {len(answer.content)} bytes")


def _collect(made: Deployment, day: datetime) -> None:
    airflow = reached(made)
    wait_for_dags(airflow, ["alert", *(f"collect_{desk}" for desk in DESKS)], print, LONGEST)
    runs = [start_run(airflow, f"collect_{desk}", day) for desk in DESKS]

    def tell(_what: str) -> None:
        """Waits in silence."""

    states = wait_for_runs(airflow, runs, tell, LONGEST)
    answered = wait_for_answers(airflow, "alert", runs, tell, LONGEST)
    for (dag_id, _), state in (*states.items(), *answered.items()):
        print(f"  {dag_id}: {state}")
        as_told = "failed" if dag_id == BLOCKED else "success"
        expect(state == as_told, f"{dag_id} ended as {state}, not as {as_told}")


def _counts(made: Deployment) -> Mapping[str, int]:
    asked = " UNION ALL ".join(
        f"SELECT '{table}', count(*) FROM communique.{table}" for table in COUNTED
    )
    found = {name: int(count) for name, count in made.rows(asked)}
    index = requests.get(f"{made.mails}/", timeout=30).text
    found["mails in the mailbox"] = index.count(">eml</a>")
    print("  " + ", ".join(f"{count} {name}" for name, count in found.items()), flush=True)
    arrived = found["mails"] == found["mails in the mailbox"]
    expect(arrived and found["mails"] > 0, "not every mail arrived, and once")
    return found


def _tell(lines: list[str]) -> None:
    for line in lines:
        print(f"  {line}", flush=True)


def _tell_services(made: Deployment) -> None:
    for line in made.compose("ps", "--format", "{{.Service}}: {{.Status}}").splitlines():
        print(f"  {line}")
    for line in made.run(
        "docker", "stats", "--no-stream", "--format", "{{.Name}}: {{.MemUsage}}"
    ).stdout.splitlines():
        print(f"  {line}")


@contextmanager
def _step(what: str) -> Iterator[None]:
    print(f"{what} ...", flush=True)
    started = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
