"""The store's door: an engine on the configured server or the embedded one, and its migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from communique import __version__
from communique.embedded import server
from communique.settings import Settings, project_folder

# Serialises two upgrades that start at once; any constant of our own will do.
UPGRADE_LOCK = 0x434F4D4D

EXPECTED = "Expected: postgresql://USER:PASSWORD@HOST:PORT/DATABASE"

# A machine that went away without a word holds locks, a host's turn among them: half a minute of
# silence, whether it was asked or answered last, and the server lets go of its connections.
LOST = (
    "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 "
    "-c tcp_user_timeout=30000"
)
# And the other way round, for jobs, which wait for a query as long as the server is there. One that
# starts or has much to do may take its time until it lets anybody in.
AWAY = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
        "tcp_user_timeout": 60_000, "connect_timeout": 120}  # fmt: skip
# Connections that a process keeps open, and as many again while it needs them.
CONNECTIONS = 8


class StoreError(Exception):
    """The store cannot be used as it is; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long anybody waits, in seconds. free: a thread, for a connection to be free. answer: for
    a server that is silent; query: for one statement, and lock: for a lock; None: for ever."""

    free: float = 300
    answer: int | None = None
    query: int | None = None
    lock: int | None = None


JOBS = Patience()  # what runs by itself has time


@contextmanager
def database(
    settings: Settings, *, migrate: bool = True, patience: Patience = JOBS
) -> Iterator[Engine]:
    """An engine on the store. The embedded server starts when no other is configured, and is
    migrated by itself; an external one must be migrated (`communique db upgrade`), else StoreError.
    """
    if settings.database_url:
        engine = _engine(settings.database_url, patience)
        try:
            if migrate:
                require_current(engine)
            yield engine
        finally:
            engine.dispose()
        return
    with server(settings.home) as url:
        engine = _engine(url, patience)
        try:
            if migrate and not is_current(engine):
                upgrade(engine)
            yield engine
        finally:
            engine.dispose()


def _engine(url: str, patience: Patience) -> Engine:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # its message may hold the password
        raise StoreError(f"COMMUNIQUE_DATABASE_URL is no address. {EXPECTED}") from error
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg2")
    if parsed.drivername != "postgresql+psycopg2":
        said = f"COMMUNIQUE_DATABASE_URL names {parsed.drivername!r}: the store is PostgreSQL."
        raise StoreError(f"{said} {EXPECTED}")
    return create_engine(
        parsed,
        pool_pre_ping=True,
        # Hundreds of threads share these: each holds one for a finding's transaction only.
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=patience.free,
        connect_args={"application_name": "communique", **_bounds(patience)},
    )


def _bounds(patience: Patience) -> dict[str, Any]:
    options = f"-c timezone=UTC {LOST}"
    for name, seconds in (("statement_timeout", patience.query), ("lock_timeout", patience.lock)):
        options += f" -c {name}={seconds}s" if seconds else ""
    if patience.answer is None:
        return {"options": options, **AWAY}
    silent = {"connect_timeout": patience.answer, "tcp_user_timeout": patience.answer * 1_000}
    return {"options": options, **AWAY, **silent}


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(project_folder("sql") / "migrations"))
    return config


def known_migrations() -> tuple[str, ...]:
    """The migrations of this version, the newest first."""
    scripts = ScriptDirectory.from_config(_alembic()).walk_revisions()
    return tuple(script.revision for script in scripts)


def last_migration(engine: Engine) -> str | None:
    """The last migration that the store has; None: none."""
    with engine.connect() as connection:
        return _last_migration(connection)


def _last_migration(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table_schema": "communique"})
    return context.get_current_revision()


def is_current(engine: Engine) -> bool:
    """Whether the store has every migration that this version knows."""
    return last_migration(engine) == known_migrations()[0]


def require_current(engine: Engine) -> None:
    """Raises StoreError where the server does not answer or lacks a migration."""
    shown = engine.url.render_as_string(hide_password=True)
    try:
        current = is_current(engine)
    except OperationalError as error:
        raise StoreError(
            f"PostgreSQL does not answer at {shown}: {error.orig}. "
            "Check COMMUNIQUE_DATABASE_URL, or unset it to use the embedded server."
        ) from error
    except ProgrammingError as error:
        raise StoreError(
            f"The store at {shown} may not be read by this login: {error.orig}. Give it the role "
            "communique_app, as docs/operator.md says."
        ) from error
    if not current:
        with engine.connect() as connection:
            _require_known(connection)
        raise StoreError(f"The store at {shown} is not migrated. Run: communique db upgrade")


def upgrade(engine: Engine) -> None:
    """Brings roles, tables and views to this version, all or nothing; safe to run twice, or two
    at once. Raises StoreError where a later version has migrated it."""
    with engine.begin() as connection:
        # Whoever starts it, and however little time he has for anything else.
        connection.execute(text("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS communique"))
        _require_known(connection)
        _run_sql(connection, "roles.sql")
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        for view in sorted((project_folder("sql") / "views").glob("*.sql")):
            _run_sql(connection, f"views/{view.name}")


def _require_known(connection: Connection) -> None:
    """Raises StoreError where the store stands at a migration that this version does not have."""
    current = _last_migration(connection)
    if current and current not in known_migrations():
        raise StoreError(
            f"The store stands at migration {current}, which version {__version__} does not know: "
            "a later version has migrated it. Take that version, or restore the backup from before."
        )


def _run_sql(connection: Connection, name: str) -> None:
    connection.exec_driver_sql((project_folder("sql") / name).read_text(encoding="utf-8"))
