"""All that a mail about one delivery says, read from the store, cleaned and put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timezone
from typing import Any

from babel import Locale
from sqlalchemy import Connection, Row, func, select

from communique.mail import dates
from communique.mail.changes import Change, changes
from communique.mail.clean import shown
from communique.mail.excerpts import Excerpt, excerpts
from communique.passages import Passage, Wording, matched_passages
from communique.schema import (
    CaptureRow,
    Delivery,
    DeliveryMatch,
    MatchRow,
    Revision,
    RuleRow,
    SourceRow,
    StatementRow,
    Subscription,
)

# A row of whatever columns a query below names.
Facts = Row[*tuple[Any, ...]]

SEVERITIES = ("urgent", "notice", "info")
MOST_EXCERPTS = 5
MOST_REPOSTS = 10
MOST_CHANGES = 8


@dataclass(frozen=True, slots=True)
class RuleCard:
    """One rule that a mail tells of. holds: False where an edit made it hold no longer; its
    excerpts are then the earlier wording's. more: how many further passages match."""

    rule: str
    name: str
    severity: str
    version: int
    note: str
    holds: bool
    excerpts: tuple[Excerpt, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Repost:
    """Another statement of the same story. when: its date in words."""

    publisher: str
    url: str
    when: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. Everything is cleaned for showing; dates are words."""

    kind: str
    severity: str
    late: str
    title: str
    publisher: str
    source: str
    country: str
    published: str
    first_seen: str
    edited: str
    withdrawn: str
    url: str
    rules: tuple[RuleCard, ...]
    changes: tuple[Change, ...]
    more_changes: int
    reposts: tuple[Repost, ...]
    more_reposts: int
    evidence: tuple[tuple[str, str], ...]
    story_id: int
    subscription_id: int
    watchlist: str
    recipient: str

    @property
    def standing(self) -> str:
        """The first publisher whose repost still stands; empty if none does."""
        return next((each.publisher for each in self.reposts if not each.withdrawn), "")


def letter(connection: Connection, delivery_id: int) -> Letter:
    """The letter of one delivery of kind `new`, `wording` or `withdrawn`."""
    row = _facts(connection, delivery_id)
    now = Wording(row.title, row.text)
    told = _told(connection, delivery_id)
    before = _before(connection, row) if row.kind == "wording" else None
    rules = _cards(told, row.revision_id, now, before)
    edits = _changes(connection, told, row, now, before)
    reposts, more_reposts = _reposts(connection, row)
    return Letter(
        kind=row.kind,
        severity=min((card.severity for card in rules), key=SEVERITIES.index, default="info"),
        late=_late(row) if row.late else "",
        title=shown(row.title, 300) or "(no title)",
        publisher=shown(row.publisher, 120),
        source=row.source_id,
        country=_country(row.country, row.host_country),
        published=_published(row),
        first_seen=dates.moment(row.first_seen_at),
        edited=dates.moment(row.seen_at) if row.number > 1 else "",
        withdrawn=dates.moment(row.withdrawn_at) if row.withdrawn_at else "",
        url=_address(row.url),
        rules=rules,
        changes=edits[:MOST_CHANGES],
        more_changes=max(0, len(edits) - MOST_CHANGES),
        reposts=reposts,
        more_reposts=more_reposts,
        evidence=_evidence(row),
        story_id=row.story_id,
        subscription_id=row.subscription_id,
        watchlist=shown(row.watchlist, 100),
        recipient=row.recipient,
    )


def _facts(connection: Connection, delivery_id: int) -> Facts:
    return connection.execute(
        select(
            *(Delivery.kind, Delivery.late, Delivery.recipient, Delivery.story_id),
            *(Delivery.subscription_id, Delivery.revision_id, Delivery.statement_id),
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
        .join(CaptureRow, CaptureRow.id == Revision.capture_id)
        .where(Delivery.id == delivery_id)
    ).one()


def _told(connection: Connection, delivery_id: int) -> Sequence[Facts]:
    return connection.execute(
        select(
            *(RuleRow.id, RuleRow.rule, RuleRow.name, RuleRow.severity, RuleRow.version),
            *(RuleRow.note, MatchRow.revision_id, MatchRow.spans),
        )
        .join(MatchRow, MatchRow.rule_id == RuleRow.id)
        .join(DeliveryMatch, DeliveryMatch.match_id == MatchRow.id)
        .where(DeliveryMatch.delivery_id == delivery_id)
    ).all()


def _before(connection: Connection, row: Facts) -> Facts | None:
    """The wording before this one."""
    return connection.execute(
        select(Revision.id, Revision.title, Revision.text_)
        .where(Revision.statement_id == row.statement_id, Revision.number < row.number)
        .order_by(Revision.number.desc())
        .limit(1)
    ).one_or_none()


def _cards(
    told: Sequence[Facts], revision_id: int, now: Wording, before: Facts | None
) -> tuple[RuleCard, ...]:
    """One card a rule, of its newest version, and of this wording rather than the earlier one."""
    earlier = Wording(before.title, before.text) if before else now
    cards: dict[str, RuleCard] = {}
    for each in sorted(told, key=lambda one: (one.revision_id == revision_id, one.version)):
        holds = each.revision_id == revision_id
        wording = now if holds else earlier
        some, more = excerpts(wording, matched_passages(wording, each.spans), MOST_EXCERPTS)
        name, note = shown(each.name, 100) or each.rule, shown(each.note or "", 500)
        card = RuleCard(each.rule, name, each.severity, each.version, note, holds, some, more)
        cards[each.rule] = card
    by_weight = sorted(
        cards.values(), key=lambda card: (SEVERITIES.index(card.severity), card.name)
    )
    return tuple(by_weight)


def _changes(
    connection: Connection,
    told: Sequence[Facts],
    row: Facts,
    now: Wording,
    before: Facts | None,
) -> tuple[Change, ...]:
    if before is None:
        return ()
    then = Wording(before.title, before.text)
    spans = connection.execute(
        select(MatchRow.spans).where(
            MatchRow.revision_id == before.id, MatchRow.rule_id.in_({each.id for each in told})
        )
    ).scalars()
    spans_now = [each.spans for each in told if each.revision_id == row.revision_id]
    return changes(then, now, _passages(then, spans.all()), _passages(now, spans_now))


def _passages(wording: Wording, spans: Sequence[Sequence[dict[str, Any]]]) -> tuple[Passage, ...]:
    return matched_passages(wording, [span for each in spans for span in each])


def _reposts(connection: Connection, row: Facts) -> tuple[tuple[Repost, ...], int]:
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
        .limit(MOST_REPOSTS)
    ).all()
    count = len(found)
    if count == MOST_REPOSTS:
        count = connection.execute(select(func.count()).where(*others)).scalar_one()
    reposts = tuple(
        Repost(
            shown(each.publisher, 120),
            _address(each.url),
            _published(each),
            bool(each.withdrawn_at),
        )
        for each in found
    )
    return reposts, count - len(found)


def _published(row: Facts) -> str:
    return dates.published(
        *(row.date_precision, row.published_on, row.published_at),
        *(row.date_zone, row.date_zone_assumed, row.date_text),
    )


def _late(row: Facts) -> str:
    if row.published_on is None:
        return "Late: the story is older; a backfill had found it before."
    zone = dates.time_zone(row.date_zone) or timezone.utc
    days = (row.first_seen_at.astimezone(zone).date() - row.published_on).days
    if days > 7:
        return f"Late: first seen {days} days after its date."
    return "Late: the story is older; a backfill had found it before."


def _country(country: str | None, host: str | None) -> str:
    names = Locale("en").territories
    spoken_for = names.get(country, country) if country else ""
    if host:
        return f"{spoken_for or 'none'}, in {names.get(host, host)}"
    return str(spoken_for)


def _address(url: str) -> str:
    """A web address on one line; whether it may be a link is for the templates to ask."""
    return shown(url, 2_000).replace(" ", "%20")


def _evidence(row: Facts) -> tuple[tuple[str, str], ...]:
    where = shown(row.warc or "", 300)
    return (
        ("Capture", f"{row.capture_id}, fetched {dates.moment(row.fetched_at)}"),
        ("Wording", f"revision {row.number}, SHA-256 {row.sha256[:12]}"),
        ("WARC record", shown(row.record_id or "none: the raw bytes were not kept", 120)),
        *((("WARC file", where),) if where else ()),
    )
