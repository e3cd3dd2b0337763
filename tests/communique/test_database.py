"""Promise: nobody waits for ever for a database server whose machine is gone."""

from __future__ import annotations

import pytest

from communique.database import JOBS, Patience, database
from communique.settings import Settings


@pytest.mark.parametrize("patience", [JOBS, Patience(answer=5, query=30)])
def test_a_connection_is_given_up_whoever_fell_silent_and_whenever(
    database_url: str, patience: Patience
) -> None:
    with database(Settings(database_url=database_url), patience=patience) as engine:
        raw = engine.raw_connection()
        told = raw.driver_connection.info.dsn_parameters  # type: ignore[union-attr]
        raw.close()
    # As it is entered; with nothing on its way; with something that is never acknowledged.
    assert 0 < int(told["connect_timeout"]) <= 120
    silent = int(told["keepalives_idle"])
    silent += int(told["keepalives_interval"]) * int(told["keepalives_count"])
    assert 0 < silent <= 60
    assert 0 < int(told["tcp_user_timeout"]) <= 60_000
