"""Airflow's Connections as settings: the DAGs, and the pages in Airflow's own UI, read the same
Connections the same way. Knows Airflow's fields, not Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from communique.settings import Settings

DATABASE_CONNECTION = "communique_db"
SMTP_CONNECTION = "communique_smtp"
# What libpq understands of a Connection's extras; the rest of them is Airflow's own.
LIBPQ_EXTRAS = ("sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs")


class ConnectionLike(Protocol):
    """What is read of an Airflow Connection, whichever of its classes it has."""

    @property
    def conn_id(self) -> str | None: ...
    @property
    def conn_type(self) -> str | None: ...
    @property
    def host(self) -> str | None: ...
    @property
    def login(self) -> str | None: ...
    @property
    def password(self) -> str | None: ...
    @property
    def schema(self) -> str | None: ...
    @property
    def port(self) -> int | None: ...
    @property
    def extra_dejson(self) -> Mapping[str, Any]: ...


def settings_with(
    settings: Settings, database: ConnectionLike | None, smtp: ConnectionLike | None
) -> Settings:
    """The settings with what these Connections say in place of the environment's; None: the
    environment's. Raises ValueError where one cannot be used, saying which and why."""
    changed: dict[str, Any] = {}
    if database is not None:
        changed["database_url"] = database_url(database)
    if smtp is not None:
        changed["smtp_url"] = smtp_url(smtp)
        if sender := smtp.extra_dejson.get("from_email"):
            changed["mail_from"] = sender
    return settings.model_copy(update=changed)


def database_url(connection: ConnectionLike) -> str:
    """A Postgres Connection as the address that SQLAlchemy takes, everything percent-encoded.
    Raises ValueError where its type is another."""
    from sqlalchemy import URL

    if connection.conn_type not in ("postgres", "postgresql"):
        raise ValueError(
            f"Connection {connection.conn_id} has type {connection.conn_type!r}: "
            "the store is PostgreSQL, choose type Postgres"
        )
    query = {
        name: str(value)
        for name, value in connection.extra_dejson.items()
        if name in LIBPQ_EXTRAS and value
    }
    host = connection.host or None
    if host and host.startswith("/"):  # the folder of a Unix socket
        query["host"], host = host, None
    return URL.create(
        "postgresql+psycopg2",
        username=connection.login or None,
        password=connection.password or None,
        host=host,
        port=connection.port,
        database=connection.schema or None,
        query=query,
    ).render_as_string(hide_password=False)


def smtp_url(connection: ConnectionLike) -> str:
    """An SMTP Connection as smtp://, smtps:// or smtp+starttls://.

    Type `smtp` means what it means to Airflow's own SMTP provider: TLS from the first byte, unless
    the extras say disable_ssl (then STARTTLS) and disable_tls (then none). Types `smtps` and
    `smtp+starttls`, which only a URI can have, say it themselves. Raises ValueError without a host
    and for another type.
    """
    if not connection.host:
        raise ValueError(f"Connection {connection.conn_id} names no host: no mail can be sent")
    extras = connection.extra_dejson
    if connection.conn_type == "smtp":
        plain = "smtp" if _yes(extras.get("disable_tls")) else "smtp+starttls"
        scheme = plain if _yes(extras.get("disable_ssl")) else "smtps"
    elif connection.conn_type in ("smtps", "smtp+starttls"):
        scheme = connection.conn_type
    else:
        raise ValueError(
            f"Connection {connection.conn_id} has type {connection.conn_type!r}: choose type SMTP"
        )
    who = ""
    if connection.login:
        who = quote(connection.login, safe="")
        who += f":{quote(connection.password, safe='')}" if connection.password else ""
        who += "@"
    port = f":{connection.port}" if connection.port else ""
    return f"{scheme}://{who}{connection.host}{port}"


def _yes(value: object) -> bool:
    return str(value).lower() in ("true", "1", "yes")
