"""What was told of a statement to whom, and if not, why: one answer for each subscription."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from communique.explain import Answer, Statement
from communique.mail.clean import shown
from communique.mail.dates import time_zone
from communique.periods import Schedule, next_due
from communique.quiet import quiet_end
from communique.selections import EVERY, silence
from communique.verdicts import Held

Facts = Row[*tuple[Any, ...]]

_SUBSCRIPTIONS = text("""
    SELECT s.*, r.disabled_at FROM communique.subscriptions s
    LEFT JOIN communique.recipients r ON r.address = s.recipient
    WHERE (CAST(:address AS text) IS NULL OR s.recipient = :address)
      AND (s.watchlist = ANY(CAST(:watchlists AS text[])) OR EXISTS (
          SELECT FROM communique.deliveries d
          WHERE d.subscription_id = s.id AND d.statement_id = :statement))
    ORDER BY s.recipient, s.watchlist, s.how
""")
_DELIVERIES = text("""
    SELECT d.*, m.next_try_at AS mail_next_try_at, m.kind AS mail_kind,
           (SELECT count(*) FROM communique.deliveries o
            WHERE o.mail_id = d.mail_id AND o.id <> d.id AND o.kind <> 'digest') AS others,
           ARRAY(SELECT DISTINCT r.watchlist || '/' || r.rule FROM communique.delivery_matches x
                 JOIN communique.matches h ON h.id = x.match_id
                 JOIN communique.rules r ON r.id = h.rule_id
                 WHERE x.delivery_id = d.id ORDER BY 1) AS rules,
           EXISTS (SELECT FROM communique.delivery_matches x
                   JOIN communique.matches h ON h.id = x.match_id
                   JOIN communique.rules r ON r.id = h.rule_id
                   WHERE x.delivery_id = d.id AND r.severity = 'urgent') AS urgent,
           r.number AS revision
    FROM communique.deliveries d LEFT JOIN communique.mails m ON m.id = d.mail_id
    LEFT JOIN communique.revisions r ON r.id = d.revision_id
    WHERE d.subscription_id = :subscription AND d.statement_id = :statement
    ORDER BY d.created_at, d.id
""")
_TOLD_WITH = text("""
    SELECT d.statement_id, d.status, d.sent_at, d.created_at, s.title, o.publisher
    FROM communique.deliveries d JOIN communique.statements s ON s.id = d.statement_id
    JOIN communique.sources o ON o.id = s.source_id
    WHERE d.subscription_id = :subscription AND d.story_id = :story AND d.status <> 'held'
      AND d.kind IN ('new', 'wording')
    ORDER BY d.created_at, d.id LIMIT 1
""")
_BECAUSE = {
    Held.BACKFILL: "a backfill found it, and a backfill never alerts",
    Held.SAME_PASSAGE: "the edit left the passages that match as they were",
    Held.REREAD: "another reader of ours read it otherwise; the publisher edited nothing",
    Held.SEVERITY: "every rule that holds is below the severity that is asked for",
    Held.RULES: "only other rules are subscribed to",
    Held.COUNTRIES: "only other countries are subscribed to",
    Held.UNCONFIRMED: "the address had not been confirmed",
    Held.PAUSED: "the subscription was paused",
    Held.ENDED: "the subscription had ended",
    Held.DISABLED: "the address is disabled, since the server refused it for good: "
    "communique subscriptions enable",
    Held.RESTORED: "it was told before the store was restored from a copy, as the operator said",
    Held.RETURNED: "it was taken down, and stood again before anybody was told",
}


@dataclass(frozen=True, slots=True)
class Telling:
    """One delivery of the statement, or why there is none. kind: new, wording, withdrawn; None:
    there is no delivery. status: pending, sent, failed, held; `none`. said: what became of it, in
    a sentence. at: when it was sent, is due, or was held; aware."""

    kind: str | None
    status: str
    said: str
    at: datetime | None
    rules: tuple[str, ...] = ()
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What one subscription was told. ended: it runs no longer."""

    recipient: str
    watchlist: str
    how: str
    ended: bool
    tellings: tuple[Telling, ...]


def heard(
    connection: Connection,
    statement: Statement,
    found: Sequence[Answer],
    now: datetime,
    address: str | None = None,
) -> tuple[Heard, ...]:
    """What became of a statement for every subscription to the watchlists of these rules, ended
    ones that were told of it included. address: only this recipient's. now: aware, UTC."""
    watchlists = {each.version.rule.watchlist for each in found} | {EVERY}
    asked = {"address": address, "watchlists": sorted(watchlists), "statement": statement.id}
    out = []
    for row in connection.execute(_SUBSCRIPTIONS, asked).all():
        key = {"subscription": row.id, "statement": statement.id}
        deliveries = connection.execute(_DELIVERIES, key).all()
        tellings = tuple(_telling(connection, row, each, now) for each in deliveries)
        if not tellings and row.ended_at is not None:
            continue
        if not tellings or statement.unjudged:
            tellings += (Telling(None, "none", _why_none(statement, found, row), None),)
        out.append(Heard(row.recipient, row.watchlist, row.how, row.ended_at is not None, tellings))
    return tuple(out)


