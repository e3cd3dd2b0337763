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

SEVERITIES = ("info", "notice", "urgent")
STATUSES = ("pending", "sent", "failed", "held")


class RuleRow(Table):
    """One version of one rule. A rule that changes is a new version; the newest is in force until
    it is retired."""

    __tablename__ = "rules"
    __table_args__ = (
        UniqueConstraint("watchlist", "rule", "version"),
        one_of("severity", SEVERITIES),
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
    __table_args__ = (
        UniqueConstraint("revision_id", "rule_id"),
        Index(None, "created_at"),
        Index(None, "rule_id", "created_at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("communique.revisions.id"))
    rule_id: Mapped[int] = mapped_column(ForeignKey("communique.rules.id"))
    spans: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime]


class Subscription(Table):
    """Who hears of which watchlist, and how. One row per recipient, watchlist and way of telling.

    recipient: a mail address, or `channel:` and a channel's name. watchlist: `*` is every one,
    those to come too. severity: the least that is told. rules, countries: empty is all. hour:
    local to zone, of digests; weekday: 0 is Monday. quiet_from, quiet_until: local hours, the
    second not included, around midnight too. most_a_day: alerts told in full; further ones are told
    by title.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("recipient", "watchlist", "how"),
        one_of("how", ("instant", "daily", "weekly")),
        one_of("severity", SEVERITIES),
        CheckConstraint("hour BETWEEN 0 AND 23 AND weekday BETWEEN 0 AND 6", name="time"),
        CheckConstraint(
            "num_nulls(quiet_from, quiet_until) <> 1 AND (quiet_from IS NULL OR (quiet_from "
            "BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23 AND quiet_from <> quiet_until))",
            name="quiet",
        ),
        CheckConstraint("most_a_day > 0", name="most_a_day"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    recipient: Mapped[str]
    watchlist: Mapped[str]
    how: Mapped[str] = mapped_column(server_default="instant")
    severity: Mapped[str] = mapped_column(server_default="info")
    rules: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    countries: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    zone: Mapped[str] = mapped_column(server_default="UTC")
    hour: Mapped[int] = mapped_column(server_default=text("7"))
    weekday: Mapped[int] = mapped_column(server_default=text("0"))
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    most_a_day: Mapped[int] = mapped_column(server_default=text("40"))
    confirmed_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Recipient(Table):
    """An address that refused mail. refused: how often in a row, for good. disabled_at: since when
    nothing is sent to it; null: it is served."""

    __tablename__ = "recipients"
    address: Mapped[str] = mapped_column(primary_key=True)
    refused: Mapped[int] = mapped_column(server_default=text("0"))
    disabled_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class Key(Table):
    """A secret that the store keeps for all who work on it, such as the one that signs links."""

    __tablename__ = "keys"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Mail(Table):
    """One message in the outbox: what goes out at once to one recipient. key: makes a second mail
    of the same news impossible. message_id: fixed before the first try, and the same for each.
    content: what is said that no delivery holds, as it was when the mail was put together."""

    __tablename__ = "mails"
    __table_args__ = (
        UniqueConstraint("key"),
        one_of("status", STATUSES),
        one_of("kind", ("alert", "digest", "confirmation", "notice", "source_health", "canary")),
        CheckConstraint("(status = 'held') = (held_because IS NOT NULL)", name="held"),
        Index("mails_pending_idx", "next_try_at", postgresql_where=text("status = 'pending'")),
        Index(None, "sent_at"),
        Index(None, "recipient", "created_at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[str]
    recipient: Mapped[str]
    kind: Mapped[str]
    message_id: Mapped[str | None]
    content: Mapped[dict[str, Any] | None]
    status: Mapped[str] = mapped_column(server_default="pending")
    held_because: Mapped[str | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class Delivery(Table):
    """What one subscription is told of one story, or why it is not. A row whose status is `held`
    is never sent and says why. mail_id: the mail it goes out in, which others may share; null: none
    has been put together yet. status, message_id and what follows are its mail's. brief: told by
    title only. A digest is one row a subscription and period (`content`: which), of no statement;
    so is what maintainers were told before there were mails."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        one_of("status", STATUSES),
        one_of("kind", ("new", "wording", "withdrawn", "digest", "source_health")),
        CheckConstraint("(status = 'held') = (held_because IS NOT NULL)", name="held"),
        CheckConstraint(
            "kind IN ('digest', 'source_health') OR num_nulls(subscription_id, story_id, "
            "statement_id, revision_id) = 0",
            name="about_a_statement",
        ),
        Index(None, "story_id"),
        Index(None, "statement_id"),
        Index("deliveries_pending_idx", "next_try_at", postgresql_where=text("status = 'pending'")),
        Index(None, "mail_id"),
        Index(None, "subscription_id", "created_at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    dedupe_key: Mapped[str]
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("communique.subscriptions.id"))
    story_id: Mapped[int | None] = mapped_column(ForeignKey("communique.stories.id"))
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("communique.statements.id"))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("communique.revisions.id"))
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("communique.mails.id"))
    brief: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    change_id: Mapped[int | None] = mapped_column(
        ForeignKey("communique.changes.id"), comment="the edit that a wording alert is about"
    )
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
