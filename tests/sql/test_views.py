"""The views are a contract: names, columns, types and comments do not change by accident."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError

CONTRACT = Path(__file__).with_name("views.contract.txt")

_COLUMNS = text("""
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
           col_description(c.oid, a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'analyst'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY c.relname, a.attnum
""")


def test_the_analysts_views_keep_their_names_columns_and_types(engine: Engine) -> None:
    with engine.connect() as connection:
        rows = connection.execute(_COLUMNS).all()
    seen = "".join(f"{view}.{column} {kind}\n" for view, column, kind, _ in rows)
    if not CONTRACT.exists():
        CONTRACT.write_text(seen)
        pytest.fail(f"{CONTRACT.name} was written: review it, then run again")
    assert seen == CONTRACT.read_text()


def test_every_column_of_a_view_is_explained(engine: Engine) -> None:
    with engine.connect() as connection:
        rows = connection.execute(_COLUMNS).all()
    assert not [f"{view}.{column}" for view, column, _, comment in rows if not comment]


def test_the_application_writes_and_owns_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET ROLE communique_app"))
        connection.execute(text("INSERT INTO communique.hosts VALUES ('a.example', now())"))
        connection.execute(text("DELETE FROM communique.hosts"))
    with engine.connect() as connection:
        connection.execute(text("SET ROLE communique_app"))
        with pytest.raises(ProgrammingError, match="must be owner"):
            connection.execute(text("DROP TABLE communique.hosts"))


def test_two_upgrades_at_once_do_no_harm(database_url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from communique.database import is_current, upgrade

    engines = [create_engine(database_url) for _ in range(2)]
    with engines[0].begin() as connection:
        connection.execute(text("DROP SCHEMA communique CASCADE"))
        connection.execute(text("DROP SCHEMA analyst CASCADE"))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upgrade, engines))
    assert is_current(engines[0])
    for engine in engines:
        engine.dispose()
