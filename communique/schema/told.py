"""Who is told what: rules, matches, subscriptions, the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from communique.schema.base import Table, one_of


class RuleRow(Table):
    """One version of one rule. A rule that changes is a new version; the newest is in force until
    it is retired."""

    __tablename__ = "rules"
    __table_args__ = (
        UniqueConstraint("watchlist", "rule", "version"),
        one_of("severity", ("info", "notice", "urgent")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    watchlist: Mapped[str]
    rule: Mapped[str]
    version: Mapped[int]
    name: Mapped[str]
    severity: Mapped[str]
    query: Mapped[str]
    not_inside: Mapped[list[str]]
    topic: Mapped[str | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class MatchRow(Table):
    """A rule that holds for a revision. spans: [{"field": "title"|"text", "start", "end"}, ...],
    offsets in characters of the original."""

    __tablename__ = "matches"
    __table_args__ = (UniqueConstraint("revision_id", "rule_id"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("communique.revisions.id"))
    rule_id: Mapped[int] = mapped_column(ForeignKey("communique.rules.id"))
    spans: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime]


class Subscription(Table):
    """Who hears of which watchlist. One row per address and watchlist."""

    __tablename__ = "subscriptions"
    __table_args__ = (UniqueConstraint("email", "watchlist"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    email: Mapped[str]
    watchlist: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Delivery(Table):
    """One message to one recipient: the outbox. A row whose status is `held` is never sent and
    says why. The Message-ID is derived from the dedupe key and the number. A message to maintainers
    (`source_health`) is of no subscription and no statement: what it says is in `content`."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        one_of("status", ("pending", "sent", "failed", "held")),
        one_of("kind", ("new", "wording", "withdrawn", "digest", "source_health")),
        CheckConstraint("(status = 'held') = (held_because IS NOT NULL)", name="held"),
        CheckConstraint(
            "kind = 'source_health' OR num_nulls(subscription_id, story_id, statement_id, "
            "revision_id) = 0",
            name="about_a_statement",
        ),
        Index(None, "story_id"),
        Index("deliveries_pending_idx", "next_try_at", postgresql_where=text("status = 'pending'")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    dedupe_key: Mapped[str]
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("communique.subscriptions.id"))
    story_id: Mapped[int | None] = mapped_column(ForeignKey("communique.stories.id"))
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("communique.statements.id"))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("communique.revisions.id"))
    content: Mapped[dict[str, Any] | None]
    kind: Mapped[str]
    late: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    recipient: Mapped[str]
    status: Mapped[str]
    held_because: Mapped[str | None]
    message_id: Mapped[str | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class DeliveryMatch(Table):
    """Which matches a delivery tells of (or would have, where it is held)."""

    __tablename__ = "delivery_matches"
    __table_args__ = (Index(None, "match_id"),)
    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("communique.deliveries.id"), primary_key=True
    )
    match_id: Mapped[int] = mapped_column(ForeignKey("communique.matches.id"), primary_key=True)
