"""Deliveries become mails: all that is due to a recipient at once goes out in one.

A delivery belongs to a mail as soon as that is committed, and never to another; the mail's key
comes of its deliveries, and its Message-ID of the key. What a subscription has said since its
alerts were judged holds: one that ended, was paused or lost its address is told nothing, and quiet
hours are those of now.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, text, update

from communique.mail.clean import shown
from communique.mail.message import SenderError, sender
from communique.mails import hold, name_mails
from communique.quiet import due_at, local_day
from communique.refusals import begun_again, is_away
from communique.rules import SEVERITIES
from communique.schema import Delivery, Mail, Recipient, Subscription
from communique.selections import silence
from communique.settings import Settings
from communique.verdicts import Held

ALERTS = ("new", "wording", "withdrawn")
# Alerts that one mail holds; what is more goes out in a second one.
MOST = 1_000

Facts = Row[*tuple[Any, ...]]

# One assembler a recipient: two would each count the other's alerts out of the day's.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('mail to ' || :recipient, 0))")
_WEIGHTS = text("""
SELECT x.delivery_id, max(array_position(CAST(:severities AS text[]), r.severity)) AS weight
FROM communique.delivery_matches x
JOIN communique.matches m ON m.id = x.match_id JOIN communique.rules r ON r.id = m.rule_id
WHERE x.delivery_id = ANY (CAST(:ids AS bigint[])) GROUP BY x.delivery_id
""")


@dataclass(frozen=True, slots=True)
class Assembled:
    """What one run put together. alerts: that went into mails; brief: of these, told by title only;
    put_off: that wait for the end of quiet hours; held: that are not told any more, by reason."""

    mails: int = 0
    alerts: int = 0
    brief: int = 0
    put_off: int = 0
    held: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    counts: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)

    def add(self, other: _Tally) -> None:
        self.counts += other.counts
        self.held += other.held


def assemble(engine: Engine, settings: Settings, now: datetime) -> Assembled:
    """Puts the alerts that are due to subscriptions told at once into mails, one a recipient, each
    in a transaction of its own. now: aware, UTC. Two at once put no alert into two mails.

    What cannot be put together for one recipient waits, and is a problem. While
    COMMUNIQUE_MAIL_FROM is no address mails have no Message-ID yet. Raises only where the store
    itself fails.
    """
    with engine.connect() as connection:
        recipients = connection.execute(_recipients()).scalars().all()
    tally, problems = _Tally(), list[str]()
    for recipient in recipients:
        try:
            tally.add(_assemble_for(engine, recipient, now))
        except Exception as error:  # one recipient's alerts must not stop the others'
            if is_away(error):
                raise
            reason = shown(f"{type(error).__name__}: {error}", 300)
            problems.append(
                f"Alerts to {shown(recipient, 100)} could not be put into a mail and wait for the "
                f"next run: {reason}"
            )
    with suppress(SenderError):  # whoever sends will say so
        name_mails(engine, sender(settings.mail_from).domain)
    names = ("mails", "alerts", "brief", "put_off")
    counts = {name: tally.counts[name] for name in names}
    return Assembled(**counts, held=dict(tally.held), problems=tuple(problems))


def _recipients() -> Any:
    waiting = select(Delivery.recipient).distinct().where(*_waiting()).order_by(Delivery.recipient)
    return waiting.join(Subscription, Subscription.id == Delivery.subscription_id)


def _waiting() -> tuple[Any, ...]:
    """Whatever `next_try_at` says: quiet hours may have been changed since."""
    return (
        Delivery.status == "pending",
        Delivery.mail_id.is_(None),
        Delivery.kind.in_(ALERTS),
        Subscription.how == "instant",
    )


def _assemble_for(engine: Engine, recipient: str, now: datetime) -> _Tally:
    tally, after = _Tally(), 0

    def work() -> tuple[_Tally, int | None]:
        with engine.begin() as connection:
            connection.execute(_ALONE, {"recipient": recipient})
            rows = connection.execute(_due(recipient, after)).all()
            last = rows[-1].id if len(rows) == MOST else None
            return _assemble(connection, recipient, rows, now), last

    while True:
        mine, last = begun_again(work, "alerts are put into a mail")
        tally.add(mine)
        if last is None:
            return tally
        after = last


def _due(recipient: str, after: int) -> Any:
    subscription = (Subscription.zone, Subscription.quiet_from, Subscription.quiet_until)
    state = (
        *(Subscription.ended_at, Subscription.confirmed_at),
        *(Subscription.paused_at, Subscription.paused_until, Subscription.most_a_day),
    )
    return (
        select(
            *(Delivery.id, Delivery.dedupe_key, Delivery.subscription_id, Delivery.next_try_at),
            *(*subscription, *state, Recipient.disabled_at),
        )
        .join(Subscription, Subscription.id == Delivery.subscription_id)
        .outerjoin(Recipient, Recipient.address == Delivery.recipient)
        .where(*_waiting(), Delivery.recipient == recipient, Delivery.id > after)
        .order_by(Delivery.id)
        .limit(MOST)
        .with_for_update(of=Delivery, skip_locked=True)
    )


def _assemble(
    connection: Connection, recipient: str, rows: Sequence[Facts], now: datetime
) -> _Tally:
    tally, ready = _Tally(), list[Facts]()
    held, later = defaultdict[str, list[int]](list), defaultdict[datetime, list[int]](list)
    asked = {"ids": [row.id for row in rows], "severities": list(SEVERITIES)}
    weights = {row.delivery_id: row.weight for row in connection.execute(_WEIGHTS, asked)}
    for row in rows:
        severity = SEVERITIES[weights.get(row.id, 1) - 1]
        due = due_at(now, severity, row.zone, row.quiet_from, row.quiet_until)
        silent = Held.DISABLED if row.disabled_at else silence(row, now)
        if silent:
            held[str(silent)].append(row.id)
        elif due > now:
            tally.counts["put_off"] += 1
            if row.next_try_at != due:
                later[due].append(row.id)
        else:
            ready.append(row)
    for reason, deliveries in held.items():
        tally.held[reason] += hold(connection, deliveries, reason)
    for due, deliveries in later.items():
        put_off = update(Delivery).where(Delivery.id.in_(deliveries))
        connection.execute(put_off.values(next_try_at=due))
    if ready:
        ready.sort(key=lambda row: (-weights.get(row.id, 1), row.id))
        _post(connection, recipient, ready, now, tally)
    return tally


def _post(
    connection: Connection, recipient: str, ready: Sequence[Facts], now: datetime, tally: _Tally
) -> None:
    """One mail for these deliveries, the most severe first."""
    values = {
        "key": _key(ready),
        "recipient": recipient,
        "kind": "alert",
        "created_at": now,
        "next_try_at": now,
    }
    mail = connection.execute(insert(Mail).values(values).returning(Mail.id)).scalar_one()
    brief = _told_by_title(connection, ready, now)
    for told_briefly in (False, True):
        mine = [row.id for row in ready if (row.id in brief) is told_briefly]
        if mine:
            posted = {"mail_id": mail, "brief": told_briefly, "next_try_at": now}
            connection.execute(update(Delivery).where(Delivery.id.in_(mine)).values(posted))
    tally.counts += Counter(mails=1, alerts=len(ready), brief=len(brief))


def _key(ready: Sequence[Facts]) -> str:
    """Of the deliveries' keys and numbers: where stories were put right, a later delivery may have
    a key that an earlier one had."""
    keys = sorted(f"{row.dedupe_key}/{row.id}" for row in ready)
    if len(keys) == 1:
        return keys[0]
    return f"alerts:{hashlib.sha256(chr(10).join(keys).encode()).hexdigest()}"


def _told_by_title(connection: Connection, ready: Sequence[Facts], now: datetime) -> set[int]:
    """The deliveries that are beyond what their subscription is told in full in one local day."""
    left: dict[int, int] = {}
    brief: set[int] = set()
    for row in ready:
        subscription = row.subscription_id
        if subscription not in left:
            told = _told_in_full(connection, subscription, local_day(now, row.zone)[0])
            left[subscription] = row.most_a_day - told
        left[subscription] -= 1
        if left[subscription] < 0:
            brief.add(row.id)
    return brief


def _told_in_full(connection: Connection, subscription: int, since: datetime) -> int:
    count = (
        select(func.count())
        .select_from(Delivery)
        .join(Mail, Mail.id == Delivery.mail_id)
        .where(Delivery.subscription_id == subscription, Delivery.brief.is_(False))
        .where(Delivery.status != "held")
        .where(Delivery.kind.in_(ALERTS), Mail.kind == "alert", Mail.created_at >= since)
    )
    return int(connection.execute(count).scalar_one())
