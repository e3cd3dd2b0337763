"""The demonstration's databases: made anew for every run, on a server of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path

import psycopg2
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from communique.database import database
from communique.embedded import server
from communique.settings import Settings

Migrate = Callable[[str], None]


@contextmanager
def fresh_databases(settings: Settings, migrate_airflow: Migrate) -> Iterator[tuple[Engine, str]]:
    """The store of `settings.home`, empty and migrated, and the address of an empty, migrated
    database for Airflow beside it.

    Airflow's migrations take long: they are made once, in a template of this version's name.
    migrate_airflow: migrates the database at an address.
    """
    home = settings.home
    template = "airflow_" + re.sub(r"\W", "_", version("apache-airflow"))
    with server(home, "postgres") as admin:
        if not _exists(admin, template):
            _run(admin, "DROP DATABASE IF EXISTS airflow_making WITH (FORCE)")
            with server(home, "airflow_making") as making:
                migrate_airflow(making)
            _run(admin, f"ALTER DATABASE airflow_making RENAME TO {template}")
        for name in ("airflow", "communique"):
            _run(admin, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        _run(admin, f"CREATE DATABASE airflow TEMPLATE {template}")
        with database(settings) as engine:
            yield engine, database_url(admin, "airflow")


def database_url(admin: str, name: str) -> str:
    """The address of another database on the same server."""
    return make_url(admin).set(database=name).render_as_string(hide_password=False)


def clear_folder(folder: Path) -> None:
    """Removes the files in a folder, made if it is missing; what lies deeper stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file.is_file():
            file.unlink()


def _exists(admin: str, name: str) -> bool:
    with closing(_connect(admin)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        return cursor.fetchone() is not None


def _run(admin: str, statement: str) -> None:
    with closing(_connect(admin)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement)


def _connect(admin: str) -> psycopg2.extensions.connection:
    return psycopg2.connect(admin.replace("postgresql+psycopg2://", "postgresql://", 1))
