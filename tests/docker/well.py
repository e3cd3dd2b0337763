"""`docker compose exec scheduler communique doctor`, in services that are well and some that are
not."""

from __future__ import annotations

import json
from typing import Any

from tests.docker.compose import Deployment, Failed


def look(made: Deployment) -> list[str]:
    """A line for each check. Raises Failed where one says that something is broken."""
    found = _doctor(made)
    if wrong := [one for one in found if one["state"] == "broken"]:
        raise Failed(f"the doctor says of services that are well: {wrong}")
    if not any(one["check"] == "dags" and one["state"] == "ok" for one in found):
        raise Failed(f"the doctor did not reach Airflow's DAGs: {found}")
    hidden = [one for one in found if made.secret("communique_db_password") in str(one)]
    if hidden:
        raise Failed("the doctor tells the store's password")
    return [f"{one['state']:7} {one['check']}: {one['found']}" for one in found]


def look_without(made: Deployment, service: str, checks: set[str]) -> None:
    """Stops a service, and starts it again. Raises Failed where the doctor does not say then that
    these checks, and no others, are broken."""
    before = {one["check"] for one in _doctor(made) if one["state"] == "broken"}
    made.compose("stop", service)
    try:
        found = {one["check"]: one for one in _doctor(made) if one["state"] == "broken"}
    finally:
        made.compose("start", service)
    if found.keys() - before != checks:
        raise Failed(f"without {service} the doctor says that broken is {found}")


def _doctor(made: Deployment) -> list[dict[str, Any]]:
    words = ("exec", "-T", "scheduler", "communique", "doctor", "--json")
    told = made.compose(*words, check=False)
    try:
        checks: list[dict[str, Any]] = json.loads(told[told.index("{\n") :])["checks"]
    except (ValueError, KeyError) as error:
        raise Failed(f"the doctor said: {told[-2000:]}") from error
    return checks
