"""One mail of the outbox: whether it is still to be sent, its try, and what came of it. Inside the
caller's transaction, which holds the lock on the mail's row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from communique.addressees import is_channel
from communique.channel_bodies import webhook_body
from communique.channels import Message, Misconfigured, hand_over, is_webhook
from communique.mail.clean import shown
from communique.mail.composing import compose_mail
from communique.mail.message import Sender
from communique.mail.smtp import Courier, Refused, Unreachable
from communique.mails import hold
from communique.recipients import is_disabled, note_refusal, note_success
from communique.restored import Restored
from communique.schema import Delivery, Mail, Subscription
from communique.selections import silence
from communique.settings import Settings
from communique.verdicts import Held

# Minutes before the second, third, ... try of a mail that is refused for now: two days in all.
BACK_OFF = (1, 5, 15, 60, 120, 240, 480, 720, 1440)
MOST_TRIES = len(BACK_OFF) + 1
# While the server is away, or will not have us: for ever, between these two waits.
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)

Clock = Callable[[], datetime]
Facts = Row[*tuple[Any, ...]]


@dataclass(slots=True)
class Tally:
    """A run's counts while it runs. after: the mail that was tried last; unreachable: how often in
    a row the mail server was not to be had; away: so often that it is asked no more."""

    after: int = 0
    unreachable: int = 0
    away: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the outbox works with. courier: None where there is no mail server. restored:
    the store is a copy, and news waits for a person's word."""

    engine: Engine
    settings: Settings
    origin: Sender
    courier: Courier | None
    clock: Clock
    tally: Tally
    restored: Restored | None = None


def send_one(connection: Connection, run: Run, due: Facts, now: datetime) -> None:
    """Tries one mail and writes down what came of it. Raises only where the store fails."""
    tally = run.tally
    if not _locked(connection, due):
        return
    if reason := _silence(connection, due, now):
        tally.counts["held"] += 1
        _hold(connection, due, reason)
        return
    try:
        _hand_over(connection, run, due, now)
    except Unreachable as error:
        tally.unreachable += 1
        _wait(connection, due, now, str(error), tally)
    except Misconfigured as error:
        _wait(connection, due, now, str(error), tally)
    except Refused as error:
        _met_a_server(due, tally)
        _tried_in_vain(connection, due, now, str(error), tally, for_good=error.for_good)
        if error.for_good and error.of_recipient:
            _note_refusal(connection, run, due, str(error), now)
    except Exception as error:  # whatever one statement holds must not stop the other mails
        reason = f"the mail could not be written: {type(error).__name__}: {error}"
        _tried_in_vain(connection, due, now, reason, tally)
    else:
        _met_a_server(due, tally)
        tally.counts["sent"] += 1
        values = {"status": "sent", "sent_at": now, "next_try_at": None, "last_error": None}
        _note(connection, due, tries=due.tries + 1, **values)
        note_success(connection, due.recipient)


def _locked(connection: Connection, due: Facts) -> bool:
    """Locks what a mail tells of. False where somebody is putting its stories right: it waits for
    the next run. It never waits for them, who may be waiting for the mail."""
    mine = select(Delivery.id).where(Delivery.mail_id == due.id, Delivery.status == "pending")
    every = connection.execute(mine).scalars().all()
    locked = connection.execute(mine.order_by(Delivery.id).with_for_update(skip_locked=True))
    return set(every) <= set(locked.scalars())


def _silence(connection: Connection, due: Facts, now: datetime) -> str | None:
    """Why a mail is not sent after all: none of its subscriptions is told anything any more, or its
    address is disabled. Alerts of some that are not leave a mail that was never tried; one that
    was may have arrived, and stays as it was."""
    if is_disabled(connection, due.recipient):
        return Held.DISABLED
    pending = (Delivery.mail_id == due.id, Delivery.status == "pending")
    query = select(*Subscription.__table__.columns, Delivery.id.label("delivery_id"))
    query = query.join(Subscription, Subscription.id == Delivery.subscription_id)
    rows = connection.execute(query.where(*pending).order_by(Delivery.id)).all()
    silent = {row.delivery_id: reason for row in rows if (reason := silence(row, now))}
    if rows and len(silent) == len(rows):
        return str(next(iter(silent.values())))
    if due.kind in ("alert", "digest") and due.tries == 0:
        for delivery, reason in silent.items():
            hold(connection, [delivery], reason)
    return None


