"""What a run under load has cost, and whether it kept what is promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import requests

from tests.docker.compose import Deployment
from tests.docker.load_stats import Used
from tests.docker.site_log import Manners
from tests.docker.site_plan import Plan

COUNTED = ("sources", "captures", "statements", "revisions", "stories", "matches", "deliveries",
           "mails")  # fmt: skip
TASKS = """
    SELECT dag_id || '.' || task_id, state, count(*),
           round(avg(duration)::numeric, 1), round(max(duration)::numeric, 1),
           round(avg(extract(epoch FROM start_date - queued_dttm))::numeric, 1),
           count(DISTINCT hostname)
    FROM task_instance WHERE state IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
"""
SIZES = """
    SELECT datname, pg_database_size(datname) FROM pg_database
    WHERE datname IN ('airflow', 'communique')
"""
LARGEST = """
    SELECT relname, pg_total_relation_size(oid) FROM pg_class
    WHERE relkind IN ('r', 'm') AND relnamespace = to_regnamespace('communique')
    ORDER BY 2 DESC LIMIT 6
"""
TWICE = """
    SELECT count(*) FROM (
        SELECT FROM communique.statements GROUP BY source_id, url HAVING count(*) > 1) AS t
"""
UNSENT = "SELECT count(*) FROM communique.mails WHERE status <> 'sent'"


@dataclass(frozen=True)
class Measured:
    """Seconds until all was up, collected and told; connections: of PostgreSQL, at most; rest: each
    container's memory before; used: of each during the run; manners: how the web was asked."""

    started: float
    collected: float
    told: float
    connections: int
    rest: Mapping[str, int]
    used: Mapping[str, Used]
    manners: Manners


def report(made: Deployment, plan: Plan, measured: Measured) -> list[str]:
    """Prints what was measured; what is not as promised, a line each."""
    found = {name: _number(made, f"SELECT count(*) FROM communique.{name}") for name in COUNTED}
    arrived = requests.get(f"{made.mails}/", timeout=60).text.count(">eml</a>")
    print(f"{plan.sources} sources at {len(plan.hosts)} hosts, {plan.statements} statements")
    print(f"up {measured.started:.0f} s, collected {measured.collected:.0f} s, "
          f"told {measured.told:.0f} s, "
          f"{measured.connections} connections at most")  # fmt: skip
    print(", ".join(f"{count} {name}" for name, count in found.items()), f"({arrived} arrived)")
    for line in (*_usage(measured), *_tasks(made), *_sizes(made)):
        print(line)
    asked = measured.manners
    print(
        f"{asked.requests} requests of {asked.clients} clients at {asked.hosts} hosts; "
        f"{asked.taken} hosts asked by several, who took turns {asked.handed} times; "
        f"{len(asked.overlaps)} at the same time, {len(asked.early)} too soon; "
        f"{asked.least:.3f} s from start to start at least"
    )
    expected = {
        f"{plan.statements} statements expected": found["statements"] == plan.statements,
        "a statement is there twice": _number(made, TWICE) == 0,
        "a mail was not sent": _number(made, UNSENT) == 0 < found["mails"],
        f"{found['mails']} mails sent, {arrived} arrived": found["mails"] == arrived,
        "one client alone asked: nothing is proved": asked.clients > 1 and asked.taken > 0,
    }
    wrong = [what for what, holds in expected.items() if not holds]
    return [*wrong, *asked.overlaps[:10], *asked.early[:10]]


def _usage(measured: Measured) -> Iterator[str]:
    for name, used in sorted(measured.used.items()):
        mean = sum(used.memory) / len(used.memory)
        yield (
            f"{name:<20}{used.cpu - used.first_cpu:7.0f} CPU-s   "
            f"{measured.rest.get(name, 0) / 1e6:5.0f} MB at rest, {mean / 1e6:5.0f} on average, "
            f"{max(used.memory) / 1e6:5.0f} at most"
        )
    cpu = sum(used.cpu - used.first_cpu for used in measured.used.values())
    most = max(map(sum, zip(*(used.memory for used in measured.used.values()), strict=False)))
    yield f"{'all':<20}{cpu:7.0f} CPU-s   {most / 1e6:.0f} MB at most"


def _tasks(made: Deployment) -> Iterator[str]:
    yield "tasks: how many, seconds on average and at most, waited for a worker, workers"
    for name, state, count, mean, most, waited, workers in made.rows(TASKS, "airflow"):
        if name.endswith((".collect", ".judge", ".send", ".report")):
            yield f"  {name:<32}{state:<10}{count:>4}{mean:>8}{most:>8}{waited:>8}{workers:>3}"


def _sizes(made: Deployment) -> Iterator[str]:
    for database, size in made.rows(SIZES):
        yield f"database {database}: {int(size) / 1e6:.0f} MB"
    largest = ", ".join(f"{name} {int(size) / 1e6:.1f}" for name, size in made.rows(LARGEST))
    yield f"largest tables (MB): {largest}"
    for path in ("/var/lib/communique/archive", "/var/log/communique"):
        said = made.compose("exec", "-T", "scheduler", "du", "-sm", path).split()[0]
        yield f"{path}: {said} MB"


def _number(made: Deployment, query: str) -> int:
    ((number,),) = made.rows(query)
    return int(number)
