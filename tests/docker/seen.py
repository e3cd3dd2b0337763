"""What an operator sees of the services: metrics, and log lines that say what they are about."""

from __future__ import annotations

import json
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.docker.compose import Deployment, Failed

SERVICES = ("api-server", "scheduler", "dag-processor", "triggerer", "exporter")
_LAST_TURN = "communique_source_last_turn_timestamp_seconds"
MOST_OTHER = 5  # lines that docker itself may say
_ASK = (
    "import urllib.request as r; "
    "print(r.urlopen('http://exporter:9469/metrics', timeout=30).read().decode())"
)


def look(made: Deployment) -> list[str]:
    """Starts the exporter beside the services, asks it as Prometheus would, and reads the logs of
    a day's collect. Returns what was seen; raises Failed where something is not as promised."""
    made.compose("up", "--detach", "--no-deps", "--wait", "exporter")
    return [_metrics(made), *_services(made), _tasks(made)]


def _metrics(made: Deployment) -> str:
    told = made.compose("exec", "-T", "scheduler", "python", "-c", _ASK)
    samples = [s for f in text_string_to_metric_families(told) for s in f.samples]
    unread = [s.labels for s in samples if s.name == "communique_part_up" and s.value != 1]
    states = {s.labels["source"] for s in samples if s.name == "communique_source_state"}
    turns = {s.labels["source"] for s in samples if s.name == _LAST_TURN}
    if unread or not states or not turns:
        raise Failed(f"metrics: {unread} not read, {len(states)} sources, {len(turns)} had a turn")
    return f"exporter: {len(samples)} samples, {len(states)} sources, {len(turns)} had a turn"


def _services(made: Deployment) -> list[str]:
    found = []
    for service in SERVICES:
        # Not compose's logs: those of version 2.26 mix commands for a terminal among the lines.
        said = made.run("docker", "logs", made.compose("ps", "--quiet", service).strip()).stdout
        lines = [line for line in said.splitlines() if line.strip()]
        other = [line for line in lines if not _is_object(line)]
        found.append(f"{service}: {len(lines)} log lines, {len(other)} of them no JSON")
        if len(other) > MOST_OTHER and 2 * len(other) > len(lines):
            raise Failed(f"the logs of {service} are no JSON: {other[:5]}")
    return found


def _tasks(made: Deployment) -> str:
    said = made.compose(
        *("exec", "-T", "scheduler", "grep", "-rhF"),
        *('"logger":"communique.collecting"', "/var/log/communique"),
    )
    lines: list[dict[str, Any]] = [json.loads(line) for line in said.splitlines()]
    bare = [line for line in lines if not {"run", "run_number", "source"} <= set(line)]
    addresses = {line["address"] for line in lines if "address" in line}
    if bare or not addresses:
        raise Failed(f"{len(addresses)} addresses in the logs; without run or source: {bare[:3]}")
    return f"tasks: {len(lines)} lines of collecting, of {len(addresses)} addresses"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
