"""The login that the services use: it reads and writes the store, and owns nothing of it.

Who takes over a service that was given this login can change rows; he can drop no table, make no
login, and stop no session. Only `communique db upgrade` and `communique db watch` need the owner.
"""

from __future__ import annotations

from typing import cast

from psycopg2.extensions import connection as RawConnection  # noqa: N812 (a class by any name)
from psycopg2.extensions import encrypt_password
from psycopg2.sql import SQL, Composed, Identifier, Literal
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from communique.database import StoreError

GROUP = "communique_app"


def admit_service(engine: Engine, address: str) -> bool:
    """Makes the login that an address names, with its password and the rights of a service, or
    brings it up to date. engine: on the store, as its owner. Safe to run at each start.

    Returns False where the address names the owner himself: then there is nothing to make. Raises
    StoreError for an address that is none or lacks the password, for a name that is somebody
    else's, and where one may not make logins.
    """
    login = _login(address)
    with engine.begin() as connection:
        if login.username == connection.execute(text("SELECT current_user")).scalar_one():
            return False
        try:
            _admit(connection, login)
        except DBAPIError as error:
            raise StoreError(
                f"The login {login.username} could not be made ({str(error.orig).strip()}). "
                f"Use one that is a superuser, or has CREATEROLE and ADMIN on {GROUP}; where there "
                "is none, give the services the owner's own address."
            ) from error
    return True


def _login(address: str) -> URL:
    try:
        login = make_url(address.strip())
    except (ArgumentError, ValueError) as error:  # its message may hold the password
        raise StoreError("The services' address is no address of a database.") from error
    if not login.username or not login.password:
        raise StoreError("The services' address wants a name and a password: USER:PASSWORD@HOST.")
    return login


def _admit(connection: Connection, login: URL) -> None:
    name, who = str(login.username), Identifier(str(login.username))
    known = connection.execute(_KNOWN, {"name": name, "group": GROUP}).one_or_none()
    if known is None:
        _run(connection, SQL("CREATE ROLE {} LOGIN").format(who))
    elif not known.ours:
        raise StoreError(f"{name} is a role of this server that is no service's: choose another.")
    # The server, and its log, see only the digest.
    digest = encrypt_password(
        str(login.password), name, scope=_raw(connection), algorithm="scram-sha-256"
    )
    _run(connection, SQL("ALTER ROLE {} PASSWORD {}").format(who, Literal(digest)))
    _run(connection, SQL("GRANT {} TO {}").format(Identifier(GROUP), who))
    database = Identifier(connection.execute(text("SELECT current_database()")).scalar_one())
    _run(connection, SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, who))


def _run(connection: Connection, command: Composed) -> None:
    connection.execution_options(no_parameters=True).exec_driver_sql(
        command.as_string(_raw(connection))
    )


def _raw(connection: Connection) -> RawConnection:
    return cast(RawConnection, connection.connection.driver_connection)


_KNOWN = text("""
    SELECT r.rolcanlogin AND NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
                OR r.rolbypassrls)
           AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                           WHERE m.member = r.oid AND g.rolname <> :group)
           AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid) AS ours
    FROM pg_roles r WHERE r.rolname = :name
""")
