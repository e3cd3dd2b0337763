"""Promise: a store that was upgraded step by step is the store that the models describe."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from communique.schema import Table, is_ours


def test_the_migrations_lead_to_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table_schema": "communique",
                "include_schemas": True,
                "include_name": lambda name, kind, _: is_ours(name, kind),
                "compare_type": True,
            },
        )
        assert compare_metadata(context, Table.metadata) == []
