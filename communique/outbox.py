"""The outbox: what is due becomes mails (`posting`), and mails go out, each in a transaction of its
own.

A mail's row is locked from before it is rendered until the server has taken it and that is
written down. Should the process die in between, the row is pending again and the retry carries
the same Message-ID, which was committed before the first try: the one window that SMTP leaves
open shows as a recognisable duplicate, never as a loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from sqlalchemy import Engine, Select, func, not_, or_, select, update

from communique import restored
from communique.addressees import CHANNEL
from communique.mail.message import SenderError, sender
from communique.mail.smtp import EXAMPLE, Courier, SmtpUrlError, smtp_server
from communique.outbox_rate import Patience, room_from, take_turn
from communique.outbox_sending import (
    BACK_OFF,
    MOST_TRIES,
    SHORTEST_WAIT,
    Clock,
    Facts,
    Run,
    Tally,
    send_one,
)
from communique.posting import assemble
from communique.schema import Delivery, Mail
from communique.settings import Settings

# After so many failures to connect in a row the rest of a run's mails are put off untried.
PATIENCE = 3

__all__ = ["BACK_OFF", "MOST_TRIES", "PATIENCE", "Clock", "SendReport", "send_pending"]


@dataclass(frozen=True, slots=True)
class SendReport:
    """What one run of the outbox did, in mails. deferred: to be tried again later; failed: given
    up. Either way the reason is in `problems` and in the row. waiting: what is pending after the
    run, due or put off; as long as any of it waits because a try failed, `problems` says so."""

    sent: int = 0
    failed: int = 0
    deferred: int = 0
    waiting: int = 0
    problems: tuple[str, ...] = ()


def send_pending(
    engine: Engine, settings: Settings, clock: Clock | None = None, *, limit: int | None = None
) -> SendReport:
    """Puts the alerts that are due into mails (`assemble`), and sends what is pending and due,
    oldest first, at most `limit` mails.

    clock: tells now (aware, UTC); the settings' by default. Two senders at once never send one
    mail twice: each takes rows that the other has not locked. One bad mail, recipient or answer
    stops no other. Only what a server says of one mail or recipient counts against that mail; a
    server that is away or will not have us, or a wrong setting, never does, however long it lasts:
    everything stays pending, and that is a problem. Under COMMUNIQUE_MAIL_RATE a run waits for its
    turn, some minutes at most; the rest waits for the next run. Raises only where the store itself
    fails.
    """
    now = clock or settings.clock
    problems = [*assemble(engine, settings, now()).problems]
    waiting, _ = _pending(engine)
    if not waiting:
        return SendReport(problems=tuple(problems))
    try:
        origin = sender(settings.mail_from)
    except SenderError as error:
        problems.append(f"Mails waiting to be sent: {waiting}. {error}")
        return SendReport(waiting=waiting, problems=tuple(problems))
    tally = Tally()
    noted, waits = restored.problem(engine)
    problems.extend([waits] if waits else [])
    with _courier(settings) as (courier, trouble):
        run = Run(engine, settings, origin, courier, now, tally, noted)
        _send_all(run, limit)
    if trouble and (unsent := _unsent(engine)):
        tally.problems.append(f"Mails waiting to be sent: {unsent}. {trouble}")
    waiting, put_off = _pending(engine)
    if put_off and not tally.problems:
        tally.problems.append(put_off)
    counts = {outcome: tally.counts[outcome] for outcome in ("sent", "failed", "deferred")}
    return SendReport(**counts, waiting=waiting, problems=(*problems, *tally.problems))


@contextmanager
def _courier(settings: Settings) -> Iterator[tuple[Courier | None, str]]:
    """Who hands mails to the server; or nobody, and why."""
    try:
        if not settings.smtp_url:
            raise SmtpUrlError(f"COMMUNIQUE_SMTP_URL is not set; set it, such as to {EXAMPLE}.")
        server = smtp_server(settings.smtp_url)
    except SmtpUrlError as error:
        yield None, str(error)
        return
    with Courier(server) as courier:
        yield courier, ""


def _pending(engine: Engine) -> tuple[int, str]:
    """How many mails are pending, and what is to be said of those whose last try failed."""
    failed = Mail.last_error.is_not(None)
    query = select(
        func.count(),
        func.count().filter(failed),
        func.min(Mail.next_try_at).filter(failed),
        func.max(Mail.last_error),
    ).where(Mail.status == "pending")
    with engine.connect() as connection:
        every, put_off, next_try, error = connection.execute(query).one()
    if not put_off:
        return every, ""
    when = f"{next_try.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC" if next_try else "at once"
    return every, f"Mails put off by an earlier run: {put_off}, next try {when}: {error}"


def _unsent(engine: Engine) -> int:
    """How many mails wait for a mail server."""
    by_mail = Mail.recipient.not_like(f"{CHANNEL}%")
    query = select(func.count()).select_from(Mail).where(Mail.status == "pending", by_mail)
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def _send_all(run: Run, limit: int | None) -> None:
    """Sends one mail after the other until none is due, or the limit or the rate stops it."""
    tally, patience, rate = run.tally, Patience(), run.settings.mail_rate
    while limit is None or tally.counts.total() < limit:
        room = None
        with run.engine.begin() as connection:
            take_turn(connection, rate)
            now = run.clock()  # not before: whoever had the turn has sent meanwhile
            due = connection.execute(_due(run, now).limit(1)).one_or_none()
            if due is None:
                return
            room = room_from(connection, rate, now)
            if room is None:
                tally.after = due.id
                send_one(connection, run, due, now)
        if room is not None and not patience.wait(room, run.clock):
            return
        if tally.unreachable >= PATIENCE and not tally.away:
            _put_off(run)
            tally.away = True


def _due(run: Run, now: datetime) -> Select[*tuple[Facts, ...]]:
    """Pending mails after the last one, locked; without a server, only those to channels."""
    query = (
        select(Mail.__table__)
        .where(
            *(Mail.status == "pending", Mail.id > run.tally.after, Mail.message_id.is_not(None)),
            or_(Mail.next_try_at.is_(None), Mail.next_try_at <= now),
        )
        .order_by(Mail.id)
        .with_for_update(skip_locked=True)
    )
    if run.courier is None or run.tally.away:
        query = query.where(Mail.recipient.like(f"{CHANNEL}%"))
    if run.restored is not None:
        query = query.where(not_(run.restored.waits))
    return query


def _put_off(run: Run) -> None:
    """The server is away: what has not been tried in this run is due again in a minute."""
    now = run.clock()
    with run.engine.begin() as connection:
        due = connection.execute(_due(run, now)).all()
        rest = [mail.id for mail in due if not mail.recipient.startswith(CHANNEL)]
        later = {"next_try_at": now + SHORTEST_WAIT}
        connection.execute(update(Mail).where(Mail.id.in_(rest)).values(later))
        mine = select(Delivery.id).where(Delivery.mail_id.in_(rest), Delivery.status == "pending")
        mine = mine.with_for_update(skip_locked=True)
        connection.execute(update(Delivery).where(Delivery.id.in_(mine)).values(later))
    if rest:
        run.tally.counts["deferred"] += len(rest)
        run.tally.problems.append(
            f"Mails put off untried, as the mail server is away: {len(rest)}."
        )
