"""What was planned becomes rows: matches, deliveries, and which tell of which. A few statements of
SQL for a whole batch, inside the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Connection, literal_column
from sqlalchemy.dialects.postgresql import insert

from communique.queueing import Found, News
from communique.rules import Hit
from communique.schema import Delivery, DeliveryMatch, MatchRow, table_of
from communique.verdicts import Held, spans_of

# Watchlist and rule to the row of the version in force.
RuleIds = Mapping[tuple[str, str], int]
# Revision and rule row.
_Match = tuple[int, int]


@dataclass(slots=True)
class Queued:
    """What was written. held: by reason."""

    matches: int = 0
    pending: int = 0
    held: Counter[str] = field(default_factory=Counter)


def write(
    connection: Connection,
    found: Sequence[Found],
    news: Sequence[News],
    rules: RuleIds,
    now: datetime,
) -> Queued:
    """Writes all matches of what was found, and the deliveries that tell of them, pending or held.
    What is there already stays as it is. now: aware, UTC."""
    mine = {_match(one.row.id, hit, rules): hit for one in found for hit in one.hits}
    earlier = {_match(one.row.earlier_id, hit, rules): hit for one in news for hit in one.before}
    ids, made = _write_matches(connection, earlier | mine, now)
    made -= mine.keys()  # those of the earlier wording that nobody had tried it for
    queued = Queued(matches=len(mine))
    delivered = _deliver(connection, news, queued, now)
    links = [
        {"delivery_id": delivery, "match_id": ids[match]}
        for delivery, one in delivered
        for match in _told_of(one, rules, made)
    ]
    if links:
        connection.execute(table_of(DeliveryMatch).insert(), links)
    return queued


def _match(revision: int, hit: Hit, rules: RuleIds) -> _Match:
    return revision, rules[hit.rule.watchlist, hit.rule.id]


def _told_of(news: News, rules: RuleIds, made: set[_Match]) -> Iterable[_Match]:
    """This wording's matches, and the earlier one's of rules that hold no longer, or whose present
    version had not been tried for it yet."""
    now = [_match(news.row.id, hit, rules) for hit in news.hits]
    yield from now
    holding = {rule for _, rule in now}
    for hit in news.before:
        match = _match(news.row.earlier_id, hit, rules)
        if match[1] not in holding or match in made:
            yield match


def _write_matches(
    connection: Connection, hits: Mapping[_Match, Hit], now: datetime
) -> tuple[dict[_Match, int], set[_Match]]:
    """The row of each match, and which of them are new."""
    if not hits:
        return {}, set()
    rows = [
        {"revision_id": revision, "rule_id": rule, "spans": spans_of((hit,)), "created_at": now}
        for (revision, rule), hit in sorted(hits.items(), key=lambda each: each[0])
    ]
    inserted = insert(table_of(MatchRow))
    # A row that was there has been locked for the update: then xmax is not 0.
    is_new = literal_column("xmax = 0", Boolean).label("is_new")
    kept = inserted.on_conflict_do_update(
        index_elements=["revision_id", "rule_id"], set_={"spans": inserted.excluded.spans}
    ).returning(MatchRow.revision_id, MatchRow.rule_id, MatchRow.id, is_new)
    written = connection.execute(kept, rows).all()
    ids = {(row.revision_id, row.rule_id): row.id for row in written}
    return ids, {(row.revision_id, row.rule_id) for row in written if row.is_new}


def _deliver(
    connection: Connection, news: Sequence[News], queued: Queued, now: datetime
) -> list[tuple[int, News]]:
    """The new deliveries. What somebody else has told since is held as told."""
    pending = {one.key: one for one in news if one.held is None}
    told = _insert(connection, [_row(one, None, key, now) for key, one in pending.items()])
    queued.pending += len(told)
    delivered = [(told[key], one) for key, one in pending.items() if key in told]
    held = {
        _held_key(one, reason): (one, reason)
        for one in news
        if (reason := one.held or (None if one.key in told else Held.SAME_STORY)) is not None
    }
    noted = _insert(connection, [_row(one, why, key, now) for key, (one, why) in held.items()])
    for key, delivery in noted.items():
        one, reason = held[key]
        queued.held[str(reason)] += 1
        delivered.append((delivery, one))
    return delivered


def _held_key(news: News, reason: Held) -> str:
    key = f"held:{reason}:{news.subscriber.id}:{news.row.id}"
    return f"{key}:again-{news.row.change_id}" if news.row.change == "restored" else key


def _row(news: News, held: Held | None, key: str, now: datetime) -> dict[str, Any]:
    row, subscriber = news.row, news.subscriber
    due = now if held is None and subscriber.instant else None
    return {
        "dedupe_key": key,
        "subscription_id": subscriber.id,
        "story_id": row.story_id,
        "statement_id": row.statement_id,
        "revision_id": row.id,
        "change_id": row.change_id,
        "kind": news.kind,
        "late": news.late,
        "recipient": subscriber.recipient,
        "status": "held" if held else "pending",
        "held_because": str(held) if held else None,
        "created_at": now,
        "next_try_at": due,
    }


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Dedupe key to the new row, of those that were not there."""
    if not rows:
        return {}
    inserted = insert(table_of(Delivery)).on_conflict_do_nothing()
    made = connection.execute(inserted.returning(Delivery.dedupe_key, Delivery.id), rows)
    return {row.dedupe_key: row.id for row in made}
