"""Digests become mails in the outbox: one a recipient for all daily, or weekly, subscriptions that
are due at once.

What makes a second digest of one period impossible is the row that each subscription gets for it
(`digest:SUBSCRIPTION:DAY`), written in one transaction with the mail and with the alerts that go
out in it; two runs at once wait for each other at the subscriptions' rows. What no digest has taken
waits for the next: one that comes days late, after an outage, holds everything. Where a period
comes during a pause, its row is held and says so; where the address is disabled, with what waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, Select, insert, select

from communique.digest_facts import Facts
from communique.digest_mails import Subscriber, assemble, key_of, row_of
from communique.digest_rows import WAITING
from communique.mail.clean import shown
from communique.mail.composing import compose_mail
from communique.mail.message import SenderError, sender
from communique.mails import hold
from communique.periods import Due, Schedule, last_due, next_due
from communique.recipients import is_disabled
from communique.refusals import begun_again, is_away
from communique.schema import Delivery, Mail, Subscription
from communique.selections import silence
from communique.settings import Settings
from communique.verdicts import Held
from scrapers.sources import Source

HOWS = ("daily", "weekly")


@dataclass(frozen=True, slots=True)
class Digests:
    """What one run put into the outbox. queued: mails; alerts: that they tell; held: digests of
    subscriptions that are told nothing at present, by reason. problems: what kept somebody from a
    digest, which is tried again at the next run."""

    queued: int = 0
    alerts: int = 0
    held: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    queued: int = 0
    alerts: int = 0
    held: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, other: _Tally) -> None:
        """Adds what was committed for one recipient."""
        self.queued += other.queued
        self.alerts += other.alerts
        self.held += other.held


def queue_digests(
    engine: Engine, settings: Settings, sources: Iterable[Source], now: datetime
) -> Digests:
    """Puts every digest that is due at `now` (aware, UTC), and of which there is no row yet, into
    the outbox. sources: all that are watched. A recipient whose digest cannot be put together
    stops no other. Raises only where the store itself fails."""
    tally = _Tally()
    _hold_ended(engine)
    with engine.connect() as connection:
        every = connection.execute(_running()).all()
        due = _due(every, now, tally)
        settled = _rows_of(connection, due)
    open_ = [one for one in every if one.id in due and key_of(one.id, due[one.id]) not in settled]
    if open_:
        try:
            domain = sender(settings.mail_from).domain
        except SenderError as error:
            return Digests(problems=(f"Digests that are due: {len(open_)}. {error}",))
        facts = Facts(engine, tuple(sources), now)
        for recipient, how in sorted({(one.recipient, one.how) for one in open_}):
            mine = [one.id for one in open_ if (one.recipient, one.how) == (recipient, how)]
            work = partial(_queue, mine, due, facts, domain)
            try:
                tally.add(begun_again(work, "a digest is put together"))
            except Exception as error:  # whatever is wrong with one must not stop the others
                if is_away(error):
                    raise
                said = shown(f"{type(error).__name__}: {error}", 300)
                tally.problems.append(f"The {how} digest of {recipient} waits: {said}")
    return Digests(tally.queued, tally.alerts, dict(tally.held), tuple(tally.problems))


def preview(
    engine: Engine, settings: Settings, sources: Iterable[Source], recipient: str, now: datetime
) -> tuple[EmailMessage, ...]:
    """The digests that a recipient (normal) would get if they were due at `now` (aware, UTC).
    Nothing is stored. Empty: nobody is subscribed so, or is told nothing at present. Raises
    SenderError."""
    origin, facts = sender(settings.mail_from), Facts(engine, tuple(sources), now)
    mails = []
    with engine.connect() as connection:  # what is written is rolled back when it is closed
        mine = connection.execute(_running().where(Subscription.recipient == recipient)).all()
        for how in HOWS:
            members = [one for one in mine if one.how == how and silence(one, now) is None]
            if members:
                due = {one.id: next_due(_schedule(one), now) for one in members}
                made, _ = assemble(connection, members, due, facts, origin.domain)
                row = connection.execute(select(*Mail.__table__.columns).where(Mail.id == made))
                mails.append(compose_mail(connection, row.one(), origin, settings, now))
    return tuple(mails)


def _running() -> Select[*tuple[Any, ...]]:
    return (
        select(*Subscription.__table__.columns)
        .where(
            Subscription.how.in_(HOWS),
            Subscription.ended_at.is_(None),
            Subscription.confirmed_at.is_not(None),
        )
        .order_by(Subscription.id)
    )


def _schedule(one: Subscriber) -> Schedule:
    return Schedule(one.how, one.zone, one.hour, one.weekday)


def _due(every: Iterable[Subscriber], now: datetime, tally: _Tally) -> dict[int, Due]:
    """The last digest of each subscription that came due since it was confirmed."""
    out = {}
    for one in every:
        try:
            due = last_due(_schedule(one), now)
        except (KeyError, ValueError, OSError) as error:  # a zone that this machine lacks
            tally.problems.append(f"Subscription {one.id} has no digest: {error}")
            continue
        if due.at > one.confirmed_at:
            out[one.id] = due
    return out


def _rows_of(connection: Connection, due: Mapping[int, Due]) -> set[str]:
    """The rows that there are already, of these digests."""
    keys = [key_of(one, when) for one, when in due.items()]
    found = select(Delivery.dedupe_key).where(Delivery.dedupe_key.in_(keys))
    return set(connection.execute(found).scalars())


def _hold_ended(engine: Engine) -> None:
    """What waited for the digest of a subscription that has ended is told nobody."""
    ended = select(Subscription.id).where(
        Subscription.how.in_(HOWS), Subscription.ended_at.is_not(None)
    )
    with engine.begin() as connection:
        _hold(connection, ended, Held.ENDED)


def _hold(connection: Connection, subscriptions: Any, reason: Held) -> None:
    """What waits for the digests of these subscriptions is not told any more."""
    waits = select(Delivery.id).where(*WAITING, Delivery.subscription_id.in_(subscriptions))
    hold(connection, connection.execute(waits).scalars().all(), str(reason))


def _queue(ids: Collection[int], due: Mapping[int, Due], facts: Facts, domain: str) -> _Tally:
    """One recipient's digest of one kind, in a transaction of its own: for its subscriptions as
    they stand once they are locked."""
    tally, members = _Tally(), list[Subscriber]()
    locked = _running().where(Subscription.id.in_(ids)).with_for_update(key_share=True)
    with facts.engine.begin() as connection:
        every = connection.execute(locked).all()
        settled = _rows_of(connection, {one.id: due[one.id] for one in every})
        for one in every:
            if key_of(one.id, due[one.id]) in settled:
                continue
            if (held := _held(connection, one, due[one.id], facts.now)) is None:
                members.append(one)
            else:
                _leave_out(connection, one, due[one.id], held, facts.now)
                tally.held[str(held)] += 1
        if members:
            _, tally.alerts = assemble(connection, members, due, facts, domain)
            tally.queued = 1
    return tally


def _leave_out(
    connection: Connection, one: Subscriber, due: Due, held: Held, now: datetime
) -> None:
    """This period has no digest, and says why."""
    row = row_of(one, due, now) | {"status": "held", "held_because": str(held)}
    connection.execute(insert(Delivery).values(row))
    if held is Held.DISABLED:
        _hold(connection, [one.id], held)


def _held(connection: Connection, one: Subscriber, due: Due, now: datetime) -> Held | None:
    """Why a subscription gets no digest now, or did not want one when it came due."""
    if held := silence(one, now) or silence(one, due.at):
        return held
    return Held.DISABLED if is_disabled(connection, one.recipient) else None
