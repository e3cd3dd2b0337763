"""What Airflow's processes are told: everything of its own under one folder, nothing asked of
the network."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from communique.settings import project_folder

HOST = "127.0.0.1"
USER = "admin"
USERS = {USER: "admin"}


def environment(
    home: Path,
    database_url: str,
    *,
    extra: Mapping[str, str],
    inherit: Sequence[str] = (),
    users: Mapping[str, str] = USERS,
) -> dict[str, str]:
    """The environment of Airflow's processes: everything of Airflow's own under `home`, nothing
    asked of the network. Of our own environment's AIRFLOW and COMMUNIQUE variables only those whose
    names begin with one of `inherit` go along. users: who may sign in, with which of Airflow's
    roles; all with the password of this home."""
    ours = ("AIRFLOW", "COMMUNIQUE_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ours) or name.startswith(tuple(inherit))
    }
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # every task imports anew: without, twice as slow
    known = secrets_of(home)
    _write_private(home / "passwords.json", dict.fromkeys(users, known["password"]))
    settings = {
        "CORE__DAGS_FOLDER": str(project_folder("dags")),
        "CORE__PLUGINS_FOLDER": str(project_folder("plugins")),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "8",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__FERNET_KEY": known["fernet_key"],
        "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(map(":".join, users.items())),
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "DATABASE__SQL_ALCHEMY_CONN": database_url,
        "DATABASE__SQL_ALCHEMY_POOL_SIZE": "10",
        "DATABASE__SQL_ALCHEMY_MAX_OVERFLOW": "20",
        "API__SECRET_KEY": known["secret_key"],
        "API__WORKERS": "1",
        "API_AUTH__JWT_SECRET": known["jwt_secret"],
        "LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "WORKERS__EXECUTION_API_TIMEOUT": "30",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return (
        kept
        | {f"AIRFLOW__{name}": value for name, value in settings.items()}
        | {"AIRFLOW_HOME": str(home)}
        | dict(extra)
    )


def secrets_of(home: Path) -> dict[str, str]:
    """Keys and the password of this home: made once, readable by their owner alone."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / "secrets.json"
    if not file.exists():
        made = {
            "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "secret_key": secrets.token_hex(32),
            "jwt_secret": secrets.token_hex(64),
            "password": secrets.token_urlsafe(9),
        }
        _write_private(file, made)
    known: dict[str, str] = json.loads(file.read_text())
    return known


def _write_private(file: Path, content: Mapping[str, str]) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        json.dump(content, out)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server((HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def usual_port() -> int:
    """Airflow's own port, 8080, or where that is taken any other."""
    try:
        with socket.create_server((HOST, 8080)):
            return 8080
    except OSError:
        return free_port()
