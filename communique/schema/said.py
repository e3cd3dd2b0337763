"""What was said: statements, their wordings, and what became of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from communique.schema.base import Table, one_of


class StoryRow(Table):
    """Statements that say the same thing."""

    __tablename__ = "stories"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    created_at: Mapped[datetime]


class StatementRow(Table):
    """What a source published at one canonical address; `title` ... are its current wording's."""

    __tablename__ = "statements"
    __table_args__ = (
        UniqueConstraint("source_id", "url"),
        one_of("date_precision", ("minute", "day", "inferred", "unknown")),
        Index(None, "first_seen_at"),
        Index(None, "published_on"),
        Index(None, "story_id"),
        Index(None, "source_id", "id"),
        Index(None, "source_id", "published_on"),
        # The day that the views count by.
        Index(
            "statements_day_idx",
            text("COALESCE(published_on, (first_seen_at AT TIME ZONE 'UTC'::text)::date)"),
        ),
        Index(
            "statements_withdrawn_idx",
            "withdrawn_at",
            postgresql_where=text("withdrawn_at IS NOT NULL"),
        ),
        Index("statements_topics_idx", "topics", postgresql_using="gin"),
        # Counting many statements by day and source reads this alone, and no wide row.
        Index(
            "statements_counted_idx",
            "id",
            postgresql_include=["revision_number", "source_id", "published_on", "first_seen_at"],
        ),
        Index("statements_part_of_idx", "part_of", postgresql_where=text("part_of IS NOT NULL")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("communique.sources.id"))
    url: Mapped[str]
    story_id: Mapped[int] = mapped_column(ForeignKey("communique.stories.id"))
    part_of: Mapped[int | None] = mapped_column(
        ForeignKey("communique.statements.id"), comment="a longer statement that holds it whole"
    )
    revision_number: Mapped[int]
    title: Mapped[str]
    text_: Mapped[str] = mapped_column("text")
    language: Mapped[str]
    published_at: Mapped[datetime | None]
    published_on: Mapped[date | None]
    date_precision: Mapped[str]
    date_zone: Mapped[str]
    date_zone_assumed: Mapped[bool]
    date_text: Mapped[str | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    topics: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    reader: Mapped[str]
    backfilled: Mapped[bool] = mapped_column(
        Boolean, comment="first seen by a backfill, which never alerts"
    )


class Revision(Table):
    """One wording of a statement, and the capture that proves it."""

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("statement_id", "sha256"),
        UniqueConstraint("statement_id", "number"),
        ForeignKeyConstraint(
            ["capture_id", "captured_at"],
            ["communique.captures.id", "communique.captures.fetched_at"],
        ),
        # From many matches to their statements, without reading the wordings.
        Index("revisions_counted_idx", "id", postgresql_include=["statement_id", "number"]),
        Index("revisions_unjudged_idx", "id", postgresql_where=text("judged_at IS NULL")),
        Index("revisions_reworded_idx", "statement_id", postgresql_where=text("number > 1")),
        Index("revisions_unsettled_idx", "id", postgresql_where=text("settled_at IS NULL")),
        Index(None, "capture_id"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("communique.statements.id"))
    number: Mapped[int]
    title: Mapped[str]
    text_: Mapped[str] = mapped_column("text")
    sha256: Mapped[str]
    seen_at: Mapped[datetime]
    capture_id: Mapped[int] = mapped_column(BigInteger)
    captured_at: Mapped[datetime] = mapped_column(comment="when that capture was fetched")
    reader: Mapped[str]
    backfilled: Mapped[bool] = mapped_column(Boolean)
    settled_at: Mapped[datetime | None] = mapped_column(
        comment="when its story, echoes and search terms were settled; judged only then"
    )
    judged_at: Mapped[datetime | None]


class Change(Table):
    """What became of a statement after it was first read, in the order it was noticed. edited: a
    wording not seen before; restored: an earlier wording stands again; withdrawn: gone twice, hours
    apart; returned: it is there again. The edit leads from earlier_revision_id to revision_id;
    otherwise revision_id is the wording that stood."""

    __tablename__ = "changes"
    __table_args__ = (
        one_of("kind", ("edited", "restored", "withdrawn", "returned")),
        UniqueConstraint("statement_id", "at", "kind"),
        Index(None, "at"),
        CheckConstraint(
            "(kind IN ('edited', 'restored')) = (earlier_revision_id IS NOT NULL)", name="edit"
        ),
        Index(
            "changes_without_diff_idx",
            "id",
            postgresql_where=text("diff IS NULL AND earlier_revision_id IS NOT NULL"),
        ),
        Index(
            "changes_unjudged_idx",
            "id",
            postgresql_where=text("judged_at IS NULL AND kind = 'restored'"),
        ),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("communique.statements.id"))
    kind: Mapped[str]
    at: Mapped[datetime]
    revision_id: Mapped[int] = mapped_column(ForeignKey("communique.revisions.id"))
    earlier_revision_id: Mapped[int | None] = mapped_column(ForeignKey("communique.revisions.id"))
    diff: Mapped[list[dict[str, Any]] | None] = mapped_column(
        JSONB(none_as_null=True),
        comment="of title and text, by words; null: not an edit, or not yet made",
    )
    judged_at: Mapped[datetime | None] = mapped_column(
        comment="of a wording that stands again; other wordings are judged as such"
    )
