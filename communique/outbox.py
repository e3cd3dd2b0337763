"""The outbox: pending deliveries become mails, each in a transaction of its own.

A mail's row is locked from before it is rendered until the server has taken it and that is
written down. Should the process die in between, the row is pending again and the retry carries
the same Message-ID, which was committed before the first try: the one window that SMTP leaves
open shows as a recognisable duplicate, never as a loss.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, or_, select, update

from communique.mail.clean import shown
from communique.mail.health import compose_health, health_letter
from communique.mail.letter import letter
from communique.mail.message import Sender, SenderError, compose, sender
from communique.mail.smtp import EXAMPLE, Courier, Refused, SmtpUrlError, Unreachable, smtp_server
from communique.schema import Delivery, Subscription
from communique.settings import Settings

# Minutes before the second, third, ... try of a mail that is refused for now: two days in all.
BACK_OFF = (1, 5, 15, 60, 120, 240, 480, 720, 1440)
MOST_TRIES = len(BACK_OFF) + 1
# While the server is away, or will not have us: for ever, between these two waits.
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
# After so many failures to connect in a row the rest of a run's mails are put off untried.
PATIENCE = 3
ENDED = "subscription ended"

Clock = Callable[[], datetime]
Facts = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class SendReport:
    """What one run of the outbox did. deferred: to be tried again later; failed: given up. Either
    way the reason is in `problems` and in the row. waiting: what is pending after the run, due or
    put off; as long as any of it waits because a try failed, `problems` says so."""

    sent: int = 0
    failed: int = 0
    deferred: int = 0
    waiting: int = 0
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    """A run's counts while it runs. after: the delivery that was tried last."""

    after: int = 0
    unreachable: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def send_pending(
    engine: Engine, settings: Settings, clock: Clock | None = None, *, limit: int | None = None
) -> SendReport:
    """Sends what is pending and due, oldest first, at most `limit` mails.

    clock: tells now (aware, UTC); the settings' by default. Two senders at once never send one
    mail twice: each takes rows that the other has not locked. One bad mail, recipient or answer
    stops no other. Only what a server says of one mail or recipient counts against that mail; a
    server that is away or will not have us, or a wrong setting, never does, however long it lasts:
    everything stays pending, and that is a problem. Raises only where the store itself fails.
    """
    waiting, _ = _pending(engine)
    if not waiting:
        return SendReport()
    try:
        if not settings.smtp_url:
            raise SmtpUrlError(f"COMMUNIQUE_SMTP_URL is not set; set it, such as to {EXAMPLE}.")
        origin, server = sender(settings.mail_from), smtp_server(settings.smtp_url)
    except (SenderError, SmtpUrlError) as error:
        problem = f"Alerts waiting to be sent: {waiting}. {error}"
        return SendReport(waiting=waiting, problems=(problem,))
    _name_messages(engine, origin.domain)
    with Courier(server) as courier:
        tally = _send_all(engine, courier, origin, clock or settings.clock, limit)
    waiting, put_off = _pending(engine)
    if put_off and not tally.problems:
        tally.problems.append(put_off)
    counts = {outcome: tally.counts[outcome] for outcome in ("sent", "failed", "deferred")}
    return SendReport(**counts, waiting=waiting, problems=tuple(tally.problems))


def _pending(engine: Engine) -> tuple[int, str]:
    """How many mails are pending, and what is to be said of those whose last try failed."""
    failed = Delivery.last_error.is_not(None)
    query = select(
        func.count(),
        func.count().filter(failed),
        func.min(Delivery.next_try_at).filter(failed),
        func.max(Delivery.last_error),
    ).where(Delivery.status == "pending")
    with engine.connect() as connection:
        every, put_off, next_try, error = connection.execute(query).one()
    if not put_off:
        return every, ""
    when = f"{next_try.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC" if next_try else "at once"
    return every, f"Alerts put off by an earlier run: {put_off}, next try {when}: {error}"


def _name_messages(engine: Engine, domain: str) -> None:
    """Fixes the Message-IDs of what is queued, committed before anything is tried. A key is not
    enough: where stories were put right, a later mail may have one that an earlier mail had."""
    key = func.concat(Delivery.dedupe_key, "/", Delivery.id)
    digest = func.encode(func.sha256(func.convert_to(key, "UTF8")), "hex")
    unnamed = select(Delivery.id).where(Delivery.status == "pending", Delivery.message_id.is_(None))
    with engine.begin() as connection:
        connection.execute(
            update(Delivery)
            .where(Delivery.id.in_(unnamed.with_for_update(skip_locked=True)))
            .values(message_id=func.concat("<", func.left(digest, 32), f"@{domain}>"))
        )


