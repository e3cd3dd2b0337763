"""Every service killed while collecting:

    python -m tests.docker.killing [--local] [--engine] [--keep]

Celery and two workers (--local: the scheduler by itself) collect the world's sources, and the
ministry's captured pages where ../shared is here, one desk after the other. While a desk is being
collected a service is killed (SIGKILL to its container's first process, as a crash does):
scheduler, postgres, redis, a worker, api-server, dag-processor and triggerer. Another day is
collected, and everything killed at once while mails go out (--engine: the engine too, as a cut of
the mains would). Whatever happens, services come back by themselves; then what is stored and told
must be what one undisturbed process stores and tells, every wording proved by the archive.

Needs root on the machine of the docker engine: it kills by process id, and reads the store at its
address in docker's network. SIGKILL leaves to the disk what was written; a cut of the mains would
not, which is why PostgreSQL and the archive wait for the disk before anything counts as stored.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tests.docker import killing_engine
from tests.docker import killing_stack as stack
from tests.docker.airflow import Api
from tests.docker.compose import Deployment, until
from tests.docker.killing_calm import (
    CORPUS,
    FIRST,
    SECOND,
    Came,
    began,
    came,
    people,
    undisturbed,
)
from tests.docker.killing_site import MINISTRY
from tests.docker.killing_stack import killable
from tests.docker.trial import trial
from tests.killing.compare import Report, compare

# Which desk is being collected when which services are killed.
DEATHS = (
    ("china", ("scheduler",)),
    ("united_states", ("postgres",)),
    ("europe", ("redis",)),
    ("asia_pacific", ("worker",)),
    ("elsewhere", ("api-server",)),
    ("media", ("dag-processor", "triggerer")),
)
DESKS = tuple(desk for desk, _ in DEATHS)
CELERY = ("worker", "redis")
BACK = 300  # seconds within which a service must be back
LONGEST = 900  # seconds within which all that was begun must be over
VISITS = (
    "SELECT count(*) FROM communique.captures c JOIN communique.sources s ON s.id = c.source_id "
    "WHERE s.desk = '{desk}'"
)
SENT = "SELECT count(*) FROM communique.mails WHERE status = 'sent'"
LEFT = {
    "wordings to be judged": "SELECT count(*) FROM communique.revisions WHERE judged_at IS NULL",
    "mails to be sent": "SELECT count(*) FROM communique.mails WHERE status = 'pending'",
}


def main() -> int:
    """0 where nothing is lost or doubled, else 1."""
    start = began()
    return trial(lambda made: _try(made, start), lambda folder: killable(folder, start))


def _try(made: Deployment, start: date) -> list[str]:
    began_at = time.monotonic()
    if not CORPUS.exists():
        print("../shared/corpus is not here: the ministry's captured pages are left out.")
    with tempfile.TemporaryDirectory(prefix="communique-calm-") as folder:
        expected = undisturbed(Path(folder), start)
    _say(began_at, f"undisturbed: {len(expected.statements)} wordings")
    made.run("make", "secrets")
    local = "--local" in sys.argv
    executor = ("EXECUTOR=local",) if local else ("EXECUTOR=celery", "WORKERS=2")
    made.run("make", "up", *executor, "PROFILES=mailbox")
    _say(began_at, "services are up")
    with stack.store(made) as engine:
        people(engine)
    api = Api(made)
    stack.set_day(made, FIRST)
    api.wait_for_dags(["alert", *(f"collect_{desk}" for desk in DESKS)])
    api.unpause("alert")
    for desk, services in DEATHS:
        there = [name for name in services if not (local and name in CELERY)]
        _one_by_one(made, api, desk, there)
        _say(began_at, f"{' and '.join(there) or 'nobody'} was killed, {desk} being collected")
    _settled(made, api)
    _say(began_at, "the first day is collected and told")
    stack.set_day(made, SECOND)
    _power_off(made, api)
    _say(began_at, "everything came back")
    _settled(made, api)
    _say(began_at, "the second day is collected and told")
    problems = _compared(made, expected)
    _say(began_at, "compared")
    return [*problems, *_proved(made)]


def _one_by_one(made: Deployment, api: Api, desk: str, services: Sequence[str]) -> None:
    """Kills these, one of each, while the desk is being collected."""
    api.unpause(f"collect_{desk}")
    api.start(f"collect_{desk}")
    visits = VISITS.format(desk=desk)
    _wait_for(made, visits, 8, f"{desk} to be collected")
    every = stack.containers(made)
    victims = [next(one for one in every if one.service == name) for name in services]
    then = stack.number(made, visits)
    stack.kill(victims)
    took = stack.wait_well(made, victims, BACK)
    names = ", ".join(one.name.removeprefix(f"{stack.PROJECT}-") for one in victims) or "nobody"
    print(f"  killed {names} after {then} visits of {desk}: well after {took:.0f} s", flush=True)


def _power_off(made: Deployment, api: Api) -> None:
    """Kills all containers at once while desks are being collected and mails go out."""
    before = stack.number(made, SENT)
    for desk in DESKS:
        api.start(f"collect_{desk}")
    _wait_for(made, SENT, before + 2, "mails to go out")
    victims = stack.containers(made)
    if "--engine" in sys.argv:
        killing_engine.cut(victims)
    else:
        stack.kill(victims)
    took = stack.wait_well(made, victims, BACK)
    going = ", ".join(f"{run['dag_id']}" for run in api.runs() if run["state"] == "running")
    print(f"  killed all {len(victims)} containers at once: well after {took:.0f} s; "
          f"runs that then went on: {going or 'none'}", flush=True)  # fmt: skip


def _wait_for(made: Deployment, query: str, least: int, what: str) -> None:
    until(lambda: [] if stack.number(made, query) >= least else [what], 240, pause=0.3)


def _settled(made: Deployment, api: Api) -> None:
    """Waits until all runs are over and nothing is left to judge or to send, and that lasts."""
    calm_since = time.monotonic()

    def left() -> list[str]:
        nonlocal calm_since
        waiting = [f"{run['dag_id']} ({run['state']})" for run in api.runs()
                   if run["state"] in ("queued", "running")]  # fmt: skip
        waiting += [what for what, query in LEFT.items() if stack.number(made, query)]
        if waiting:
            calm_since = time.monotonic()
        return waiting if waiting or time.monotonic() - calm_since > 15 else ["nothing new"]

    took = until(left, LONGEST, pause=2)
    ended = Counter(f"{run['dag_id'].split('_')[0]} {run['state']}" for run in api.runs())
    print(f"  over after {took:.0f} s more; runs: {dict(ended)}", flush=True)


def _compared(made: Deployment, expected: Came) -> list[str]:
    mails = made.folder / "mails"
    made.compose("cp", "mailbox:/var/lib/mailbox", str(mails))
    with stack.store(made) as engine:
        found = came(engine, mails)
    report = Report()
    wanted, there = Counter(expected.statements), Counter(found.statements)
    report.counts |= {
        "wordings in the undisturbed run": wanted.total(),
        "wordings here": there.total(),
    }
    for said, rows in (
        ("wordings lost", wanted - there),
        ("wordings not in the undisturbed run, or twice", there - wanted),
    ):
        report.counts[said] = rows.total()
        report.problems += [f"{said}: {each[:4]}" for each in list(rows)[:10]]
    told = compare(expected.told, found.told)
    for said, number in (report.counts | told.counts).items():
        print(f"  {said:<58}{number}")
    said = "requests sooner than the host's pace allows, of"
    early, every = _hurried(made)
    print(f"  {f'{said} {every}':<58}{early}")
    twice = told.counts["of them more than once, same Message-ID"]
    print(f"  {_sent_once(int(str(twice)))}")
    return [*report.problems, *told.problems]


def _sent_once(twice: int) -> str:
    if not twice:
        return "Every mail was sent once."
    return (
        f"Sent once, but for {twice}: killed after the mail server had taken it and before that "
        "was written down, it was sent again under its own Message-ID, as SMTP offers no better."
    )


def _hurried(made: Deployment) -> tuple[int, int]:
    """How many requests came to a host within nine tenths of its pace after the one before them,
    and how many came in all. That some are told of is no failure: who loses the connection that
    keeps a host's turn may ask beside another."""
    last: dict[str, float] = {}
    early, log = 0, sorted(stack.arrivals(made), key=lambda each: each[1])
    for address, moment, *_ in log:
        pace = stack.DELAY / 2 if address == MINISTRY else stack.DELAY
        early += moment - last.get(address, float("-inf")) < 0.9 * pace
        last[address] = moment
    return early, len(log)


def _proved(made: Deployment) -> list[str]:
    """Every wording can be proved from the archive."""
    words = ("exec", "-T", "scheduler", "communique", "verify", "--all")
    done = made.run("docker", "compose", "--profile", "*", *words, check=False)
    print("  " + "\n  ".join(done.stdout.splitlines()[-4:]))
    return [] if done.returncode == 0 else ["not every wording can be proved from the archive"]


def _say(since: float, what: str) -> None:
    print(f"{time.monotonic() - since:5.0f} s: {what}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
