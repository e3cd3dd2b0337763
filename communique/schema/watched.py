"""What is watched and what was asked: sources, runs, hosts, addresses, captures, coverage."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from communique.schema.base import OUTCOMES, STATES, Table, one_of


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
        one_of("kind", ("collect", "backfill", "replay", "alert", "revisit")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    desk: Mapped[str | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Host(Table):
    """When a host was last asked for anything, by any worker: pace is kept start to start.
    slowdown: by what the usual delay is multiplied since the host said that it is too busy.
    resting_until: it has asked not to be asked before."""

    __tablename__ = "hosts"
    name: Mapped[str] = mapped_column(primary_key=True)
    last_started_at: Mapped[datetime]
    slowdown: Mapped[float] = mapped_column(Float, server_default=text("1"))
    resting_until: Mapped[datetime | None]


class Address(Table):
    """An address that a listing named, and what became of it. An address without a statement
    is looked at again at `next_visit_at`, so that no statement is lost to one bad day."""

    __tablename__ = "addresses"
    __table_args__ = (
        UniqueConstraint("source_id", "url"),
        one_of("outcome", OUTCOMES),
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
        one_of("kind", ("window", "number")),
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
    """One visit: what was asked, what came back, how it was judged, where the raw bytes lie. In a
    partition for each month (communique.retention), so it is looked up by `fetched_at` too."""

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
        {"postgresql_partition_by": "RANGE (fetched_at)"},
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("communique.runs.id"))
    source_id: Mapped[str] = mapped_column(ForeignKey("communique.sources.id"))
    address_id: Mapped[int | None] = mapped_column(ForeignKey("communique.addresses.id"))
    listing: Mapped[str | None] = mapped_column(comment="the listing this page belongs to")
    url: Mapped[str]
    final_url: Mapped[str | None]
    fetched_at: Mapped[datetime] = mapped_column(primary_key=True)
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


class Coverage(Table):
    """What one run of one source saw. One integer per outcome, statements only; listings apart."""

    __tablename__ = "coverage"
    __table_args__ = (
        UniqueConstraint("run_id", "source_id"),
        one_of("state", STATES),
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
