"""What many sources cost: python -m tests.docker.load [--sources 300 --statements 5000]

Our services with Celery and two workers, and beside them a made-up web whose sources, some of which
share a host, all publish at once. Told are time, memory, sizes, and by the web's own log that no
host was asked by two at the same time, or too soon. `--delay`: seconds, other than the usual ones.
`--settings COMMUNIQUE_WORKER_CONCURRENCY=16 ...`: what .env would hold. Exit status 1 where a
statement is missing, a mail did not arrive, or a host was asked impolitely.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from communique.stack_env import free_port
from tests.docker.airflow import Api
from tests.docker.compose import Deployment, Failed, deployment
from tests.docker.load_report import Measured, report
from tests.docker.load_stats import Watch
from tests.docker.site import LOG
from tests.docker.site_log import arrivals, manners
from tests.docker.site_plan import DESKS, Plan
from tests.docker.trial import trial

PROJECT = "communique-load"
WORKERS = 2
USUAL_DELAY = 2.0
# A request's start is noted just before it goes out: on a busy machine some time before.
JITTER = 0.1
LONGEST = 3600.0
COLLECTS = tuple(f"collect_{desk}" for desk in DESKS)
ENDED = ("success", "failed")
SUBSCRIBE = """
import sys
from communique.cli.app import app
some = ["--watchlist", "5g-huawei", "--country", "DE,CZ,JP"]
for number in range(int(sys.argv[1])):
    how = [[], [], [], some, ["--daily"]][number % 5]
    app(["subscribe", f"reader-{number}@example.org", *how], standalone_mode=False)
"""


def main() -> int:
    """0 where all went as promised, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.docker.load", description=__doc__)
    parser.add_argument("--sources", type=int, default=300)
    parser.add_argument("--statements", type=int, default=5000)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--delay", type=float, default=USUAL_DELAY)
    parser.add_argument("--settings", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--keep", action="store_true", help="leave the services as they are")
    given = parser.parse_args()
    # Those who share a host are next to each other in one desk, so that they are due together.
    plan = Plan(given.sources, given.statements, datetime.now(UTC), apart=len(DESKS))
    return trial(
        lambda made: _try(made, plan, given),
        lambda folder: _loaded(folder, plan, given.delay, given.settings),
    )


def _try(made: Deployment, plan: Plan, given: argparse.Namespace) -> Sequence[str]:
    made.run("make", "secrets")
    with Watch(PROJECT) as up:
        began = time.monotonic()
        made.run("make", "up", "EXECUTOR=celery", f"WORKERS={WORKERS}", "PROFILES=mailbox")
        started = time.monotonic() - began
        print(f"up after {started:.0f} s", flush=True)
        scheduler = ("exec", "-T", "scheduler", "python", "-c", SUBSCRIBE, str(given.readers))
        made.compose(*scheduler)
        time.sleep(15)  # at rest
    with Watch(PROJECT) as watch:
        collected, told, connections = _run(made)
    log = requests.get(made.environment["SITE"], headers={"Host": LOG}, timeout=60).json()
    measured = Measured(
        started=started,
        collected=collected,
        told=told,
        connections=connections,
        rest={name: used.memory[-1] for name, used in up.used.items()},
        used=dict(watch.used),
        manners=manners(arrivals(log), given.delay, JITTER),
    )
    return report(made, plan, measured)


def _run(made: Deployment) -> tuple[float, float, int]:
    """Every desk collected once, and told; seconds until the one and until the other, and how many
    connections PostgreSQL had at most."""
    api, began, connections = Api(made), time.monotonic(), [0]

    def collected_all() -> bool:
        ((open_now,),) = made.rows("SELECT count(*) FROM pg_stat_activity")
        connections.append(int(open_now))
        return all(_over(api, dag) for dag in COLLECTS)

    _wait(lambda: _known(api))
    for dag in ("alert", *COLLECTS):
        api.unpause(dag)
    for dag in COLLECTS:
        api.start(dag)
    _wait(collected_all)
    collected = time.monotonic() - began
    print(f"collected after {collected:.0f} s", flush=True)
    _wait(lambda: _over(api, "alert") and not _left(made))
    return collected, time.monotonic() - began, max(connections)


def _known(api: Api) -> bool:
    known = {dag["dag_id"] for dag in api.ask("GET", "/dags", params={"limit": 100})["dags"]}
    return known.issuperset({"alert", *COLLECTS})


def _over(api: Api, dag: str) -> bool:
    runs = api.runs(dag)
    return bool(runs) and all(run["state"] in ENDED for run in runs)


def _left(made: Deployment) -> int:
    """Wordings that nobody has judged, and mails that wait."""
    ((number,),) = made.rows(
        "SELECT (SELECT count(*) FROM communique.revisions WHERE judged_at IS NULL)"
        " + (SELECT count(*) FROM communique.mails WHERE status = 'pending')"
    )
    return int(number)


def _wait(over: Any) -> None:
    until = time.monotonic() + LONGEST
    while not over():
        if time.monotonic() > until:
            raise Failed(f"not over after {LONGEST:.0f} s")
        time.sleep(5)


def _loaded(folder: Path, plan: Plan, delay: float, settings: list[str]) -> Deployment:
    """A deployment whose sources are the plan's, served in a container beside it."""
    made = deployment(folder)
    tried = folder / "try"
    shutil.rmtree(tried)
    (tried / "sources").mkdir(parents=True)
    for name, text in plan.facts(lambda host: f"http://{host}", delay).items():
        (tried / "sources" / name).write_text(text)
    numbers = {"sources": plan.sources, "statements": plan.statements, "now": plan.now.isoformat(),
               "apart": plan.apart}  # fmt: skip
    (tried / "plan.json").write_text(json.dumps(numbers))
    for path in (tried, *tried.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    site = free_port()
    (folder / "try.yml").write_text(json.dumps({"services": _services(plan, site)}, indent=1))
    environment = {
        **made.environment,
        "COMPOSE_PROJECT_NAME": PROJECT,
        "COMMUNIQUE_IMAGE": PROJECT,
        "COMMUNIQUE_REPLAY": "",
        "COMMUNIQUE_SOURCES": "/srv/try/sources",
        "COMMUNIQUE_CONTACT": "desk@example.org",
        "COMMUNIQUE_PAUSED": "True",
        "SITE": f"http://127.0.0.1:{site}",
        **dict(each.split("=", 1) for each in settings),
    }
    return replace(made, environment=environment)


def _services(plan: Plan, site: int) -> dict[str, Any]:
    told = {"COMMUNIQUE_ALLOW_ADDRESSES": "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"}
    services: dict[str, Any] = {
        name: {"volumes": ["./try:/srv/try:ro"], "environment": told}
        for name in ("api-server", "scheduler", "dag-processor", "triggerer", "worker")
    }
    services["site"] = {
        "image": "${COMMUNIQUE_IMAGE}:local",
        "command": ["python", "-m", "tests.docker.site", "/srv/try/plan.json"],
        "environment": {"PYTHONPATH": "/srv", "PYTHONDONTWRITEBYTECODE": "1"},
        "volumes": ["./tests:/srv/tests:ro", "./try:/srv/try:ro"],
        "networks": {"outside": {"aliases": list(plan.hosts)}},
        "ports": [f"127.0.0.1:{site}:80"],
        "init": True,
    }
    return services


if __name__ == "__main__":
    sys.exit(main())
