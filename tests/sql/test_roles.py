"""What an analyst's login can do, tried over connections of its own; and how long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from psycopg2.errors import (
    InsufficientPrivilege,
    LockNotAvailable,
    ObjectNotInPrerequisiteState,
    QueryCanceled,
    ReadOnlySqlTransaction,
)
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from communique import analysts
from communique.database import StoreError, upgrade
from tests.command import communique
from tests.communique.alert_rows import post

DENIED = (InsufficientPrivilege, ReadOnlySqlTransaction, ObjectNotInPrerequisiteState)
NAME = 'ana "quoted"; DROP'

# Everything that comes to mind; none of it may succeed, read-only transactions or not.
FORBIDDEN = (
    "SELECT * FROM communique.statements",
    "SELECT * FROM communique.subscriptions",
    "SELECT communique.ensure_captures_month(now())",
    "SELECT nextval('communique.statements_id_seq')",
    "CREATE TABLE analyst.mine (a int)",
    "CREATE TABLE communique.mine (a int)",
    "CREATE TABLE public.mine (a int)",
    "CREATE TEMPORARY TABLE mine (a int)",
    "CREATE TABLE pg_temp.mine AS SELECT 1",
    "CREATE VIEW analyst.mine AS SELECT 1",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION analyst.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DO $$ BEGIN PERFORM 1; END $$",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/mine'",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_statistic",
    "SELECT pg_advisory_lock(1398031429)",
    "SELECT pg_advisory_xact_lock(1)",
    "SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000))",
    "SELECT pg_terminate_backend((SELECT pid FROM pg_stat_activity WHERE usename = 'postgres'"
    " LIMIT 1))",
    "SET ROLE communique_app",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "ALTER ROLE communique_analyst SET statement_timeout = 0",
    "CREATE ROLE mine",
    "GRANT communique_app TO CURRENT_USER",
    "ALTER SYSTEM SET work_mem = '1GB'",
    "SET temp_file_limit = -1",
    "BEGIN; LOCK TABLE analyst.statements IN ACCESS EXCLUSIVE MODE",
    "SELECT * FROM analyst.statements FOR UPDATE",
)


@pytest.fixture
def login(engine: Engine) -> Iterator[str]:
    """The address at which an analyst logs in, made as the command makes it."""
    upgrade(engine)  # a clone has its template's tables, but not what may be done in a database
    post(engine)
    made = analysts.admit(engine, NAME)
    assert made.password
    assert not made.unbounded
    url = engine.url._replace(drivername="postgresql", username=NAME, password=made.password)
    yield url.render_as_string(hide_password=False)
    analysts.dismiss(engine, NAME)


def tried(login: str, command: str, *before: str) -> Any:
    """What a command answers the analyst, in a session that first ran others."""
    parsed = make_url(login)
    with closing(
        psycopg2.connect(
            host=parsed.query["host"],
            port=parsed.query["port"],
            user=parsed.username,
            password=parsed.password,
            dbname=parsed.database,
        )
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for one in before:
                cursor.execute(one)
            cursor.execute(command)
            return cursor.fetchall() if cursor.description else None


def names(engine: Engine, query: str) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


@pytest.mark.parametrize("before", [(), ("SET default_transaction_read_only = off",)])
def test_what_is_not_a_view_is_denied_whatever_is_tried(
    login: str, before: tuple[str, ...]
) -> None:
    got = []
    for command in FORBIDDEN:
        try:
            tried(login, command, *before)
            got.append(command)
        except DENIED:
            continue
        except psycopg2.Error as error:
            got.append(f"{command}: {type(error).__name__} {error}")
    assert got == []


def test_no_table_is_read_and_no_view_is_written(engine: Engine, login: str) -> None:
    writable = "SET default_transaction_read_only = off"
    views = names(engine, "SELECT viewname FROM pg_views WHERE schemaname = 'analyst'")
    assert len(views) >= 12
    for view in views:
        tried(login, f"SELECT * FROM {view}")  # by the login's own search path
        for command in (f"DELETE FROM {view}", f"INSERT INTO {view} DEFAULT VALUES"):
            with pytest.raises(psycopg2.Error, match=r"permission denied|cannot (delete|insert)"):
                tried(login, command, writable)
    for table in names(engine, "SELECT tablename FROM pg_tables WHERE schemaname = 'communique'"):
        for command in (f"TABLE communique.{table}", f"DELETE FROM communique.{table}"):
            with pytest.raises(InsufficientPrivilege):
                tried(login, command, writable)


def test_no_function_of_ours_runs_as_its_owner_for_an_analyst(engine: Engine, login: str) -> None:
    """A path that leads to the analyst's own objects would be a way in."""
    dangerous = """
        SELECT p.oid::regprocedure::text FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname IN ('communique', 'analyst', 'public') AND p.prosecdef
          AND (has_function_privilege('communique_analyst', p.oid, 'EXECUTE')
               OR NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%'))
    """
    assert names(engine, dangerous) == []
    assert tried(login, "SELECT count(*) FROM pg_stats WHERE schemaname = 'communique'") == [(0,)]


