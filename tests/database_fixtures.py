"""A real PostgreSQL for the store's tests: one server a session, one fresh database a test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from communique.database import upgrade
from communique.embedded import server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a migrated, empty database that tests clone and never write to."""
    with server(tmp_path_factory.mktemp("home")) as url:
        engine = create_engine(url)
        upgrade(engine)
        engine.dispose()
        yield url


@pytest.fixture
def database_url(migrated: str) -> Iterator[str]:
    """Address of a fresh database of this test's own."""
    url = cloned(migrated, f"test_{next(_numbers)}")
    yield url
    dropped(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated store."""
    made = create_engine(database_url)
    yield made
    made.dispose()


def cloned(template: str, name: str) -> str:
    """Address of a copy of a database that nobody is connected to, beside it."""
    parsed = make_url(template)
    _administer(template, f"CREATE DATABASE {name} TEMPLATE {parsed.database}")
    return parsed.set(database=name).render_as_string(hide_password=False)


def dropped(url: str) -> None:
    """Drops a database, whoever is connected to it."""
    _administer(url, f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


def _administer(url: str, statement: str) -> None:
    admin = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(statement))
    admin.dispose()
