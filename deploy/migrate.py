"""What happens before the services start: both databases brought to this version, and at the first
start somebody who may sign in. Safe to run again.

The password goes to Airflow's command by its standard input: an argument could be read by others.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SECRETS = Path(os.environ.get("COMMUNIQUE_SECRETS", "/run/secrets"))
NEEDED = (
    "airflow_database_url",
    "communique_database_url",
    "communique_service_url",
    "fernet_key",
    "api_secret_key",
    "jwt_secret",
    "admin_password",
)
ADMIN = (
    *("airflow", "users", "create", "--username", "admin", "--role", "Admin"),
    *("--firstname", "Admin", "--lastname", "of", "--email", "admin@localhost"),
)


def main() -> int:
    """The first exit status that is not 0, else 0."""
    if lacking := [name for name in NEEDED if not _secret(name)]:
        print(f"No secrets/{', secrets/'.join(lacking)}: run `make secrets`.", file=sys.stderr)
        return 2
    password = _secret("admin_password")
    steps = (
        (("airflow", "db", "migrate"), ""),
        (("communique", "db", "upgrade"), ""),
        (("communique", "db", "service", str(SECRETS / "communique_service_url")), ""),
        (ADMIN, f"{password}\n{password}\n"),
    )
    # Tables are made by who owns them; the services' login could not.
    as_owner = os.environ | {
        "COMMUNIQUE_DATABASE_URL_FILE": str(SECRETS / "communique_database_url")
    }
    for command, told in steps:
        # A session of its own has no terminal, so that the password is asked for on stdin.
        done = subprocess.run(  # noqa: S603
            command, env=as_owner, input=told, text=True, start_new_session=True, check=False
        )
        if done.returncode:
            print(f"`{' '.join(command[:3])}` ended with {done.returncode}.", file=sys.stderr)
            return done.returncode
    return 0


def _secret(name: str) -> str:
    try:
        return (SECRETS / name).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


if __name__ == "__main__":
    raise SystemExit(main())
