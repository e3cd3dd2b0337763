"""Is all well? Every part that the watch rests on is looked at, each for itself and not for long.

Nothing is sent, stored or fetched from a source. The archive is tried with a small file that is
taken away again; an embedded store is started, as by every command, but none is made.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from communique import (
    doctor_airflow,
    doctor_archive,
    doctor_clock,
    doctor_mail,
    doctor_roles,
    doctor_settings,
    doctor_store,
    doctor_watch,
)
from communique.database import Patience, StoreError, database
from communique.doctor_parts import Check, NotKnown, Patient, Said, State, broken, look
from communique.embedded_account import EmbeddedServerError
from communique.health import plain
from communique.settings import Settings

log = logging.getLogger(__name__)

# Seconds that any question to the store may take.
PATIENCE = Patience(free=10, answer=5, query=10, lock=5)
# A password of fewer characters would be found in every other word.
SHORTEST_SECRET = 4
DATABASE = Check("database", doctor_store.database_itself)
CHECKS: Sequence[Check] = (
    Check("settings", doctor_settings.settings),
    Check("roles", doctor_roles.roles),
    Check("analysts", doctor_roles.logins),
    Check("archive", doctor_archive.archive, seconds=30),
    Check("disk", doctor_archive.disk),
    Check("mail server", doctor_mail.server, seconds=30),
    Check("outbox", doctor_mail.outbox),
    Check("alerting", doctor_mail.alerting),
    Check("canary", doctor_mail.canary),
    Check("clock", doctor_clock.clock, seconds=10),
    Check("time zones", doctor_clock.zones),
    Check("sources", doctor_watch.sources),
    Check("collects", doctor_watch.collects),
    Check("watchlists", doctor_watch.watchlists),
    Check("airflow", doctor_airflow.health, seconds=10),
    Check("dags", doctor_airflow.dags, seconds=60),
    Check("tidy", doctor_airflow.tidy, seconds=10),
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of one check. found, advice: one line each, without passwords."""

    check: str
    state: State
    found: str
    advice: str


def examine(settings: Settings) -> tuple[Looked, ...]:
    """Makes all checks, the database's first, the others at once, and says what each found. Never
    raises for what one of them meets: that is broken, and the others go on."""
    with _opened(settings) as (patient, trouble):
        if trouble is None:
            (first,) = _made([DATABASE], patient)
            if first.state == "broken":
                patient = Patient(settings, patient.now)
        else:
            first = trouble
        said = [first, *_made(CHECKS, patient)]
    hidden = _secrets(settings)
    return tuple(
        Looked(check.name, each.state, _told(each.found, hidden), _told(each.advice, hidden))
        for check, each in zip((DATABASE, *CHECKS), said, strict=True)
    )


def verdict(looked: Sequence[Looked]) -> State:
    """The worst of what was found."""
    states = {one.state for one in looked}
    worst: Sequence[State] = ("broken", "look")
    return next((state for state in worst if state in states), "ok")


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Patient, Said | None]]:
    """The store opened, as far as that can be; what is wrong where it cannot."""
    now = settings.clock()
    if not settings.database_url and not (settings.home / "postgres").exists():
        missing = look(
            f"no store yet in {settings.home.resolve()}",
            "The first command makes one: communique db upgrade. Is COMMUNIQUE_HOME the right one?",
        )
        yield Patient(settings, now), missing
        return
    manager = database(settings, migrate=False, patience=PATIENCE)
    try:
        engine = manager.__enter__()
    except (StoreError, EmbeddedServerError) as error:
        yield Patient(settings, now), broken(str(error), "Nothing works without it: begin here.")
        return
    try:
        yield Patient(settings, now, engine), None
    finally:
        manager.__exit__(None, None, None)


def _made(checks: Sequence[Check], patient: Patient) -> list[Said]:
    """What each check says, all made at once. One that hangs is left behind: its thread ends with
    the process."""
    begun = time.monotonic()
    waiting = [(check, _begun(check, patient)) for check in checks]
    said = []
    for check, answer in waiting:
        left = max(0.0, begun + check.seconds - time.monotonic())
        try:
            said.append(answer.get(timeout=left))
        except queue.Empty:
            found = f"no answer within {check.seconds:g} s"
            said.append(broken(found, "What it asks hangs, or this machine has too much to do."))
    return said


def _begun(check: Check, patient: Patient) -> queue.SimpleQueue[Said]:
    answer: queue.SimpleQueue[Said] = queue.SimpleQueue()

    def work() -> None:
        answer.put(_answer(check, patient))

    threading.Thread(target=work, name=check.name, daemon=True).start()
    return answer


def _answer(check: Check, patient: Patient) -> Said:
    try:
        return check.look(patient)
    except NotKnown as reason:
        return look(str(reason), "")
    except Exception as error:
        log.warning("The check %s died", check.name, exc_info=True)
        said = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
        return broken(said, f"communique --verbose doctor shows where {check.name} came to this.")


def _secrets(settings: Settings) -> Mapping[str, str]:
    """What must not be told, and what stands in its place: passwords in addresses as written and
    as meant, and whatever channels and webhooks are addressed and signed with."""
    ours = (settings.database_url, settings.smtp_url, settings.archive_url, settings.airflow)
    urls = (*ours, os.environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"))
    found = {password for url in urls if url for password in _passwords(url)}
    found |= {settings.webhook_secret or "", *settings.channels.values()}
    longest_first = sorted(found, key=len, reverse=True)
    return {one: "***" for one in longest_first if len(one) >= SHORTEST_SECRET}


def _passwords(url: str) -> Iterator[str]:
    try:
        password = urlsplit(url).password or ""
    except ValueError:  # no address at all: told as it is by nobody
        return
    yield from (password, unquote(password))


def _told(words: str, hidden: Mapping[str, str]) -> str:
    for secret, instead in hidden.items():
        words = words.replace(secret, instead)
    return plain(words, 600)


def as_json(looked: Sequence[Looked]) -> dict[str, Any]:
    """What was found, for a machine."""
    states: Sequence[Literal["ok", "look", "broken"]] = ("ok", "look", "broken")
    return {
        "state": verdict(looked),
        "counts": {state: sum(one.state == state for one in looked) for state in states},
        "checks": [
            {"check": one.check, "state": one.state, "found": one.found, "next": one.advice}
            for one in looked
        ],
    }
