"""Which addresses are due for another look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, exists, or_, select

from communique.rows import listed_entry
from communique.schema import (
    Address,
    MatchRow,
    Revision,
    RuleRow,
    StatementRow,
    Subscription,
)
from communique.selections import EVERY
from scrapers.values import Entry

# A daily run must not miss a look that falls due minutes after it starts.
SLACK = timedelta(hours=2)
# What somebody waits to hear of is looked at every day for so long.
WATCHED_FOR = timedelta(days=7)


def is_due(now: datetime) -> ColumnElement[bool]:
    """Whether an address is due for another look: by its schedule, or because somebody subscribes
    to a rule that holds for its statement. The look that is made settles both.
    now: aware."""
    first_week = and_(
        Address.first_listed_at > now - WATCHED_FOR,
        Address.backfilled.is_(False),
        a_day_ago(now),
        _is_watched(),
    )
    # In its first week it has a look still to come within a week: so the index finds either.
    soon = Address.next_visit_at <= now + WATCHED_FOR
    return and_(soon, or_(Address.next_visit_at <= now, first_week))


def a_day_ago(now: datetime) -> ColumnElement[bool]:
    """Whether the last look at an address is a day old. now: aware."""
    return Address.last_visit_at <= now - timedelta(days=1) + SLACK


def _is_watched() -> ColumnElement[bool]:
    return exists().where(
        Revision.statement_id == Address.statement_id,
        MatchRow.revision_id == Revision.id,
        RuleRow.id == MatchRow.rule_id,
        RuleRow.retired_at.is_(None),
        Subscription.watchlist.in_((RuleRow.watchlist, EVERY)),
        Subscription.ended_at.is_(None),
    )


def due_statements(
    engine: Engine, source_ids: Sequence[str], now: datetime, days: int
) -> Mapping[str, tuple[tuple[str, Entry], ...]]:
    """Addresses of statements first seen within so many days that are due for another look, by
    source, oldest first; a source without any is left out. A day more is allowed, or the look that
    falls on the last of them would be lost to a run an hour late."""
    query = (
        select(Address.source_id, Address.url, Address.fetch_url, Address.listed)
        .join(StatementRow, StatementRow.id == Address.statement_id)
        .where(
            Address.source_id.in_(source_ids),
            StatementRow.first_seen_at > now - timedelta(days=days + 1),
            is_due(now),
        )
        .order_by(Address.id)
    )
    found: dict[str, list[tuple[str, Entry]]] = {}
    with engine.connect() as connection:
        for source_id, url, fetch_url, listed in connection.execute(query):
            found.setdefault(source_id, []).append((url, listed_entry(fetch_url, listed)))
    return {source_id: tuple(addresses) for source_id, addresses in found.items()}