def test_a_statement_ends_at_its_time_out(login: str) -> None:
    shown = "SELECT current_setting('statement_timeout'), current_setting('transaction_read_only')"
    assert tried(login, shown) == [("1min", "on")]
    with pytest.raises(QueryCanceled):
        tried(login, "SELECT pg_sleep(20)", "SET statement_timeout = '50ms'")


def test_who_raises_the_time_out_is_stopped_from_outside(
    engine: Engine, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysts, "longest", lambda _: 1)
    monkeypatch.setattr(analysts, "GRACE", 0)
    parsed = make_url(login)
    with closing(
        psycopg2.connect(
            host=parsed.query["host"],
            port=parsed.query["port"],
            user=parsed.username,
            dbname=parsed.database,
            async_=True,
        )
    ) as slow:
        _wait(slow)
        cursor = slow.cursor()
        cursor.execute("SET statement_timeout = 0; SELECT pg_sleep(60)")
        ended: list[analysts.Ended] = []
        until = time.monotonic() + 20
        while not ended and time.monotonic() < until:
            time.sleep(0.1)
            ended = list(analysts.hold(engine))
        assert [(one.name, one.what) for one in ended] == [(NAME, "statement cancelled")]
        assert 1 <= ended[0].seconds < 20
        with pytest.raises(QueryCanceled):
            _wait(slow)


def _wait(connection: Any) -> None:
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        assert state in (psycopg2.extensions.POLL_READ, psycopg2.extensions.POLL_WRITE)
        time.sleep(0.01)


def test_a_login_is_made_once_kept_within_bounds_and_taken_away(engine: Engine) -> None:
    first = analysts.admit(engine, "bea")
    with engine.begin() as connection:
        connection.execute(text("ALTER ROLE bea SET statement_timeout = 0"))
        stored = "SELECT rolpassword FROM pg_authid WHERE rolname = 'bea'"
        digest = connection.execute(text(stored)).scalar_one()
    assert first.password
    assert digest.startswith("SCRAM-SHA-256$")
    assert analysts.admit(engine, "bea").password is None
    assert analysts.admit(engine, "bea", renew=True).password not in (None, first.password)
    config = "SELECT unnest(rolconfig) FROM pg_roles WHERE rolname = 'bea'"
    assert "statement_timeout=60s" in names(engine, config)
    assert analysts.dismiss(engine, "bea")
    assert not analysts.dismiss(engine, "bea")
    assert names(engine, config) == []


def test_a_role_that_is_more_than_an_analyst_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE somebody LOGIN"))
        connection.execute(
            text("CREATE ROLE two_hats LOGIN IN ROLE communique_analyst, communique_app")
        )
    for name in ("postgres", "communique_app", "communique_analyst", "somebody", "two_hats"):
        for act in (analysts.admit, analysts.dismiss):
            with pytest.raises(StoreError, match="choose another name"):
                act(engine, name)
    for name in ("", "a" * 64, "pg_mine"):
        with pytest.raises(StoreError):
            analysts.admit(engine, name)
    with engine.begin() as connection:
        connection.execute(text("DROP ROLE somebody, two_hats"))


def test_the_limit_is_the_operators_and_an_upgrade_keeps_it(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER ROLE communique_analyst SET statement_timeout = '5min'"))
    try:
        upgrade(engine)
        with engine.connect() as connection:
            assert analysts.longest(connection) == 300
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER ROLE communique_analyst SET statement_timeout = '60s'"))


def test_the_commands_hand_over_an_address_that_works(database_url: str) -> None:
    settings = {"database_url": database_url}
    address = communique("db", "analyst", "carl", settings=settings).stdout.strip()
    assert make_url(address).password
    assert tried(address, "SELECT current_user") == [("carl",)]
    plain = communique("db", "url", "--analyst", "carl", settings=settings).stdout.strip()
    assert (make_url(plain).username, make_url(plain).password) == ("carl", None)
    who = ("db", "psql", "--analyst", "carl", "--", "-Atc", "SELECT current_user")
    assert communique(*who, settings=settings).stdout.strip() == "carl"
    mine = ("db", "psql", "--", "-Atc", "SHOW statement_timeout")
    assert communique(*mine, settings=settings).stdout.strip() == "1min"
    assert "[]" in communique("db", "watch", "--once", "--json", settings=settings).stdout
    communique("db", "analyst", "carl", "--remove", settings=settings)
    communique("db", "analyst", "carl", "--remove", settings=settings, status=1)
    communique("db", "url", "--analyst", "carl", settings=settings, status=1)


def test_a_lock_that_an_analyst_waits_for_is_given_up(engine: Engine, login: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE communique.statements IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(LockNotAvailable):
            tried(login, "SELECT count(*) FROM statements", "SET lock_timeout = '50ms'")
