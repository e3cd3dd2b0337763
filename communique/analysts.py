"""The logins of analysts: made, bounded and taken away; and held to their bounds.

A group's settings do not reach its members, so each login has its own. PostgreSQL lets everybody
change most of them for himself (SET statement_timeout = 0), and no version up to 18 can forbid it:
what a login's settings bound is a mistake. What bounds a will is `hold`, which looks from outside.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from psycopg2.errors import (
    DependentObjectsStillExist,
    InsufficientPrivilege,
    InvalidName,
    ReservedName,
)
from psycopg2.extensions import connection as RawConnection  # noqa: N812 (a class by any name)
from psycopg2.extensions import encrypt_password
from psycopg2.sql import SQL, Composed, Identifier, Literal
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from communique.database import StoreError

GROUP = "communique_analyst"
# The name under which the session of whoever holds analysts to their bounds is seen.
WATCH = "communique watch"
CONNECTIONS = 5  # that a login may have open at once
# Minutes that a transaction may be idle, and last in all.
IDLE, TRANSACTION = 5, 15
# Seconds by which a statement may be late before it is cancelled, and then before it is ended.
GRACE, LAST_GRACE = 2, 20

SETTINGS = {
    "idle_in_transaction_session_timeout": f"{IDLE}min",
    "lock_timeout": "10s",
    "default_transaction_read_only": "on",
    "search_path": "analyst",
    "timezone": "UTC",
    "work_mem": "64MB",
}
SINCE_17 = {"transaction_timeout": f"{TRANSACTION}min"}
SUPERUSER_ONLY = {"temp_file_limit": "4GB"}

NAME_BYTES = 63  # PostgreSQL cuts a longer one in silence


@dataclass(frozen=True, slots=True)
class Admitted:
    """A login that may read the views. password: None where it keeps the one it has, or needs
    none. unbounded: settings that this server lets only a superuser make, which nobody made."""

    name: str
    password: str | None
    unbounded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """What was done to a session that broke its bounds. seconds: how long that had lasted."""

    pid: int
    name: str
    what: str
    seconds: int


def admit(
    engine: Engine, name: str, *, needs_password: bool = True, renew: bool = False
) -> Admitted:
    """Makes a login in the analysts' group, or brings the bounds of one up to date.

    needs_password: False where the server asks for none. renew: a new password for a login that is
    there. Safe to run twice. Raises StoreError for a name that is somebody else's, or where one may
    not make logins.
    """
    _check(name)
    with _explained(), engine.begin() as connection:
        known = is_analyst(connection, name)
        who = Identifier(name)
        if not known:
            _run(connection, SQL("CREATE ROLE {} LOGIN").format(who))
        _run(connection, SQL("GRANT {} TO {}").format(Identifier(GROUP), who))
        bounds = SQL("ALTER ROLE {} LOGIN INHERIT CONNECTION LIMIT {}")
        _run(connection, bounds.format(who, Literal(CONNECTIONS)))
        fresh = needs_password and (renew or not known)
        password = _give_password(connection, name) if fresh else None
        unbounded = _bound(connection, who)
    return Admitted(name, password, unbounded)


def dismiss(engine: Engine, name: str) -> bool:
    """Takes a login away and ends its sessions; False where there is none of that name. Raises
    StoreError for a name that is no analyst's."""
    _check(name)
    with _explained(), engine.begin() as connection:
        if not is_analyst(connection, name):
            return False
        connection.execute(_END_SESSIONS, {"name": name})
        _run(connection, SQL("DROP ROLE {}").format(Identifier(name)))
    return True


def is_analyst(connection: Connection, name: str) -> bool:
    """Whether this login is an analyst's; False: there is no role of that name. Raises StoreError
    where there is one that is more, or something else."""
    found = connection.execute(_ROLE, {"name": name, "group": GROUP}).one_or_none()
    if found is None:
        return False
    if found.more or not found.member:
        raise StoreError(
            f"{name} is a role of this server that is not an analyst's login: choose another name."
        )
    return True


def may_watch(connection: Connection) -> bool:
    """Whether this login may see, and end, what others run."""
    return bool(connection.execute(_MAY_WATCH).scalar_one())


def longest(connection: Connection) -> int:
    """Seconds that an analyst's statement may run, as the group says; 0: no limit."""
    return int(connection.execute(_LONGEST, {"group": GROUP}).scalar_one())


def hold(engine: Engine) -> Sequence[Ended]:
    """Looks once at what analysts run, and ends what breaks its bounds, whatever they have set for
    themselves: a statement is cancelled, then its session ended; so is a transaction that lies
    idle or lasts too long. Raises StoreError where one may not see or end others' sessions."""
    with _explained(), engine.begin() as connection:
        if not may_watch(connection):
            raise StoreError(
                "This login may not end the sessions of others. As a superuser: "
                "GRANT pg_read_all_stats, pg_signal_backend TO " + str(engine.url.username)
            )
        connection.execute(_BE_SEEN, {"name": WATCH})
        bounds = {"longest": longest(connection), "idle": IDLE * 60, "whole": TRANSACTION * 60}
        sent = bounds | {"grace": GRACE, "last_grace": LAST_GRACE, "group": GROUP}
        return [Ended(**row._mapping) for row in connection.execute(_HOLD, sent)]


