"""What the store knows of one delivery: the rows that a letter is written from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Text, func, select
from sqlalchemy.dialects.postgresql import array

from communique.rules import SEVERITIES
from communique.schema import (
    CaptureRow,
    Change,
    Delivery,
    DeliveryMatch,
    MatchRow,
    Revision,
    RuleRow,
    SourceRow,
    StatementRow,
    Subscription,
)

# From the least to the gravest.
# A row of whatever columns a query names.
Facts = Row[*tuple[Any, ...]]


def facts(connection: Connection, delivery_id: int) -> Facts:
    """The delivery with its statement, revision, source and capture."""
    return connection.execute(
        select(
            *(Delivery.kind, Delivery.late, Delivery.recipient, Delivery.story_id),
            *(Delivery.subscription_id, Delivery.revision_id, Delivery.statement_id),
            *(Delivery.change_id, Delivery.created_at),
            Subscription.watchlist,
            *(Revision.title, Revision.text_, Revision.number, Revision.sha256, Revision.seen_at),
            *(SourceRow.publisher, SourceRow.country, SourceRow.host_country),
            *(StatementRow.source_id, StatementRow.url, StatementRow.first_seen_at),
            *(StatementRow.published_on, StatementRow.published_at, StatementRow.date_precision),
            *(StatementRow.date_zone, StatementRow.date_zone_assumed, StatementRow.date_text),
            StatementRow.withdrawn_at,
            CaptureRow.id.label("capture_id"),
            *(CaptureRow.fetched_at, CaptureRow.warc, CaptureRow.record_id),
        )
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .join(Revision, Revision.id == Delivery.revision_id)
        .join(StatementRow, StatementRow.id == Delivery.statement_id)
        .join(SourceRow, SourceRow.id == StatementRow.source_id)
        .join(
            CaptureRow,
            (CaptureRow.id == Revision.capture_id)
            & (CaptureRow.fetched_at == Revision.captured_at),
        )
        .where(Delivery.id == delivery_id)
    ).one()


def deliveries_of(connection: Connection, mail_id: int) -> Sequence[Facts]:
    """The deliveries of a mail that tell of statements and are not held, by id, with the gravest
    severity of the rules that they tell of."""
    weight = func.array_position(array(SEVERITIES, type_=Text), RuleRow.severity)
    gravest = (
        select(func.max(weight))
        .join(MatchRow, MatchRow.rule_id == RuleRow.id)
        .join(DeliveryMatch, DeliveryMatch.match_id == MatchRow.id)
        .where(DeliveryMatch.delivery_id == Delivery.id)
        .scalar_subquery()
    )
    severity = array(SEVERITIES, type_=Text)[func.coalesce(gravest, 1)].label("severity")
    return connection.execute(
        select(
            *(Delivery.id, Delivery.kind, Delivery.late, Delivery.brief, Delivery.recipient),
            *(Delivery.story_id, Delivery.statement_id, Delivery.revision_id, Delivery.change_id),
            *(Delivery.subscription_id, Delivery.created_at, Subscription.watchlist, severity),
            *(Revision.title, SourceRow.publisher, StatementRow.url),
            Change.kind.label("change"),
        )
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .join(Revision, Revision.id == Delivery.revision_id)
        .join(StatementRow, StatementRow.id == Delivery.statement_id)
        .join(SourceRow, SourceRow.id == StatementRow.source_id)
        .outerjoin(Change, Change.id == Delivery.change_id)
        .where(Delivery.mail_id == mail_id, Delivery.status != "held")
        .order_by(Delivery.id)
    ).all()


def told(connection: Connection, delivery_id: int) -> Sequence[Facts]:
    """The matches that a delivery tells of, each with its rule."""
    return connection.execute(
        select(
            *(RuleRow.id, RuleRow.watchlist, RuleRow.rule, RuleRow.name, RuleRow.severity),
            *(RuleRow.version, RuleRow.note, MatchRow.revision_id, MatchRow.spans),
        )
        .join(MatchRow, MatchRow.rule_id == RuleRow.id)
        .join(DeliveryMatch, DeliveryMatch.match_id == MatchRow.id)
        .where(DeliveryMatch.delivery_id == delivery_id)
    ).all()


def edit_of(connection: Connection, row: Facts) -> Facts | None:
    """The edit that a delivery about a wording tells of: kind, when it was noticed and the wording
    that it replaced. The edit that the delivery names, else the last one that had led to its
    wording by then; None: none is known, as in a statement's first wording."""
    led_here = (Change.statement_id == row.statement_id, Change.revision_id == row.revision_id)
    this = (
        (Change.id == row.change_id,)
        if row.change_id is not None
        else (*led_here, Change.kind.in_(("edited", "restored")), Change.at <= row.created_at)
    )
    return connection.execute(
        select(Change.kind, Change.at, Revision.id, Revision.title, Revision.text_)
        .join(Revision, Revision.id == Change.earlier_revision_id)
        .where(*this)
        .order_by(Change.at.desc(), Change.id.desc())
        .limit(1)
    ).one_or_none()


def wording_before(connection: Connection, row: Facts) -> Facts | None:
    """The revision that was stored before that of `row`; None for the first."""
    return connection.execute(
        select(Revision.id, Revision.title, Revision.text_)
        .where(Revision.statement_id == row.statement_id, Revision.number < row.number)
        .order_by(Revision.number.desc())
        .limit(1)
    ).one_or_none()


def spans_in(
    connection: Connection, revision_id: int, rules: Collection[int]
) -> Sequence[Sequence[dict[str, Any]]]:
    """The spans of these rules' matches in a revision, match by match."""
    of_rules = (MatchRow.revision_id == revision_id, MatchRow.rule_id.in_(rules))
    return connection.execute(select(MatchRow.spans).where(*of_rules)).scalars().all()


def reposts(connection: Connection, row: Facts, most: int) -> tuple[Sequence[Facts], int]:
    """The first `most` other statements of the story, and how many more there are."""
    others = (StatementRow.story_id == row.story_id, StatementRow.id != row.statement_id)
    found = connection.execute(
        select(
            *(SourceRow.publisher, StatementRow.url, StatementRow.withdrawn_at),
            *(StatementRow.published_on, StatementRow.published_at, StatementRow.date_precision),
            *(StatementRow.date_zone, StatementRow.date_zone_assumed, StatementRow.date_text),
        )
        .join(SourceRow, SourceRow.id == StatementRow.source_id)
        .where(*others)
        .order_by(StatementRow.first_seen_at, StatementRow.id)
        .limit(most)
    ).all()
    if len(found) < most:
        return found, 0
    count = connection.execute(select(func.count()).where(*others)).scalar_one()
    return found, count - most