def _hold(connection: Connection, due: Facts, reason: str) -> None:
    held = {"status": "held", "held_because": reason, "next_try_at": None}
    connection.execute(update(Mail).where(Mail.id == due.id).values(held))
    mine = select(Delivery.id).where(Delivery.mail_id == due.id)
    hold(connection, connection.execute(mine).scalars().all(), reason, in_mail=True)


def _hand_over(connection: Connection, run: Run, due: Facts, now: datetime) -> None:
    with connection.begin_nested():
        mail = compose_mail(connection, due, run.origin, run.settings, now)
        if is_channel(due.recipient):
            message = _message(connection, run.settings, due, mail)
    if is_channel(due.recipient):
        hand_over(run.settings, due.recipient, message, now)
    elif run.courier is not None:
        run.courier.send(mail, run.origin.address, due.recipient)


def _message(connection: Connection, settings: Settings, due: Facts, mail: EmailMessage) -> Message:
    part = mail.get_body(("plain",))
    words = str(part.get_content()) if part is not None else ""
    subject, body = str(mail["Subject"]), b""
    if is_webhook(settings, due.recipient):
        body = webhook_body(connection, due, subject, words)
    return Message(due.message_id, subject, words, body)


def _met_a_server(due: Facts, tally: Tally) -> None:
    """What a channel answers says nothing of the mail server."""
    if not is_channel(due.recipient):
        tally.unreachable = 0


def _note_refusal(connection: Connection, run: Run, due: Facts, error: str, now: datetime) -> None:
    reason = shown(error, 500)
    if note_refusal(connection, run.settings, due.recipient, reason, now):
        run.tally.problems.append(
            f"{shown(due.recipient, 200)} refused too often and is disabled: run communique "
            "subscriptions enable, or end its subscriptions."
        )


def _tried_in_vain(
    connection: Connection,
    due: Facts,
    now: datetime,
    reason: str,
    tally: Tally,
    *,
    for_good: bool = False,
) -> None:
    tries, error = due.tries + 1, shown(reason, 500)
    if for_good or tries >= MOST_TRIES:
        tally.counts["failed"] += 1
        outcome = "failed for good" if for_good else f"failed, given up after {tries} tries"
        _note(connection, due, status="failed", tries=tries, last_error=error, next_try_at=None)
        tally.problems.append(f"{_named(due)}: {outcome}: {error}")
    else:
        next_try = now + timedelta(minutes=BACK_OFF[due.tries])
        _defer(connection, due, next_try, error, tally, tries=tries)


def _wait(connection: Connection, due: Facts, now: datetime, reason: str, tally: Tally) -> None:
    """No mail's fault: it counts no try, and is tried for ever. The wait grows with the outage, as
    a quarter of the time that the mail has waited."""
    wait = min(max((now - due.created_at) / 4, SHORTEST_WAIT), LONGEST_WAIT)
    _defer(connection, due, now + wait, shown(reason, 500), tally)


def _defer(
    connection: Connection,
    due: Facts,
    next_try: datetime,
    error: str,
    tally: Tally,
    **values: object,
) -> None:
    tally.counts["deferred"] += 1
    _note(connection, due, last_error=error, next_try_at=next_try, **values)
    when = f"{next_try.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
    tally.problems.append(f"{_named(due)}: put off until {when}: {error}")


def _named(due: Facts) -> str:
    return f"Mail {due.id} to {shown(due.recipient, 200)}"


def _note(connection: Connection, due: Facts, **values: object) -> None:
    """Writes to the mail and to what it tells of, which stay equal."""
    connection.execute(update(Mail).where(Mail.id == due.id).values(**values))
    mine = update(Delivery).where(Delivery.mail_id == due.id, Delivery.status == "pending")
    connection.execute(mine.values(message_id=due.message_id, **values))