def _check(name: str) -> None:
    if not name or "\0" in name or len(name.encode()) > NAME_BYTES:
        raise StoreError(f"{name!r} is no name for a login: 1 to {NAME_BYTES} bytes.")


def _give_password(connection: Connection, name: str) -> str:
    """Sets a new password. The server, and its log, see only its digest."""
    password = secrets.token_urlsafe(24)
    digest = encrypt_password(password, name, scope=_raw(connection), algorithm="scram-sha-256")
    command = SQL("ALTER ROLE {} PASSWORD {}").format(Identifier(name), Literal(digest))
    _run(connection, command)
    return password


def _bound(connection: Connection, who: Identifier) -> tuple[str, ...]:
    """Gives a login its settings; returns the names of those that only a superuser may give."""
    version = connection.dialect.server_version_info or (0,)
    settings = SETTINGS | (SINCE_17 if version >= (17,) else {})
    settings["statement_timeout"] = f"{longest(connection)}s"
    for name, value in settings.items():
        _run(connection, _set(who, name, value))
    refused = []
    for name, value in SUPERUSER_ONLY.items():
        try:
            with connection.begin_nested():
                _run(connection, _set(who, name, value))
        except DBAPIError as error:
            if not isinstance(error.orig, InsufficientPrivilege):
                raise
            refused.append(name)
    return tuple(refused)


def _set(who: Identifier, name: str, value: str) -> Composed:
    return SQL("ALTER ROLE {} SET {} = {}").format(who, Identifier(name), Literal(value))


def _run(connection: Connection, command: Composed) -> None:
    """Runs a command that takes no parameters: names and values are quoted in it."""
    connection.execution_options(no_parameters=True).exec_driver_sql(
        command.as_string(_raw(connection))
    )


def _raw(connection: Connection) -> RawConnection:
    """The driver's own connection, which knows how this server wants things quoted."""
    return cast(RawConnection, connection.connection.driver_connection)


@contextmanager
def _explained() -> Iterator[None]:
    """Turns what the server refuses into an error that says what to do."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).strip()
        if isinstance(error.orig, InsufficientPrivilege):
            raise StoreError(
                f"This login may not do that ({said}). Use one that is a superuser, or has "
                f"CREATEROLE and ADMIN on {GROUP}."
            ) from error
        if isinstance(error.orig, DependentObjectsStillExist | InvalidName | ReservedName):
            raise StoreError(said) from error
        raise


_ROLE = text("""
    SELECT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                   WHERE m.member = r.oid AND g.rolname = :group) AS member,
           r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
           OR EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                      WHERE m.member = r.oid AND g.rolname <> :group) AS more
    FROM pg_roles r WHERE r.rolname = :name
""")
_END_SESSIONS = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :name")
_LONGEST = text("""
    SELECT coalesce((
        SELECT extract(epoch FROM CAST(
                   CASE WHEN value ~ '^[0-9]+$' THEN value || 'ms' ELSE value END AS interval))
        FROM pg_roles r, unnest(r.rolconfig) AS setting,
             CAST(substr(setting, length('statement_timeout=') + 1) AS text) AS value
        WHERE r.rolname = :group AND starts_with(setting, 'statement_timeout=')
    ), 0)
""")
_BE_SEEN = text("SELECT set_config('application_name', :name, false)")
_MAY_WATCH = text("""
    SELECT rolsuper OR (pg_has_role('pg_read_all_stats', 'USAGE')
                        AND pg_has_role('pg_signal_backend', 'USAGE'))
    FROM pg_roles WHERE rolname = current_user
""")
# A statement that catches its cancelling, as code can, ends with its session.
_HOLD = text("""
    WITH sessions AS (
        SELECT a.pid, a.usename AS name, a.state,
               extract(epoch FROM clock_timestamp() - a.query_start) AS runs,
               extract(epoch FROM clock_timestamp() - a.state_change) AS idles,
               extract(epoch FROM clock_timestamp() - a.xact_start) AS lasts
        FROM pg_stat_activity a
        JOIN pg_roles r ON r.oid = a.usesysid AND NOT r.rolsuper
        WHERE a.backend_type = 'client backend' AND EXISTS (
            SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
            WHERE m.member = r.oid AND g.rolname = :group)
    ), broken AS (
        SELECT pid, name, CASE
            WHEN state = 'active' AND :longest > 0 AND runs > :longest + :last_grace
                THEN 'session ended: its statement ran on after it was cancelled'
            WHEN state = 'active' AND :longest > 0 AND runs > :longest + :grace
                THEN 'statement cancelled'
            WHEN state LIKE 'idle in transaction%' AND idles > :idle
                THEN 'session ended: its transaction lay idle'
            WHEN lasts > :whole THEN 'session ended: its transaction lasted too long'
        END AS what, CASE WHEN state = 'active' THEN runs ELSE idles END AS seconds
        FROM sessions
    )
    SELECT pid, name, what, CAST(seconds AS integer) AS seconds FROM broken
    WHERE what IS NOT NULL AND CASE WHEN what = 'statement cancelled'
        THEN pg_cancel_backend(pid) ELSE pg_terminate_backend(pid) END
    ORDER BY pid
""")
