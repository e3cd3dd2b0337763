"""Keeps Airflow's history bounded, which Airflow leaves to its operator: at the start, and then
once a day, what is older than COMMUNIQUE_AIRFLOW_KEEP_DAYS goes.

    tidy.py [runs] [logs] [--once]   both unless one is named; --once: and no more

runs: DAG runs that are over, with all that hangs on them, but for the newest of each DAG and kind
of run; then what hangs on no run, by `airflow db clean`; then what Celery notes of tasks.
logs: files in the folder of the tasks' logs, and folders that this leaves empty.

Airflow's command alone would also take runs that are not over, a DAG's newest run where somebody
started that by hand, the tasks of those that it leaves, and DAGs that stood still.
Killed at any moment, it goes on from there the next time.
"""

from __future__ import annotations

import argparse
import errno
import logging
import os
import re
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg2

from communique.logs import start_logs, wanted_form
from communique.settings import Settings

log = logging.getLogger("communique.tidy")

SECRETS = Path(os.environ.get("COMMUNIQUE_SECRETS", "/run/secrets"))
NOTE = ".tidied"  # in the folder of logs: what failed, when it was last tried; deploy/healthy.py
DAY = timedelta(days=1)
# After a failure: the first time soon, since a power cut starts all services at once, and
# PostgreSQL answers last; then twice as late each time.
SOON, LATER = timedelta(seconds=20), timedelta(minutes=15)
LONGEST = timedelta(hours=3)
# Tables with no run above them, whose rows nobody needs again. Not `dag`: its rows are the DAGs.
LOOSE = (
    *("log", "job", "asset_event", "import_error", "callback", "session", "revoked_token"),
    *("partitioned_asset_key_log", "connection_test_request"),
)
# Some at a time, so that no transaction is long; what hangs on them goes by the foreign keys.
RUNS = """
DELETE FROM dag_run WHERE id IN (
    SELECT id FROM (
        SELECT id, state, greatest(run_after, start_date, end_date) AS touched,
               row_number() OVER (PARTITION BY dag_id, run_type ORDER BY run_after DESC, id DESC) AS newest
        FROM dag_run
    ) AS one
    WHERE state IN ('success', 'failed') AND newest > 1 AND touched < %(before)s
    ORDER BY id LIMIT 50
)
"""  # noqa: E501
RESULTS = "DELETE FROM celery_taskmeta WHERE date_done < %(before)s AT TIME ZONE 'UTC'"


class NotTidied(Exception):
    """Something could not be cleaned; the message says what, and what to do next."""


def main() -> int:
    """0 where all went well, else 1; without --once it never ends."""
    parts: Mapping[str, Callable[[datetime], str]] = {"runs": runs, "logs": logs}
    parser = argparse.ArgumentParser(description="What Airflow keeps for ever goes in time.")
    parser.add_argument("part", nargs="*", help=f"of {', '.join(parts)}")
    parser.add_argument("--once", action="store_true", help="do not go on every day")
    asked = parser.parse_args()
    if wrong := set(asked.part) - set(parts):
        parser.error(f"{', '.join(sorted(wrong))}: expected {', '.join(parts)}")
    start_logs(wanted_form(), verbose=True)
    keep = timedelta(days=Settings().airflow_keep_days)
    chosen = [parts[name] for name in asked.part or parts]
    if asked.once:
        return 1 if tidy(chosen, keep) else 0
    soon = SOON
    while True:
        note(None)
        failed = tidy(chosen, keep)
        note(failed)
        time.sleep((soon if failed else DAY).total_seconds())
        soon = min(2 * soon, LATER) if failed else SOON


def tidy(parts: list[Callable[[datetime], str]], keep: timedelta) -> list[str]:
    """Does each part, and returns what failed. Told in the log too, with what was done."""
    before, failed = datetime.now(timezone.utc) - keep, []
    for part in parts:
        try:
            log.info("older than %s days: %s", keep.days, part(before))
        except (NotTidied, OSError, psycopg2.Error, subprocess.TimeoutExpired) as error:
            failed.append(f"{part.__name__}: {' '.join(str(error).split())}")
            log.error("not tidied: %s", failed[-1])
    return failed