def _send_all(
    engine: Engine, courier: Courier, origin: Sender, now: Clock, limit: int | None
) -> _Tally:
    tally = _Tally()
    while limit is None or tally.counts.total() < limit:
        with engine.begin() as connection:
            due = connection.execute(_due(tally.after, now()).limit(1)).one_or_none()
            if due is None:
                break
            tally.after = due.id
            _send_one(connection, courier, origin, due, now(), tally)
        if tally.unreachable >= PATIENCE:
            _put_off(engine, now(), tally)
            break
    return tally


def _due(after: int, now: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(Delivery.id, Delivery.recipient, Delivery.message_id, Delivery.tries),
            *(Delivery.created_at, Delivery.kind, Delivery.content, Subscription.ended_at),
        )
        .outerjoin(Subscription, Subscription.id == Delivery.subscription_id)
        .where(
            *(Delivery.status == "pending", Delivery.id > after, Delivery.message_id.is_not(None)),
            or_(Delivery.next_try_at.is_(None), Delivery.next_try_at <= now),
        )
        .order_by(Delivery.id)
        .with_for_update(of=Delivery, skip_locked=True)
    )


def _send_one(
    connection: Connection,
    courier: Courier,
    origin: Sender,
    due: Facts,
    now: datetime,
    tally: _Tally,
) -> None:
    if due.ended_at is not None:
        tally.counts["held"] += 1
        _note(connection, due, status="held", held_because=ENDED, next_try_at=None)
        return
    try:
        with connection.begin_nested():
            mail = _mail(connection, due, origin, now)
        courier.send(mail, origin.address, due.recipient)
    except Unreachable as error:
        tally.unreachable += 1
        _defer(connection, due, now + _wait(due.created_at, now), shown(str(error), 500), tally)
    except Refused as error:
        tally.unreachable = 0
        _tried_in_vain(connection, due, now, str(error), tally, for_good=error.for_good)
    except Exception as error:  # whatever one statement holds must not stop the other mails
        reason = f"the mail could not be written: {type(error).__name__}: {error}"
        _tried_in_vain(connection, due, now, reason, tally)
    else:
        tally.unreachable = 0
        tally.counts["sent"] += 1
        values = {"status": "sent", "sent_at": now, "next_try_at": None, "last_error": None}
        _note(connection, due, tries=due.tries + 1, **values)


def _mail(connection: Connection, due: Facts, origin: Sender, now: datetime) -> EmailMessage:
    """An alert, or what maintainers are told, which is of no subscription."""
    if due.kind == "source_health":
        told = health_letter(due.content or {}, due.recipient)
        return compose_health(told, origin, due.message_id, now)
    return compose(letter(connection, due.id), origin, due.message_id, now)


def _tried_in_vain(
    connection: Connection,
    due: Facts,
    now: datetime,
    reason: str,
    tally: _Tally,
    *,
    for_good: bool = False,
) -> None:
    tries, error = due.tries + 1, shown(reason, 500)
    if for_good or tries >= MOST_TRIES:
        tally.counts["failed"] += 1
        outcome = "failed for good" if for_good else f"failed, given up after {tries} tries"
        _note(connection, due, status="failed", tries=tries, last_error=error, next_try_at=None)
        tally.problems.append(f"Alert {due.id} to {due.recipient}: {outcome}: {error}")
    else:
        next_try = now + timedelta(minutes=BACK_OFF[due.tries])
        _defer(connection, due, next_try, error, tally, tries=tries)


def _wait(since: datetime, now: datetime) -> timedelta:
    """Grows with the outage, as a quarter of the time that the mail has waited."""
    return min(max((now - since) / 4, SHORTEST_WAIT), LONGEST_WAIT)


def _defer(
    connection: Connection,
    due: Facts,
    next_try: datetime,
    error: str,
    tally: _Tally,
    **values: object,
) -> None:
    tally.counts["deferred"] += 1
    _note(connection, due, last_error=error, next_try_at=next_try, **values)
    when = f"{next_try.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
    tally.problems.append(f"Alert {due.id} to {due.recipient}: put off until {when}: {error}")


def _note(connection: Connection, due: Facts, **values: object) -> None:
    connection.execute(update(Delivery).where(Delivery.id == due.id).values(**values))


def _put_off(engine: Engine, now: datetime, tally: _Tally) -> None:
    """The server is away: what has not been tried in this run is due again in a minute."""
    with engine.begin() as connection:
        rest = [due.id for due in connection.execute(_due(tally.after, now))]
        connection.execute(
            update(Delivery).where(Delivery.id.in_(rest)).values(next_try_at=now + SHORTEST_WAIT)
        )
    if rest:
        tally.counts["deferred"] += len(rest)
        tally.problems.append(f"Alerts put off untried, as the mail server is away: {len(rest)}.")
