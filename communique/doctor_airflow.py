"""Whether Airflow is well, and runs all that it should. Its own commands are asked, not its tables
and not its code."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests

from communique.doctor_parts import NotKnown, Patient, Said, ago, broken, look, named, ok
from communique.settings import Settings

ANSWER = 5.0  # seconds that Airflow may be silent
COMMANDS = 55.0  # that its commands may take together
PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
PAGES = "/communique"
# What must run by itself; backfill and reread are started by hand.
TELLING = ("alert", "digest")
NEEDED = (*TELLING, "canary", "coverage", "maintenance", "revisit")
TIDIED = ".tidied"  # where deploy/tidy.py notes what failed, and when it was last at work
RARELY = timedelta(hours=30)
_OF_ITS_OWN = ("AIRFLOW_HOME", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")


class CommandFailed(Exception):
    """A command of Airflow's did not list what it was asked for."""


@dataclass(frozen=True, slots=True)
class HealthPage:
    """What Airflow answered. asked_at, date: when, by our clock and by its (aware); parts: its
    components, None where it was no such page."""

    url: str
    status: int
    asked_at: datetime
    date: datetime | None
    parts: Mapping[str, Any] | None


def base(settings: Settings) -> str | None:
    """Where Airflow is reached; None: nobody has said."""
    if settings.airflow:
        return settings.airflow.rstrip("/")
    pages = (settings.pages_url or "").rstrip("/")
    return pages.removesuffix(PAGES) if pages.endswith(PAGES) else None


def heartbeat_page(settings: Settings) -> HealthPage | None:
    """Airflow's own word on how it is; None where nobody said where it is, or it is silent."""
    try:
        return _health_page(settings)
    except (NotKnown, requests.RequestException):
        return None


def _health_page(settings: Settings) -> HealthPage:
    url = base(settings)
    if url is None:
        raise NotKnown("not asked: COMMUNIQUE_AIRFLOW does not say where it is")
    asked = datetime.now(timezone.utc)
    answer = requests.get(f"{url}/api/v2/monitor/health", timeout=ANSWER)
    try:
        told = answer.json()
    except ValueError:
        told = None
    return HealthPage(
        url, answer.status_code, asked, _date(answer), told if isinstance(told, dict) else None
    )


def _date(answer: requests.Response) -> datetime | None:
    try:
        at = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError):
        return None
    return at if at.tzinfo else None


def health(patient: Patient) -> Said:
    """Whether Airflow's database, scheduler, DAG processor and triggerer are well."""
    try:
        page = _health_page(patient.settings)
    except requests.RequestException as error:
        return broken(
            f"{base(patient.settings)} does not answer: {_cause(error)}",
            "Is the API server up (make logs ARGS=api-server)? Else set COMMUNIQUE_AIRFLOW to "
            "where it is reached from here.",
        )
    if page.status != 200 or page.parts is None:
        found = f"{page.url} answers {page.status}, not as Airflow does"
        return broken(found, "Set COMMUNIQUE_AIRFLOW to its address, without /communique.")
    states = {part: (page.parts.get(part) or {}).get("status") for part in PARTS}
    if ill := [part for part, state in states.items() if state != "healthy"]:
        said = ", ".join(f"{part} is {states[part] or 'not there'}" for part in ill)
        return broken(f"{page.url}: {said}", f"Look into its log: make logs ARGS={_service(ill)}")
    return ok(f"{page.url}: {', '.join(PARTS)} are healthy")


def _service(ill: Sequence[str]) -> str:
    return "postgres" if ill[0] == "metadatabase" else ill[0].replace("_", "-")


def _cause(error: Exception) -> str:
    """What lies at the bottom of an error of requests, which wraps it three times."""
    reason: Any = error.args[0] if error.args else error
    reason = getattr(reason, "reason", reason)
    return str(reason).rpartition(": ")[2] or type(error).__name__


