"""What those who use the analysts' pages leave behind: saved searches, and who changed a rule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from communique.schema.base import Table, one_of


class SavedSearch(Table):
    """A search that somebody wants to make again. filters: what narrows it down besides the query,
    by the names that the search page gives them. seen_at: when its owner last looked."""

    __tablename__ = "saved_searches"
    __table_args__ = (UniqueConstraint("owner", "name"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    owner: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]


class RuleEdit(Table):
    """A change that somebody made to a watchlist's file through the pages. before, after: the rule
    as the file had it, and has it; null: it was not there."""

    __tablename__ = "rule_edits"
    __table_args__ = (
        one_of("action", ("added", "changed", "removed")),
        Index(None, "watchlist", "rule", "at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    editor: Mapped[str]
    watchlist: Mapped[str]
    rule: Mapped[str]
    action: Mapped[str]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str | None]
