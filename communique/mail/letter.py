"""All that a mail about one delivery says, read from the store, cleaned and put into words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timezone
from typing import Any

from babel import Locale
from sqlalchemy import Connection

from communique.mail import dates
from communique.mail.changes import Change, changes
from communique.mail.clean import shown, web_address
from communique.mail.echoed import Echo, echoes
from communique.mail.excerpts import Excerpt, excerpts
from communique.mail.facts import Facts, edit_of, facts, reposts, spans_in, told, wording_before
from communique.passages import Passage, Wording, matched_passages
from communique.rules import SEVERITIES as ASCENDING

SEVERITIES = ASCENDING[::-1]
MOST_RULES = 20
MOST_EXCERPTS = 5
MOST_REPOSTS = 10
MOST_CHANGES = 8
LONGEST_REPOST = 1_000


@dataclass(frozen=True, slots=True)
class RuleCard:
    """One rule that a mail tells of. holds: False where an edit made it hold no longer; its
    excerpts are then the earlier wording's. more: how many further passages match. where: of which
    other publisher's statement the excerpts are; empty: of the letter's own."""

    watchlist: str
    rule: str
    name: str
    severity: str
    version: int
    note: str
    holds: bool
    excerpts: tuple[Excerpt, ...]
    more: int
    where: str = ""


@dataclass(frozen=True, slots=True)
class Repost:
    """Another statement of the same story. when: its date in words."""

    publisher: str
    url: str
    when: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """Why somebody hears of it. words: which watchlists; rules: those of them that told it."""

    subscription_id: int
    watchlist: str
    rules: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What is subscribed to, in words."""
        return "every watchlist" if self.watchlist == "*" else f"the watchlist {self.watchlist}"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. Everything is cleaned for showing; dates are words. restored: an earlier
    wording stands again. heard: the recipient's subscriptions that tell of it."""

    kind: str
    restored: bool
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
    more_rules: int
    changes: tuple[Change, ...]
    more_changes: int
    reposts: tuple[Repost, ...]
    more_reposts: int
    echoes: tuple[Echo, ...]
    more_echoes: int
    evidence: tuple[tuple[str, str], ...]
    proof: str
    story_id: int
    statement_id: int
    revision_id: int
    heard: tuple[Heard, ...]
    recipient: str

    @property
    def standing(self) -> str:
        """The first publisher whose repost still stands, at another address; empty if none does."""
        stand = (each for each in self.reposts if not each.withdrawn and each.url != self.url)
        return next((each.publisher for each in stand), "")


def letter(connection: Connection, delivery_id: int) -> Letter:
    """The letter of one delivery of kind `new`, `wording` or `withdrawn`."""
    row = facts(connection, delivery_id)
    now = Wording(row.title, row.text)
    matches = told(connection, delivery_id)
    edit = edit_of(connection, row)
    before = (edit or wording_before(connection, row)) if row.kind == "wording" else None
    rules = _cards(matches, row.revision_id, now, before)
    edits = _changes(connection, matches, row, now, before)
    others, more_others = reposts(connection, row, MOST_REPOSTS)
    echoed, more_echoed = echoes(connection, row.statement_id, row.number)
    return Letter(
        kind=row.kind,
        restored=edit is not None and edit.kind == "restored",
        severity=min((card.severity for card in rules), key=SEVERITIES.index, default="info"),
        late=_late(row) if row.late else "",
        title=shown(row.title, 300) or "(no title)",
        publisher=shown(row.publisher, 120),
        source=row.source_id,
        country=_country(row.country, row.host_country),
        published=_published(row),
        first_seen=dates.moment(row.first_seen_at),
        edited=_edited(row, edit),
        withdrawn=dates.moment(row.withdrawn_at) if row.withdrawn_at else "",
        url=web_address(row.url),
        rules=rules[:MOST_RULES],
        more_rules=max(0, len(rules) - MOST_RULES),
        changes=edits[:MOST_CHANGES],
        more_changes=max(0, len(edits) - MOST_CHANGES),
        reposts=tuple(map(_repost, others)),
        more_reposts=more_others,
        echoes=echoed,
        more_echoes=more_echoed,
        evidence=_evidence(row),
        proof=f"capture {row.capture_id}, revision {row.number}, SHA-256 {row.sha256[:12]}",
        story_id=row.story_id,
        statement_id=row.statement_id,
        revision_id=row.revision_id,
        heard=(_heard(row, rules),),
        recipient=row.recipient,
    )


def _heard(row: Facts, rules: Sequence[RuleCard]) -> Heard:
    names = tuple(f"rule {card.rule}, version {card.version}" for card in rules[:MOST_RULES])
    return Heard(row.subscription_id, shown(row.watchlist, 100), names)


def _cards(
    matches: Sequence[Facts], revision_id: int, now: Wording, before: Facts | None
) -> tuple[RuleCard, ...]:
    """One card a rule, of its newest version, and of this wording rather than the earlier one."""
    earlier = Wording(before.title, before.text) if before else now
    cards: dict[tuple[str, str], RuleCard] = {}
    for each in sorted(matches, key=lambda one: (one.revision_id == revision_id, one.version)):
        holds = each.revision_id == revision_id
        wording = now if holds else earlier
        some, more = excerpts(wording, matched_passages(wording, each.spans), MOST_EXCERPTS)
        name, note = shown(each.name, 100) or each.rule, shown(each.note or "", 500)
        whose = (shown(each.watchlist, 100), each.rule, name, each.severity, each.version)
        cards[each.watchlist, each.rule] = RuleCard(*whose, note, holds, some, more)
    return by_weight(cards.values())


def by_weight(cards: Iterable[RuleCard]) -> tuple[RuleCard, ...]:
    """Cards in the order in which they are told: the gravest first."""
    return tuple(sorted(cards, key=lambda card: (SEVERITIES.index(card.severity), card.name)))


def _changes(
    connection: Connection,
    matches: Sequence[Facts],
    row: Facts,
    now: Wording,
    before: Facts | None,
) -> tuple[Change, ...]:
    if before is None:
        return ()
    then = Wording(before.title, before.text)
    spans_then = spans_in(connection, before.id, {each.id for each in matches})
    spans_now = [each.spans for each in matches if each.revision_id == row.revision_id]
    return changes(then, now, _passages(then, spans_then), _passages(now, spans_now))


def _passages(wording: Wording, spans: Sequence[Sequence[dict[str, Any]]]) -> tuple[Passage, ...]:
    return matched_passages(wording, [span for each in spans for span in each])


def _repost(row: Facts) -> Repost:
    gone = row.withdrawn_at is not None
    return Repost(
        shown(row.publisher, 120), web_address(row.url, LONGEST_REPOST), _published(row), gone
    )


def _edited(row: Facts, edit: Facts | None) -> str:
    if edit is not None:
        return dates.moment(edit.at)
    return dates.moment(row.seen_at) if row.number > 1 else ""


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


def _evidence(row: Facts) -> tuple[tuple[str, str], ...]:
    where = shown(row.warc or "", 300)
    return (
        ("Capture", f"{row.capture_id}, fetched {dates.moment(row.fetched_at)}"),
        ("Wording", f"revision {row.number}, SHA-256 {row.sha256[:12]}"),
        ("WARC record", shown(row.record_id or "none: the raw bytes were not kept", 120)),
        *((("WARC file", where),) if where else ()),
    )
