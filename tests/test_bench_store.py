"""The large store of the benchmarks is what settling would have made, or it measures nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from bench.many import NOW
from bench.many_derived import DERIVED
from bench.many_store import filled
from communique.settling import settle

MANY = 150


def _rows(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    queries = {table: f"SELECT * FROM communique.{table} ORDER BY 1, 2" for table in DERIVED}
    queries["stories"] = "SELECT id, story_id FROM communique.statements ORDER BY id"
    with engine.connect() as connection:
        return {
            name: [
                tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
                for row in connection.execute(text(query))
            ]
            for name, query in queries.items()
        }


def test_what_is_derived_in_bulk_is_what_settling_derives(tmp_path: Path) -> None:
    with filled(tmp_path, MANY) as bulk:
        in_bulk = _rows(bulk.engine)
        assert len({row[1] for row in in_bulk["stories"]}) < MANY
        with filled(tmp_path, MANY, settled=False) as waiting:
            settled = settle(waiting.engine, NOW)
            assert (settled.wordings, settled.problems) == (MANY, ())
            assert _rows(waiting.engine) == in_bulk
