"""What was found in a wording becomes news for subscriptions: planned first, in the order of the
wordings, against what each was told before; then written, a batch at once (`queue_rows`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from communique.passages import Wording
from communique.rules import Hit
from communique.schema import Delivery, MatchRow, StatementRow, StoryRow, Subscription
from communique.selections import EVERY, Selection, Subscriber, subscriber
from communique.unjudged import Facts
from communique.verdicts import Finding, Held, compared, is_late, verdict


@dataclass(frozen=True, slots=True)
class Found:
    """A wording as `unjudged` reads it, what all rules found in it, and in the one before it.
    reread: another reader, or another version of it, has read the wording before."""

    row: Facts
    hits: tuple[Hit, ...]
    before: tuple[Hit, ...] = ()
    reread: bool = False

    @property
    def watchlists(self) -> set[str]:
        return {hit.rule.watchlist for hit in (*self.hits, *self.before)}


@dataclass(frozen=True, slots=True)
class News:
    """What one subscription is told of one wording, or why not. key: what makes a second delivery
    of it impossible; empty where it is held. hits: of this wording; before: of the earlier one,
    empty unless it is about an edit."""

    row: Facts
    subscriber: Subscriber
    kind: str
    held: Held | None
    key: str
    late: bool
    hits: tuple[Hit, ...]
    before: tuple[Hit, ...] = ()


@dataclass(slots=True)
class Told:
    """What subscriptions have been told of a batch's stories, kept true while the batch is planned.

    stories: subscription and story; keys: dedupe key to the statement it was for; settled:
    subscription, revision and edit; backfilled: stories with a statement that a backfill found;
    matched: revision to when a rule was first found to hold, of those that are judged again.
    """

    subscribers: Sequence[Subscriber]
    backfilled: frozenset[int]
    matched: Mapping[int, datetime]
    stories: set[tuple[int, int]] = field(default_factory=set)
    keys: dict[str, int] = field(default_factory=dict)
    settled: set[tuple[int, int, int | None]] = field(default_factory=set)


def what_was_told(connection: Connection, found: Iterable[Found], now: datetime) -> Told:
    """Locks the stories of what was found, so that two workers never judge one story at once, and
    reads what has been told of them. now: aware."""
    each = tuple(found)
    stories = sorted({one.row.story_id for one in each})
    watchlists = {EVERY}.union(*(one.watchlists for one in each))
    # In the order of ids, or two workers might wait for each other.
    mine = select(StoryRow.id).where(StoryRow.id.in_(stories)).order_by(StoryRow.id)
    connection.execute(mine.with_for_update(key_share=True))
    running = (Subscription.watchlist.in_(watchlists), Subscription.ended_at.is_(None))
    hear = select(Subscription.__table__).where(*running).order_by(Subscription.id)
    subscribers = [subscriber(row, now) for row in connection.execute(hear)]
    of_backfill = (StatementRow.story_id.in_(stories), StatementRow.backfilled)
    backfilled = connection.execute(select(StatementRow.story_id).where(*of_backfill)).scalars()
    told = Told(subscribers, frozenset(backfilled), _matched(connection, each))
    for row in connection.execute(
        select(
            *(Delivery.subscription_id, Delivery.story_id, Delivery.revision_id, Delivery.status),
            *(Delivery.statement_id, Delivery.dedupe_key, Delivery.change_id),
            Delivery.held_because,
        ).where(
            Delivery.story_id.in_(stories),
            or_(Delivery.kind == "new", Delivery.kind == "wording"),
        )
    ):
        told.settled.add((row.subscription_id, row.revision_id, row.change_id))
        if row.status != "held" or row.held_because == Held.RESTORED:
            told.stories.add((row.subscription_id, row.story_id))
            told.keys[row.dedupe_key] = row.statement_id
    return told


def _matched(connection: Connection, found: Iterable[Found]) -> dict[int, datetime]:
    """One that stands again is judged for the first time, whatever was found in it before."""
    revisions = [one.row.id for one in found if one.row.change != "restored"]
    first = select(MatchRow.revision_id, func.min(MatchRow.created_at))
    first = first.where(MatchRow.revision_id.in_(revisions)).group_by(MatchRow.revision_id)
    return dict(connection.execute(first).all())


def plan(found: Found, told: Told) -> list[News]:
    """What each running subscription to a watchlist that found something, and that has not settled
    this wording, is told of it; nothing where it began after the wording was first judged. Takes
    note in `told` of what is to be sent."""
    row, chosen, news = found.row, dict[Selection, Finding](), list[News]()
    edit = row.change_id if row.change == "restored" else None
    first = told.matched.get(row.id)
    for each in told.subscribers:
        if first is not None and each.since > first:
            continue
        if not any(map(each.selection.concerns, found.watchlists)):
            continue
        if told.settled.isdisjoint(_settled(each, row, edit)):
            finding = chosen.get(each.selection) or _finding(found, each.selection)
            chosen[each.selection] = finding
            if one := _news(found, each, finding, told):
                news.append(one)
    return news


def _settled(each: Subscriber, row: Facts, edit: int | None) -> set[tuple[int, int, int | None]]:
    """Under which names this wording may be settled; those of an edit are new with it."""
    if edit is not None:
        return {(each.id, row.id, edit)}
    return {(each.id, row.id, None), (each.id, row.id, row.change_id)}


def _finding(found: Found, selection: Selection) -> Finding:
    row, hits = found.row, selection.chosen(found.hits)
    if row.earlier_id is None:
        return Finding(row.number == 1, row.backfilled, hits)
    return compared(
        Wording(row.title, row.text),
        hits,
        Wording(row.earlier_title, row.earlier_text),
        selection.chosen(found.before),
        # A backfill found the wording, but it stands again since.
        backfilled=row.backfilled and row.change != "restored",
    )


def _news(found: Found, each: Subscriber, finding: Finding, told: Told) -> News | None:
    row, story = found.row, (each.id, found.row.story_id)
    if not (finding.hits or finding.before):
        hits = each.selection.of(found.hits)
        if not hits:
            return None
        kind = "new" if finding.first else "wording"
        return News(row, each, kind, each.selection.reason(hits), "", False, hits)
    ruling = verdict(finding, told=story in told.stories, reread=found.reread)
    held = ruling.held
    if not each.selection.covers(row.country, row.host_country):
        held = Held.COUNTRIES
    held = held or each.silent
    key = ""
    if held is None:
        key = _key(row, each, finding, ruling.kind, told)
        if key in told.keys:
            held, key = Held.SAME_STORY, ""
        else:
            told.keys[key] = row.statement_id
            told.stories.add(story)
    posted_anew = ruling.kind == "new" and row.story_id in told.backfilled
    late = is_late(row.published_on, row.first_seen_at, row.date_zone) or posted_anew
    before = finding.before if finding.edited else ()
    if not (finding.hits or before):
        return None
    return News(row, each, ruling.kind, held, key, late, finding.hits, before)


def _key(row: Facts, each: Subscriber, finding: Finding, kind: str, told: Told) -> str:
    """What makes a second delivery of the same news impossible. The same edit of the same passages
    by another publisher is the same news; by this one, after another edit, it is not. Nor is it
    where a wording stands for a second time in one place, and for the first in the other."""
    if kind == "new":
        return f"new:{each.id}:{row.story_id}"
    key = f"wording:{each.id}:{row.story_id}:{finding.change}"
    if row.change != "restored":
        return f"{key}:{row.id}" if told.keys.get(key) == row.statement_id else key
    here = [one for one in told.settled if one[:2] == (each.id, row.id) and one[2] is not None]
    key = f"{key}:time-{len(here) + 1}" if here else key
    return f"{key}:again-{row.change_id}" if told.keys.get(key) == row.statement_id else key