def note(failed: list[str] | None) -> None:
    """Writes down what failed, for who asks whether all is well; None: only that it begins."""
    file = folder() / NOTE
    try:
        file.touch()
        if failed is not None:
            file.write_text("\n".join(failed), encoding="utf-8")
    except OSError as error:  # an old note, or none, says that too
        log.error("what was done could not be noted: %s", error)


def runs(before: datetime) -> str:
    """Removes what Airflow and Celery know of before that moment (aware), and says how much that
    was. Raises NotTidied, psycopg2.Error."""
    address, results = _secret("airflow_database_url"), _secret("result_backend")
    if not address:
        raise NotTidied(f"no {SECRETS}/airflow_database_url: make secrets, and start it again")
    with _connected(address) as airflow:
        found = _deleted(airflow, RUNS, before)
        since = before.strftime("%Y-%m-%dT%H:%M:%S+00:00")
        clean = ("clean", "--yes", "--skip-archive", "--error-on-cleanup-failure")
        _airflow(*clean, "--batch-size", "20000", "--clean-before-timestamp", since,
                 "--tables", ",".join(LOOSE))  # fmt: skip
        # It copies what it removes: one that was killed has left its copy behind.
        if _there(airflow, r"\_airflow\_deleted\_\_%"):
            _airflow("drop-archived", "--yes")
    told = 0
    if results.startswith("db+postgresql"):
        with _connected(results) as celery:
            told = _deleted(celery, RESULTS, before) if _there(celery, "celery_taskmeta") else 0
    return f"{found} runs and {told} results of Celery's removed"


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    plain = re.sub(r"^(db\+)?postgresql(\+\w+)?:", "postgresql:", address)
    limits = "-c statement_timeout=600000 -c lock_timeout=30000"
    with closing(psycopg2.connect(plain, connect_timeout=10, options=limits)) as connection:
        connection.autocommit = True
        yield connection


def _deleted(connection: Any, delete: str, before: datetime) -> int:
    total, last = 0, -1
    with connection.cursor() as cursor:
        while last:
            cursor.execute(delete, {"before": before})
            last = cursor.rowcount
            total += last
    return total


def _there(connection: Any, table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE %s", (table,))
        return bool(cursor.fetchone()[0])


def _airflow(*words: str) -> None:
    done = subprocess.run(  # noqa: S603
        ("airflow", "db", *words),  # noqa: S607 (the image's path has one)
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=LONGEST.total_seconds(),
        check=False,
    )
    if done.returncode:
        said = " | ".join(line for line in done.stdout.splitlines()[-12:] if line.strip())
        raise NotTidied(
            f"`airflow db {words[0]}` ended with {done.returncode}: {said[-2000:]} | "
            "Is PostgreSQL well, and its disk not full? What is left goes at the next try."
        )


def logs(before: datetime) -> str:
    """Removes files last written before that moment (aware), and says how many. Raises OSError."""
    return f"{swept(folder(), before.timestamp())} log files removed"


def folder() -> Path:
    """Where the tasks' logs lie: Airflow's setting, and its default."""
    told = os.environ.get("AIRFLOW__LOGGING__BASE_LOG_FOLDER")
    return Path(told or Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser() / "logs")


def swept(path: Path, before: float, *, top: bool = True) -> int:
    """Removes files last written before that moment (seconds since 1970), and folders that are
    empty then and in which nothing was made since. How many files. Links stay, and are not
    followed. Others may write here meanwhile. Raises OSError."""
    untouched, count = path.stat().st_mtime < before, 0
    with os.scandir(path) as there:
        entries = list(there)
    for entry in entries:
        with suppress(FileNotFoundError):
            if entry.is_dir(follow_symlinks=False):
                count += swept(Path(entry.path), before, top=False)
                continue
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(found.st_mode) and found.st_mtime < before:
                Path(entry.path).unlink()
                count += 1
    if untouched and not top:
        try:
            path.rmdir()
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
    return count


def _secret(name: str) -> str:
    try:
        return (SECRETS / name).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


if __name__ == "__main__":
    raise SystemExit(main())
