"""Promise: a stolen worker has rows in its hands, and nothing else of the database server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import Error
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from communique import analysts
from communique.database import StoreError, upgrade
from communique.service_login import admit_service
from communique.upkeep import count_rows
from tests.command import communique
from tests.communique.alert_rows import post

NAME = 'service "one"'
PASSWORD = "its own: pass/word"

FORBIDDEN = (
    "DROP TABLE communique.statements",
    "ALTER TABLE communique.statements ADD COLUMN mine int",
    "TRUNCATE communique.statements",
    "CREATE TABLE communique.mine (a int)",
    "CREATE TABLE analyst.mine (a int)",
    "CREATE TABLE public.mine (a int)",
    "CREATE OR REPLACE VIEW analyst.statements AS SELECT 1",
    "DROP VIEW analyst.alerts",
    "CREATE TRIGGER mine AFTER INSERT ON communique.statements EXECUTE FUNCTION now()",
    "CREATE FUNCTION analyst.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DROP SCHEMA communique CASCADE",
    "CREATE SCHEMA mine",
    "CREATE DATABASE mine",
    "CREATE ROLE mine LOGIN SUPERUSER",
    "ALTER ROLE communique_analyst LOGIN",
    "GRANT communique_app TO communique_analyst",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY communique.sources TO '/tmp/mine'",
    "COPY communique.sources TO PROGRAM 'true'",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM pg_authid",
    "ALTER SYSTEM SET work_mem = '1GB'",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
)


@pytest.fixture
def login(engine: Engine) -> Iterator[str]:
    """The address of a service, made as `migrate` makes it."""
    upgrade(engine)
    url = engine.url.set(drivername="postgresql", username=NAME, password=PASSWORD)
    address = url.render_as_string(hide_password=False)
    assert admit_service(engine, address)
    yield address
    with engine.begin() as connection:
        connection.execute(text(f"""DROP OWNED BY "{NAME.replace('"', '""')}" """))
        connection.execute(text(f"""DROP ROLE "{NAME.replace('"', '""')}" """))


def test_it_owns_makes_and_ends_nothing(login: str) -> None:
    for statement in FORBIDDEN:
        with closing(psycopg2.connect(login)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            with pytest.raises(Error) as refused:
                cursor.execute(statement)
            assert refused.value.pgcode in ("42501", "25006", "0A000", "42809"), statement


def test_with_it_the_services_do_their_work(engine: Engine, login: str) -> None:
    post(engine)
    settings = {"database_url": login, "mail_from": "us@example.org"}
    for words in (
        ("coverage",), ("alert",), ("digest",), ("verify", "--all"), ("search", "network"),
        ("watchlists", "check"), ("subscribe", "ana@example.org"), ("subscriptions",),
    ):  # fmt: skip
        done = communique(*words, settings=settings)
        assert "denied" not in done.stdout + done.stderr, words
    ours = create_engine(make_url(login).set(drivername="postgresql+psycopg2"))
    with ours.connect() as connection:
        newest = connection.execute(text("SHOW server_version_num")).scalar_one()
    assert bool(count_rows(ours)) is (int(newest) >= 170000)
    ours.dispose()


def test_it_is_made_once_and_takes_nobody_elses_name(
    engine: Engine, login: str, database_url: str, tmp_path: Path
) -> None:
    assert admit_service(engine, login)
    mine = engine.url.render_as_string(hide_password=False).replace("postgres@", "postgres:x@")
    assert not admit_service(engine, mine)
    other = make_url(login).set(username="communique_analyst")
    with pytest.raises(StoreError, match="no service's"):
        admit_service(engine, other.render_as_string(hide_password=False))
    for wrong in ("nonsense", "postgresql://nobody@host/x"):
        with pytest.raises(StoreError):
            admit_service(engine, wrong)
    file = tmp_path / "service"
    file.write_text(login + "\n")
    done = communique("db", "service", str(file), settings={"database_url": database_url})
    assert "may log in" in done.stdout
    assert "pass" not in done.stdout + done.stderr


def test_whose_server_lets_him_make_no_login_is_told_what_does_without(
    engine: Engine, login: str
) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE plain_owner LOGIN"))
    plain = create_engine(engine.url.set(username="plain_owner", password=None))
    try:
        with pytest.raises(StoreError, match="the owner's own address"):
            admit_service(plain, login)
    finally:
        plain.dispose()
        with engine.begin() as connection:
            connection.execute(text("DROP ROLE plain_owner"))


def test_the_doctor_sees_the_watch_although_it_may_not_look_into_it(
    engine: Engine, login: str
) -> None:
    analysts.admit(engine, "ana", needs_password=False)
    checked = ("doctor", "--json")
    settings = {"database_url": login}

    def found(status: int) -> str:
        done = communique(*checked, settings=settings, status=status)
        (one,) = [one for one in json.loads(done.stdout)["checks"] if one["check"] == "analysts"]
        return str(one["state"])

    try:
        assert found(1) == "broken"
        watching = engine.url.update_query_dict({"application_name": analysts.WATCH})
        with closing(create_engine(watching).raw_connection()):
            assert found(0) == "ok"
    finally:
        analysts.dismiss(engine, "ana")
