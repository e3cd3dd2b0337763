"""Alembic's entry: runs inside the transaction that communique.database.upgrade opened."""

from alembic import context

from communique.schema import Table, is_ours

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    version_table_schema="communique",
    include_schemas=True,
    include_name=lambda name, kind, _: is_ours(name, kind),
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
