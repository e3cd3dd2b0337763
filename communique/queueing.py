"""What was found in a wording becomes rows: matches, and per subscription a delivery that is
pending, or held with its reason. All of one revision or nothing; the caller's savepoint sees to
that."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from communique.rulebook import Rulebook
from communique.rules import Hit
from communique.schema import (
    Delivery,
    DeliveryMatch,
    MatchRow,
    StatementRow,
    StoryRow,
    Subscription,
)
from communique.verdicts import Finding, Held, Verdict, is_late, spans_of, verdict

# A row of whatever columns a query names.
Facts = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """A revision, as `alerting` reads it, and what each watchlist's rules found in it. reread:
    another reader, or another version of it, has read the wording before."""

    row: Facts
    findings: tuple[Finding, ...]
    reread: bool = False


@dataclass(slots=True)
class Told:
    """What subscriptions have been told of a batch's stories, kept true while the batch runs.

    stories: subscription and story; keys: dedupe key to the statement it was for; settled:
    subscription and revision; backfilled: stories with a statement that a backfill found.
    """

    subscribers: Mapping[str, Sequence[Facts]]
    backfilled: frozenset[int]
    stories: set[tuple[int, int]] = field(default_factory=set)
    keys: dict[str, int] = field(default_factory=dict)
    settled: set[tuple[int, int]] = field(default_factory=set)

    def remember(self, queued: Queued) -> None:
        """Adds what was queued for a revision, once that is certain."""
        self.stories |= queued.stories
        self.keys |= queued.keys


@dataclass(slots=True)
class Queued:
    """What was written for one revision."""

    matches: int = 0
    pending: int = 0
    held: Counter[str] = field(default_factory=Counter)
    stories: set[tuple[int, int]] = field(default_factory=set)
    keys: dict[str, int] = field(default_factory=dict)


def what_was_told(connection: Connection, found: Iterable[Found]) -> Told:
    """Locks the stories of what was found, so that two workers never judge one story at once, and
    reads what has been told of them."""
    each = tuple(found)
    stories = sorted({one.row.story_id for one in each})
    watchlists = {finding.watchlist for one in each for finding in one.findings}
    # In the order of ids, or two workers might wait for each other.
    mine = select(StoryRow.id).where(StoryRow.id.in_(stories)).order_by(StoryRow.id)
    connection.execute(mine.with_for_update(key_share=True))
    running = (Subscription.watchlist.in_(watchlists), Subscription.ended_at.is_(None))
    subscribers: dict[str, list[Facts]] = defaultdict(list)
    hear = select(Subscription.id, Subscription.recipient, Subscription.watchlist).where(*running)
    for subscriber in connection.execute(hear.order_by(Subscription.id)):
        subscribers[subscriber.watchlist].append(subscriber)
    of_backfill = (StatementRow.story_id.in_(stories), StatementRow.backfilled)
    backfilled = connection.execute(select(StatementRow.story_id).where(*of_backfill)).scalars()
    told = Told(subscribers, frozenset(backfilled))
    for row in connection.execute(
        select(
            *(Delivery.subscription_id, Delivery.story_id, Delivery.revision_id, Delivery.status),
            *(Delivery.statement_id, Delivery.dedupe_key),
        ).where(Delivery.story_id.in_(stories), Delivery.kind.in_(("new", "wording")))
    ):
        told.settled.add((row.subscription_id, row.revision_id))
        if row.status != "held":
            told.stories.add((row.subscription_id, row.story_id))
            told.keys[row.dedupe_key] = row.statement_id
    return told


def queue(
    connection: Connection, found: Found, rulebook: Rulebook, told: Told, now: datetime
) -> Queued:
    """Writes a revision's matches and, for every running subscription to a watchlist that found
    something and has not settled this revision, one delivery. now: aware, UTC."""
    queued = Queued()
    for finding in found.findings:
        matches = list(_record(connection, found.row.id, finding.hits, rulebook, now).values())
        queued.matches += len(matches)
        subscribers = told.subscribers.get(finding.watchlist, ())
        if finding.before and finding.edited and subscribers:
            matches += _earlier_matches(connection, found.row.earlier_id, finding, rulebook, now)
        for subscriber in subscribers:
            if matches and (subscriber.id, found.row.id) not in told.settled:
                case = _Case(found.row, finding, subscriber, told, now, found.reread)
                _link(connection, _deliver(connection, case, queued), matches)
    return queued


@dataclass(frozen=True, slots=True)
class _Case:
    """One revision before one subscription."""

    row: Facts
    finding: Finding
    subscriber: Facts
    told: Told
    now: datetime
    reread: bool

    @property
    def story(self) -> tuple[int, int]:
        return (self.subscriber.id, self.row.story_id)


def _deliver(connection: Connection, case: _Case, queued: Queued) -> int | None:
    """The new delivery's id; None where it was there already."""
    told = case.story in case.told.stories
    ruling = verdict(case.finding, told=told, reread=case.reread)
    values = _values(case, ruling)
    held = ruling.held
    if held is None:
        key = _key(case, ruling.kind)
        pending = {"dedupe_key": key, "status": "pending", "next_try_at": case.now}
        if (delivery_id := _insert(connection, values | pending)) is not None:
            queued.pending += 1
            queued.stories.add(case.story)
            queued.keys[key] = case.row.statement_id
            return delivery_id
        held = Held.SAME_STORY
    key = f"held:{held}:{case.subscriber.id}:{case.row.id}"
    delivery_id = _insert(
        connection, values | {"dedupe_key": key, "status": "held", "held_because": str(held)}
    )
    queued.held[str(held)] += delivery_id is not None
    return delivery_id


