"""The base of all tables, and what columns share."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CheckConstraint, DateTime, MetaData, Text
from sqlalchemy import Table as CoreTable
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase

OUTCOMES = (
    "new", "revised", "unchanged", "gone", "blocked", "soft_404", "broken", "unreadable",
    "implausible", "disallowed", "duplicate_address", "not_in_archive",
)  # fmt: skip


STATES = ("ok", "quiet", "late", "failing", "blocked", "never_worked")


class Table(DeclarativeBase):
    """Base of all tables; sets the schema and how Python types map to columns."""

    metadata = MetaData(
        schema="communique",
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        },
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own protocol)
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
    }


def table_of(mapped: type[Table]) -> CoreTable:
    """The table itself, for statements that are made once: an insert of a class is taken apart
    anew each time it is sent."""
    return cast(CoreTable, mapped.__table__)


def is_ours(name: str | None, kind: str) -> bool:
    """Whether a schema, table ... of a store is one that a model describes, for Alembic. The months
    of captures are not, nor what PostgreSQL keeps of a foreign key for each of them: they come and
    go with what is stored."""
    if kind == "schema":
        return name == "communique"
    if kind == "foreign_key_constraint":
        return not re.search(r"_fkey_?\d+$", name or "")
    return kind != "table" or not (name or "").startswith("captures_")


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
