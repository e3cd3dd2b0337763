"""The tables (schema `communique`). Analysts never need these: they read the views in sql/views.

Every time is timestamptz in UTC. What must not happen twice is a unique key here, not a hope.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy import (
    Table as CoreTable,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

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


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class SourceRow(Table):
    """A source as its YAML last described it, so that views need no YAML."""

    __tablename__ = "sources"
    id: Mapped[str] = mapped_column(primary_key=True)
    desk: Mapped[str]
    publisher: Mapped[str]
    kind: Mapped[str]
    country: Mapped[str | None]
    host_country: Mapped[str | None]
    time_zone: Mapped[str]
    enabled: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    added_at: Mapped[datetime] = mapped_column(
        server_default=text("now()"), comment="when it was first named"
    )


class Run(Table):
    """One run of one job. `key` names it to whoever started it (an Airflow run id): a retried
    task finds its run again."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("key"),
        _one_of("kind", ("collect", "backfill", "replay", "alert")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    desk: Mapped[str | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Host(Table):
    """When a host was last asked for anything, by any worker: pace is kept start to start.
    slowdown: by what the usual delay is multiplied since the host said that it is too busy."""

    __tablename__ = "hosts"
    name: Mapped[str] = mapped_column(primary_key=True)
    last_started_at: Mapped[datetime]
    slowdown: Mapped[float] = mapped_column(Float, server_default=text("1"))


class StoryRow(Table):
    """Statements that say the same thing. `text_sha256` groups word-for-word reposts."""

    __tablename__ = "stories"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    text_sha256: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class StatementRow(Table):
    """What a source published at one canonical address; `title` ... are its current wording's."""

    __tablename__ = "statements"
    __table_args__ = (
        UniqueConstraint("source_id", "url"),
        _one_of("date_precision", ("minute", "day", "inferred", "unknown")),
        Index(None, "first_seen_at"),
        Index(None, "published_on"),
        Index(None, "story_id"),
        Index(
            "statements_withdrawn_idx",
            "withdrawn_at",
            postgresql_where=text("withdrawn_at IS NOT NULL"),
        ),
        Index("statements_topics_idx", "topics", postgresql_using="gin"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("communique.sources.id"))
    url: Mapped[str]
    story_id: Mapped[int] = mapped_column(ForeignKey("communique.stories.id"))
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


class Address(Table):
    """An address that a listing named, and what became of it. An address without a statement
    is looked at again at `next_visit_at`, so that no statement is lost to one bad day."""

    __tablename__ = "addresses"
    __table_args__ = (
        UniqueConstraint("source_id", "url"),
        _one_of("outcome", OUTCOMES),
        Index(None, "source_id", "next_visit_at"),
        Index("addresses_suspect_idx", "source_id", postgresql_where=text("suspect IS NOT NULL")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("communique.sources.id"))
    url: Mapped[str]
    fetch_url: Mapped[str] = mapped_column(comment="as the listing spelt it")
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("communique.statements.id"))
    listed: Mapped[dict[str, Any]] = mapped_column(
        server_default=text("'{}'"), comment="title and date as the listing gave them"
    )
    outcome: Mapped[str | None] = mapped_column(comment="of the last visit; null: not yet visited")
    visits: Mapped[int] = mapped_column(server_default=text("0"))
    backfilled: Mapped[bool] = mapped_column(
        Boolean, server_default=text("false"), comment="a backfill named it first"
    )
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    suspect: Mapped[str | None] = mapped_column(
        comment="why the last reading is doubtful; null: it is not"
    )
    first_listed_at: Mapped[datetime]
    last_visit_at: Mapped[datetime | None]
    next_visit_at: Mapped[datetime | None]


class WalkedListing(Table):
    """A listing that was walked and whose addresses are all noted: a later run may stop at what
    it knows."""

    __tablename__ = "listings"
    source_id: Mapped[str] = mapped_column(ForeignKey("communique.sources.id"), primary_key=True)
    url: Mapped[str] = mapped_column(primary_key=True)
    walked_at: Mapped[datetime]


class GapRow(Table):
    """Something a series skipped: a listing whose window no longer reaches what was known
    (`window`), or a running number that no listing named (`number`). filled_at: when it was read,
    or found not to be there."""

    __tablename__ = "gaps"
    __table_args__ = (
        UniqueConstraint("source_id", "kind", "listing", "after", "before"),
        _one_of("kind", ("window", "number")),
        Index("gaps_open_idx", "source_id", postgresql_where=text("filled_at IS NULL")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("communique.sources.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("communique.runs.id"))
    kind: Mapped[str]
    listing: Mapped[str] = mapped_column(comment="where it was noticed")
    after: Mapped[str] = mapped_column(comment="the last address before it; empty: unknown")
    before: Mapped[str] = mapped_column(comment="the first address after it")
    found_at: Mapped[datetime]
    filled_at: Mapped[datetime | None]


class BackfillPage(Table):
    """How far a backfill has read a listing, so that one that was killed goes on from there."""

    __tablename__ = "backfill_pages"
    source_id: Mapped[str] = mapped_column(ForeignKey("communique.sources.id"), primary_key=True)
    listing: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    page: Mapped[str] = mapped_column(comment="the last page whose statements were all visited")
    pages: Mapped[int] = mapped_column(comment="how many pages were read so far")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(comment="null: it goes on from `page`")


class CaptureRow(Table):
    """One visit: what was asked, what came back, how it was judged, where the raw bytes lie."""

    __tablename__ = "captures"
    __table_args__ = (
        Index(None, "run_id", "source_id"),
        Index(None, "address_id"),
        Index(None, "warc", "record_id"),
        Index(
            "captures_listings_idx",
            *("source_id", "url", "fetched_at"),
            postgresql_where=text("listing IS NOT NULL"),
        ),
        Index(
            "captures_suspect_idx",
            *("source_id", "address_id"),
            postgresql_where=text("suspect IS NOT NULL"),
        ),
        Index("captures_unchecked_idx", "source_id", postgresql_where=text("NOT checked")),
        CheckConstraint("(address_id IS NULL) = (listing IS NOT NULL)", name="page_or_listing"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("communique.runs.id"))
    source_id: Mapped[str] = mapped_column(ForeignKey("communique.sources.id"))
    address_id: Mapped[int | None] = mapped_column(ForeignKey("communique.addresses.id"))
    listing: Mapped[str | None] = mapped_column(comment="the listing this page belongs to")
    url: Mapped[str]
    final_url: Mapped[str | None]
    fetched_at: Mapped[datetime]
    status: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(comment="as DESIGN names them; `listed` for a listing")
    entries: Mapped[int | None]
    error: Mapped[str | None]
    suspect: Mapped[str | None] = mapped_column(
        comment="why a maintainer should look at what was read here"
    )
    checked: Mapped[bool | None] = mapped_column(
        Boolean, comment="false: the second opinion on this reading is still to be heard"
    )
    sha256: Mapped[str | None]
    size: Mapped[int | None]
    warc: Mapped[str | None]
    record_id: Mapped[str | None]


class Revision(Table):
    """One wording of a statement, and the capture that proves it."""

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("statement_id", "sha256"),
        UniqueConstraint("statement_id", "number"),
        Index(
            "revisions_unjudged_idx", "id", postgresql_where=text("judged_at IS NULL")
        ),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("communique.statements.id"))
    number: Mapped[int]
    title: Mapped[str]
    text_: Mapped[str] = mapped_column("text")
    sha256: Mapped[str]
    seen_at: Mapped[datetime]
    capture_id: Mapped[int] = mapped_column(ForeignKey("communique.captures.id"))
    reader: Mapped[str]
    backfilled: Mapped[bool] = mapped_column(Boolean)
    judged_at: Mapped[datetime | None]


class RuleRow(Table):
    """One version of one rule. A rule that changes is a new version; the newest is in force until
    it is retired."""

    __tablename__ = "rules"
    __table_args__ = (
        UniqueConstraint("watchlist", "rule", "version"),
        _one_of("severity", ("info", "notice", "urgent")),
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
    says why. The Message-ID is derived from the dedupe key. A message to maintainers
    (`source_health`) is of no subscription and no statement: what it says is in `content`."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        _one_of("status", ("pending", "sent", "failed", "held")),
        _one_of("kind", ("new", "wording", "withdrawn", "digest", "source_health")),
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


class Coverage(Table):
    """What one run of one source saw. One integer per outcome, statements only; listings apart."""

    __tablename__ = "coverage"
    __table_args__ = (
        UniqueConstraint("run_id", "source_id"),
        _one_of("state", STATES),
        Index(None, "source_id", "started_at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("communique.runs.id"))
    source_id: Mapped[str] = mapped_column(ForeignKey("communique.sources.id"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    listings_read: Mapped[int]
    listings_failed: Mapped[int]
    listed: Mapped[int] = mapped_column(comment="addresses that the listings named")
    known: Mapped[int] = mapped_column(comment="of these, stored before and not due for a look")
    new: Mapped[int]
    revised: Mapped[int]
    unchanged: Mapped[int]
    gone: Mapped[int]
    blocked: Mapped[int]
    soft_404: Mapped[int]
    broken: Mapped[int]
    unreadable: Mapped[int]
    implausible: Mapped[int]
    disallowed: Mapped[int]
    duplicate_address: Mapped[int]
    not_in_archive: Mapped[int]
    suspect: Mapped[int] = mapped_column(
        server_default=text("0"), comment="readings that a maintainer should look at"
    )
    newest: Mapped[date | None] = mapped_column(comment="newest publication date seen so far")
    state: Mapped[str]
    since: Mapped[datetime] = mapped_column(comment="when this state began")
    error: Mapped[str | None]
    cadence_days: Mapped[int | None] = mapped_column(
        comment="days within which something new is expected; null: unknown"
    )
    blind: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="it fails for its statements, not its listings"
    )