def _telling(connection: Connection, subscription: Facts, row: Facts, now: datetime) -> Telling:
    if row.status == "sent":
        said, at = _sent(row), row.sent_at
    elif row.status == "held":
        said, at = _held(connection, row), row.created_at
    elif row.status == "failed":
        said, at = (
            f"given up after {row.tries} tries: {shown(row.last_error or '', 200)}",
            row.created_at,
        )
    else:
        said, at = _pending(subscription, row, now)
    late = ", late" if row.late else ""
    edit = f" {row.revision}" if row.kind == "wording" else ""
    return Telling(
        row.kind,
        row.status,
        f"{row.kind}{edit}{late}: {said}",
        at,
        tuple(row.rules),
        row.message_id,
    )


def _sent(row: Facts) -> str:
    said = f"sent {_moment(row.sent_at)}"
    if row.mail_kind == "digest":
        said += " in a digest"
    elif row.others:
        said += f" in one mail with {row.others} other{'s' if row.others > 1 else ''}"
    return said + (", by its title only: more than the day's most" if row.brief else "")


def _held(connection: Connection, row: Facts) -> str:
    if row.held_because != Held.SAME_STORY:
        because = next((said for key, said in _BECAUSE.items() if key == row.held_because), None)
        return f"held back {_moment(row.created_at)}: {because or row.held_because}"
    key = {"subscription": row.subscription_id, "story": row.story_id}
    first = connection.execute(_TOLD_WITH, key).one_or_none()
    if first is None:
        return f"held back {_moment(row.created_at)}: the story was told already"
    told = f"was told {_moment(first.sent_at)}" if first.sent_at else f"is {first.status}"
    return (
        f"held back {_moment(row.created_at)}: the same story as statement {first.statement_id} "
        f"({first.publisher}: {shown(first.title, 80)}), which {told}"
    )


def _pending(subscription: Facts, row: Facts, now: datetime) -> tuple[str, datetime | None]:
    """Until when it waits, and for what."""
    silent = silence(subscription, now) or (Held.DISABLED if subscription.disabled_at else None)
    if silent is not None:
        return f"waits, but will be held back: {_BECAUSE.get(silent, silent)}", None
    due = row.mail_next_try_at or row.next_try_at
    if row.tries:
        when = f"; the next one is at {_moment(due)}" if due else ""
        return f"waits after {row.tries} tries ({shown(row.last_error or '', 200)}){when}", due
    if subscription.how != "instant" and row.mail_id is None:
        schedule = Schedule(
            subscription.how, subscription.zone, subscription.hour, subscription.weekday
        )
        at = next_due(schedule, now).at
        return f"waits for the {subscription.how} digest at {_local(at, subscription.zone)}", at
    quiet = quiet_end(now, subscription.zone, subscription.quiet_from, subscription.quiet_until)
    if quiet and not row.urgent and row.mail_id is None:
        return f"waits for the end of quiet hours at {_local(quiet, subscription.zone)}", quiet
    if due and due > now:
        return f"waits until {_moment(due)}", due
    return "goes out with the next run of communique alert", due


def unheard(found: Sequence[Answer], told: Sequence[Heard]) -> tuple[str, ...]:
    """The watchlists of which a rule holds and to which nobody is subscribed at present."""
    running = {each.watchlist for each in told if not each.ended}
    holding = {each.version.rule.watchlist for each in found if each.held}
    return () if EVERY in running else tuple(sorted(holding - running))


def _why_none(statement: Statement, found: Sequence[Answer], row: Facts) -> str:
    """Why there is no delivery at all, or none of the newest wording yet."""
    if statement.unjudged:
        return "not judged yet: communique alert judges what is new"
    holding = [
        each
        for each in found
        if each.held and row.watchlist in (EVERY, each.version.rule.watchlist)
    ]
    if not holding:
        return "nothing to tell: no rule of the watchlist holds"
    judged = statement.judged_at
    if judged and row.created_at > judged:
        return f"judged {_moment(judged)}, before this subscription began"
    if judged and all(each.version.created_at > judged for each in holding):
        return (
            f"judged {_moment(judged)}, when these rules were not in force as they are now; what "
            "was judged is not judged again"
        )
    return "no alert was written when it was judged: its wording of then matched nothing"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _local(at: datetime, zone: str) -> str:
    local = at.astimezone(time_zone(zone) or ZoneInfo("UTC"))
    return f"{local:%H:%M} {zone} on {local:%Y-%m-%d}"
