"""Rows in bulk: by COPY, while a table has neither indexes nor keys."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812
from sqlalchemy import Engine, text

# A bench may lose its store: what makes loading quick and is no part of what is measured.
QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "maintenance_work_mem": "1GB",
}


def set_quick(engine: Engine) -> None:
    """Tells the whole server to be quick rather than safe."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name, value in QUICK.items():
            connection.execute(text(f"ALTER SYSTEM SET {name} = '{value}'"))
        connection.execute(text("SELECT pg_reload_conf()"))


def copy(connection: Connection, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """Sends rows; None is NULL."""
    page = io.StringIO()
    csv.writer(page).writerows(rows)
    page.seek(0)
    named = ", ".join(f'"{name}"' for name in columns.split())
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY communique.{table} ({named}) FROM STDIN (FORMAT csv)", page)


def lay_aside(engine: Engine, named: Sequence[str]) -> list[str]:
    """Drops the keys and indexes of these tables; what makes them again, in order."""
    tables = {"tables": list(named)}
    with engine.begin() as connection:
        keys = connection.execute(text(_KEYS), tables).all()
        again = [f"ALTER TABLE {key.place} ADD CONSTRAINT {key.name} {key.made}" for key in keys]
        for key in reversed(keys):
            connection.execute(text(f"ALTER TABLE {key.place} DROP CONSTRAINT {key.name}"))
        indexes = connection.execute(text(_INDEXES), tables).all()
        for index in indexes:
            connection.execute(text(f"DROP INDEX communique.{index.name}"))
    # Primary keys and unique ones first, then indexes, then foreign keys.
    first = [made for made, key in zip(again, keys, strict=True) if key.kind != "f"]
    # Of a partitioned table's index only the head is written down: ON ONLY would leave its
    # partitions without.
    made = [index.made.replace(" ON ONLY ", " ON ", 1) for index in indexes]
    return [*first, *made, *again[len(first) :]]


_KEYS = """
SELECT conrelid::regclass::text AS place, quote_ident(conname) AS name, contype::text AS kind,
       pg_get_constraintdef(pg_constraint.oid) AS made
FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
WHERE contype IN ('p', 'u', 'f') AND conparentid = 0 AND NOT relispartition
  AND connamespace = 'communique'::regnamespace
  AND (contype = 'f' OR conrelid IN (SELECT to_regclass('communique.' || t)
                                     FROM unnest(CAST(:tables AS text[])) t))
ORDER BY contype = 'f', conrelid::regclass::text
"""
_INDEXES = """
SELECT quote_ident(indexname) AS name, indexdef AS made FROM pg_indexes
WHERE schemaname = 'communique' AND tablename = ANY(:tables)
"""


def restore(engine: Engine, statements: Sequence[str]) -> None:
    """Makes keys and indexes again."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement.replace(":", "\\:")))