def _values(case: _Case, ruling: Verdict) -> dict[str, Any]:
    row = case.row
    late = is_late(row.published_on, row.first_seen_at, row.date_zone)
    posted_anew = ruling.kind == "new" and row.story_id in case.told.backfilled
    return {
        "subscription_id": case.subscriber.id,
        "story_id": row.story_id,
        "statement_id": row.statement_id,
        "revision_id": row.id,
        "kind": ruling.kind,
        "late": late or posted_anew,
        "recipient": case.subscriber.recipient,
        "created_at": case.now,
    }


def _key(case: _Case, kind: str) -> str:
    """What makes a second delivery of the same news impossible. The same edit of the same passages
    by another publisher is the same news; by this one, after another edit, it is not."""
    subscription, story = case.story
    if kind == "new":
        return f"new:{subscription}:{story}"
    key = f"wording:{subscription}:{story}:{case.finding.change}"
    again = case.told.keys.get(key) == case.row.statement_id
    return f"{key}:{case.row.id}" if again else key


def _insert(connection: Connection, values: Mapping[str, Any]) -> int | None:
    inserted = insert(Delivery).values(values).on_conflict_do_nothing().returning(Delivery.id)
    return connection.execute(inserted).scalar_one_or_none()


def _link(connection: Connection, delivery_id: int | None, matches: Iterable[int]) -> None:
    if delivery_id is not None:
        links = [{"delivery_id": delivery_id, "match_id": match} for match in matches]
        connection.execute(insert(DeliveryMatch).values(links))


def _record(
    connection: Connection,
    revision_id: int,
    hits: Iterable[Hit],
    rulebook: Rulebook,
    now: datetime,
) -> dict[str, int]:
    """Rule to match row, for hits of one watchlist; a match that was there already is kept."""
    rows = {
        rulebook.ids[hit.rule.watchlist, hit.rule.id]: {
            "revision_id": revision_id,
            "rule_id": rulebook.ids[hit.rule.watchlist, hit.rule.id],
            "spans": spans_of((hit,)),
            "created_at": now,
        }
        for hit in hits
    }
    if not rows:
        return {}
    inserted = insert(MatchRow).values(list(rows.values()))
    recorded = connection.execute(
        inserted.on_conflict_do_update(
            index_elements=["revision_id", "rule_id"], set_={"spans": inserted.excluded.spans}
        ).returning(MatchRow.rule_id, MatchRow.id)
    )
    names = {number: rule for (_, rule), number in rulebook.ids.items() if number in rows}
    return {names[row.rule_id]: row.id for row in recorded}


def _earlier_matches(
    connection: Connection,
    revision_id: int,
    finding: Finding,
    rulebook: Rulebook,
    now: datetime,
) -> list[int]:
    """The earlier wording's matches that a mail about the edit tells of: of rules that hold no
    longer, and those that a rule's present version had not been tried for yet."""
    had = select(MatchRow.id).where(MatchRow.revision_id == revision_id)
    known = set(connection.execute(had).scalars())
    recorded = _record(connection, revision_id, finding.before, rulebook, now)
    holding = {hit.rule.id for hit in finding.hits}
    return [match for rule, match in recorded.items() if rule not in holding or match not in known]
