"""What the service `tidy` does: history that is made to look old goes, and no page minds."""

from __future__ import annotations

import requests

from tests.docker.compose import Deployment, Failed

AGO = "interval '300 days'"
OLD = (
    f"UPDATE dag_run SET run_after = run_after - {AGO}, start_date = start_date - {AGO}, "
    f"end_date = end_date - {AGO}; UPDATE log SET dttm = dttm - {AGO}"
)
RUNS = "SELECT count(*), count(DISTINCT (dag_id, run_type)) FROM dag_run"
OLD_LOGS = (
    "find /var/log/communique/dag_id=* -name '*.log' -exec touch -d '300 days ago' {} + "
    "-print | wc -l; find /var/log/communique/dag_id=* -type d -exec touch -d '300 days ago' {} +"
)


def look(made: Deployment, session: requests.Session) -> list[str]:
    """What was there before and after, a line each. session: of somebody signed in. Raises Failed
    where something old is left, something else went, or a page fails without its run."""
    ((runs, kinds),) = made.rows(RUNS, "airflow")
    results = made.rows("SELECT count(*) FROM celery_taskmeta", "celery")
    made.rows(OLD, "airflow")
    made.rows(f"UPDATE celery_taskmeta SET date_done = date_done - {AGO}", "celery")
    logs = made.compose("exec", "-T", "tidy", "sh", "-c", OLD_LOGS).split()[-1]
    said = made.compose("exec", "-T", "tidy", "python", "/opt/tidy.py", "--once")
    ((left, _),) = made.rows(RUNS, "airflow")
    others = made.rows("SELECT count(*) FROM celery_taskmeta", "celery")
    folders = made.compose("exec", "-T", "tidy", "sh", "-c", "ls -d /var/log/communique/dag_id=*", check=False)  # fmt: skip # noqa: E501
    if left != kinds or others != [["0"]] or f"{logs} log files" not in said:
        raise Failed(f"{left} runs left of {runs}, of {kinds} kinds; {others} results; {said}")
    if "dag_id=collect" in folders:
        raise Failed(f"folders of logs are left: {folders}")
    return [
        f"{runs} runs became {left}, one of each kind; {results[0][0]} results of Celery's and "
        f"{logs} log files are gone",
        *_pages(made, session),
    ]


def _pages(made: Deployment, session: requests.Session) -> list[str]:
    statements = [row[0] for row in made.rows("SELECT id FROM communique.statements")]
    captures = made.rows("SELECT DISTINCT capture_id FROM communique.revisions")
    sources = made.rows("SELECT id FROM communique.sources")
    paths = [
        *("today", "sources"),
        *(f"statements/{one}" for one in statements),
        *(f"evidence/{one}" for (one,) in captures),
        *(f"sources/{one}" for (one,) in sources),
    ]
    for path in paths:
        answer = session.get(f"{made.ui}/communique/{path}", timeout=60)
        if answer.status_code != 200:
            raise Failed(f"without its run, {path}: {answer.status_code} {answer.text[:500]}")
    return [f"{len(paths)} pages are shown without the runs that they lead to"]