def dags(patient: Patient) -> Said:
    """Whether Airflow could read every DAG file, knows all our DAGs, and none of them is paused."""
    if importlib.util.find_spec("airflow") is None or not any(
        name.startswith(_OF_ITS_OWN) for name in os.environ
    ):
        if base(patient.settings) is None:
            raise NotKnown("not asked: this is no machine of Airflow's")
        advice = "Run it where Airflow runs: docker compose exec scheduler communique doctor"
        return look("not asked: this is no machine of Airflow's", advice)
    until = time.monotonic() + COMMANDS
    running = [_asked("list-import-errors"), _asked("list", "--columns", "dag_id,is_paused")]
    try:
        errors, there = (_told_by(one, until) for one in running)
    except CommandFailed as error:
        return broken(str(error), "Is its database there? By hand: airflow dags list")
    finally:
        for one in running:
            one.kill()
    if errors:
        files = sorted({str(one.get("filepath")) for one in errors})
        last = str(errors[0].get("error")).strip().splitlines()[-1:]
        return broken(
            f"files that Airflow cannot read: {named(files)}: {''.join(last)}",
            "airflow dags list-import-errors says why.",
        )
    return _all_there(patient, {one["dag_id"]: str(one["is_paused"]) == "True" for one in there})


def _asked(*words: str) -> subprocess.Popen[str]:
    """`airflow dags ...`, begun."""
    quiet = {
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__LOGGING__JSON_LOGS": "False",  # an error is read by a person here
        "PYTHONWARNINGS": "ignore",
    }
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "airflow", "dags", *words, "--output", "json"],
        env=os.environ | quiet,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _told_by(running: subprocess.Popen[str], until: float) -> list[dict[str, Any]]:
    """What a command of Airflow lists. until: by time.monotonic. Raises CommandFailed where it
    fails or takes longer."""
    try:
        out, err = running.communicate(timeout=max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"`airflow dags` did not end within {COMMANDS:g} s") from None
    # Its log may stand before what it lists, and it ends with 1 where there are import errors.
    lines = out.splitlines()
    for number, line in enumerate(lines):
        if line.startswith(("[{", "[]")):
            listed: list[dict[str, Any]] = json.loads("\n".join(lines[number:]))
            return listed
    if "No data found" in out:
        return []
    said = [line for line in (err or out).splitlines() if line.strip()]
    why = [line for line in said if "Error" in line] or said
    raise CommandFailed(f"`airflow dags` ended with {running.returncode}: {''.join(why[-1:])}")


def _all_there(patient: Patient, paused: Mapping[str, bool]) -> Said:
    desks = sorted({f"collect_{source.desk}" for source in patient.sources()})
    expected = [*NEEDED, *desks]
    if missing := [dag for dag in expected if dag not in paused]:
        found = f"DAGs that Airflow does not know: {named(missing)}"
        return broken(found, "Just started: wait a minute. Else look into the dag-processor's log.")
    resting = [dag for dag in expected if paused[dag]]
    advice = "Unpause them in the UI, or: airflow dags unpause ID"
    if [dag for dag in resting if dag in TELLING]:
        return broken(f"paused, so that nobody is told anything: {named(resting, 10)}", advice)
    if resting:
        return look(f"paused: {named(resting, 10)}", advice)
    return ok(f"all {len(expected)} are read, none is paused")


def tidy(_patient: Patient) -> Said:
    """Whether what Airflow would keep for ever, its runs and their logs, is removed in time."""
    folder = os.environ.get("AIRFLOW__LOGGING__BASE_LOG_FOLDER")
    if not folder:
        raise NotKnown("not looked at: this is no machine of Airflow's services")
    note, now = Path(folder) / TIDIED, datetime.now(timezone.utc)
    try:
        said = " ".join(note.read_text(encoding="utf-8").split())
        at = datetime.fromtimestamp(note.stat().st_mtime, timezone.utc)
    except FileNotFoundError:
        found = "nobody tidies here: Airflow's runs and the tasks' logs are kept for ever"
        return look(found, "In docker: is the service tidy up? docker compose ps --all tidy")
    since = ago(at, now)
    if said:
        advice = "It is tried again every 15 min. make logs ARGS=tidy says more."
        return look(f"Airflow's runs and logs could not be tidied, {since} ago: {said}", advice)
    if now - at > RARELY:
        return look(f"not tidied for {since}", "Look at its service: make logs ARGS=tidy")
    return ok(f"Airflow's runs and logs were tidied {since} ago")
