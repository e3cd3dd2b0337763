"""That what is secret stays where it is given: no command, environment, log, note or page of the
running services shows it."""

from __future__ import annotations

import requests

from tests.docker.compose import Deployment, Failed

# What tasks hand on to others, and what they were started with: anybody who may look at a run
# sees these.
SHOWN = (
    "SELECT coalesce(value::text, '') FROM xcom",
    "SELECT rendered_fields::text FROM rendered_task_instance_fields",
    "SELECT coalesce(extra::text, '') FROM asset_event",
    "SELECT coalesce(extra::text, '') FROM log",
)
PAGES = ("/api/v2/config", "/api/v2/connections", "/api/v2/variables", "/communique/api/statements")
KEYS = {"airflow_database_url", "communique_database_url", "jwt_secret", "fernet_key"}


def look(made: Deployment, session: requests.Session) -> list[str]:
    """What was looked at, a line each. session: of whoever may see most. Raises Failed where a
    secret is shown, or a worker was given what makes an administrator."""
    shown = _shown(made)
    for query in SHOWN:
        shown[query] = "\n".join(map(str, made.rows(query, "airflow")))
    for page in PAGES:
        shown[page] = session.get(f"{made.ui}{page}", timeout=60).text
    for file in sorted((made.folder / "secrets").iterdir()):
        secret = file.read_text().strip()
        if found := [where for where, told in shown.items() if secret and secret in told]:
            raise Failed(f"secrets/{file.name} stands in {', '.join(found)}")
    workers = made.compose("ps", "--quiet", "worker").split()
    for worker in workers:
        given = set(made.run("docker", "exec", worker, "ls", "/run/secrets").stdout.split())
        if given & KEYS:
            raise Failed(f"a worker was given {', '.join(sorted(given & KEYS))}")
    used = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'communique'"
    logins = sorted(row[0] for row in made.rows(used))
    if "communique_service" not in logins:
        raise Failed(f"the services do not use their own login, but {logins}")
    return [
        f"no secret in {len(shown)} places where others look",
        f"{len(workers)} workers have no key of an administrator",
        f"logins at the store: {', '.join(logins)}",
    ]


def _shown(made: Deployment) -> dict[str, str]:
    services = made.compose("ps", "--all", "--quiet").split()
    processes = [made.run("docker", "top", one, check=False).stdout for one in services]
    every_log = "find /var/log/communique -type f -exec cat {} +"
    return {
        "docker inspect": made.run("docker", "inspect", *services).stdout,
        "the process list": "".join(processes),
        "the services' logs": made.compose("logs", "--no-color"),
        "the tasks' logs": made.compose("exec", "-T", "scheduler", "sh", "-c", every_log),
    }
