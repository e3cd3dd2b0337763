"""Whether alerts are written, leave, and arrive."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address

from sqlalchemy import Connection, text

from communique import canary as canaries
from communique.doctor_parts import Patient, Said, ago, broken, look, ok
from communique.mail.dates import moment
from communique.mail.message import SenderError, sender
from communique.mail.smtp import EXAMPLE, Courier, SmtpUrlError, Unreachable, smtp_server
from communique.restored import restored

ANSWER = 8.0  # seconds that the mail server may take for each answer
# Alert runs are due after each collect, and every hour.
OVERDUE = timedelta(hours=3)
RECENT = timedelta(days=7)

_OUTBOX = text("""
    SELECT count(*) FILTER (WHERE status = 'pending') AS pending,
           min(created_at) FILTER (WHERE status = 'pending') AS oldest,
           min(coalesce(next_try_at, created_at)) FILTER (WHERE status = 'pending') AS due,
           count(*) FILTER (WHERE status = 'pending' AND last_error IS NOT NULL) AS put_off,
           max(last_error) FILTER (WHERE status = 'pending') AS why,
           count(*) FILTER (WHERE status = 'failed') AS failed
    FROM communique.mails WHERE status = 'pending' OR status = 'failed' AND created_at >= :since
""")
_DISABLED = text("SELECT count(*) FROM communique.recipients WHERE disabled_at IS NOT NULL")
_UNJUDGED = text("""
    SELECT count(*) AS number, min(seen_at) AS oldest FROM communique.revisions
    WHERE judged_at IS NULL
""")
_SUBSCRIBED = text("""
    SELECT count(*) FROM communique.subscriptions
    WHERE ended_at IS NULL AND confirmed_at IS NOT NULL
""")


def server(patient: Patient) -> Said:
    """Whether the mail server answers, encrypts, lets us in and takes mail from our sender; no mail
    is sent."""
    given = patient.settings
    if not given.smtp_url:
        return look("COMMUNIQUE_SMTP_URL is not set: no mail leaves", f"Set it, as to {EXAMPLE}.")
    try:
        origin = sender(given.mail_from).address
        where = smtp_server(given.smtp_url)
    except (SenderError, SmtpUrlError) as error:
        return broken(str(error), "Until then no mail leaves.")
    with Courier(where, ANSWER) as courier:
        try:
            courier.greet(origin)
        except Unreachable as error:
            return broken(str(error), "All mails wait until it does; none is lost.")
        open_to_all = where.scheme == "smtp" and not _is_near(where.host)
        if open_to_all and (where.user or courier.could_encrypt):
            what = "password and mails go" if where.user else "mails go"
            advice = "Write smtp+starttls:// in COMMUNIQUE_SMTP_URL."
            return look(f"{where} takes mails, but {what} over the network unencrypted", advice)
    login = f", as {where.user}" if where.user else ""
    return ok(f"{where} takes mails from {origin}{login}")


def _is_near(host: str) -> bool:
    """Whether nobody else listens on the way: this machine, or a neighbour in a docker network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or "." not in host


def outbox(patient: Patient) -> Said:
    """What waits to be sent, and what was given up within a week."""
    now = patient.now
    with patient.store() as connection:
        box = connection.execute(_OUTBOX, {"since": now - RECENT}).one()
        disabled = connection.execute(_DISABLED).scalar_one()
    waits = f"mails that wait: {box.pending}"
    if box.oldest:
        waits += f", the oldest for {ago(box.oldest, now)}"
    if box.pending and now - box.due > OVERDUE:
        return broken(
            f"{waits}; nobody has tried to send what is due since {moment(box.due)}",
            "Does the DAG `alert` run? By hand: communique alert",
        )
    if box.put_off and now - box.oldest > OVERDUE:
        found = f"{waits}; {box.put_off} were tried in vain: {box.why}"
        return broken(found, "See `mail server`, and: communique deliveries --status pending")
    told = [waits]
    if box.put_off:
        told.append(f"{box.put_off} were tried in vain: {box.why}")
    if box.failed:
        told.append(f"given up within a week: {box.failed}")
    if disabled:
        told.append(f"addresses to which nothing is sent any more: {disabled}")
    if len(told) == 1:
        return ok(waits)
    return look("; ".join(told), "communique deliveries --status failed says why.")


def alerting(patient: Patient) -> Said:
    """Whether what was found is judged soon."""
    with patient.store() as connection:
        if noted := restored(connection):
            found = f"the store is a copy of {moment(noted.taken_at)}: no alert leaves"
            return broken(found, "A person must say what was told: communique db restored")
        waiting = connection.execute(_UNJUDGED).one()
        heard = _subscribers(connection)
    if not waiting.number:
        return ok(f"all wordings are judged; subscriptions in force: {heard}")
    since = ago(waiting.oldest, patient.now)
    found = f"wordings to be judged: {waiting.number}, the oldest for {since}"
    if patient.now - waiting.oldest <= OVERDUE:
        return ok(found)
    advice = "Does the DAG `alert` run? By hand: communique alert"
    return broken(found, advice) if heard else look(f"{found}; nobody subscribes", advice)


def _subscribers(connection: Connection) -> int:
    return int(connection.execute(_SUBSCRIBED).scalar_one())


def canary(patient: Patient) -> Said:
    """Whether the mails of alert runs are taken by the mail server."""
    if not patient.settings.canary:
        advice = "Set COMMUNIQUE_CANARY to a mailbox: its mail proves that alerts would arrive."
        return look("COMMUNIQUE_CANARY is not set", advice)
    with patient.store() as connection:
        problem = canaries.overdue(connection, patient.settings, patient.now)
        there = canaries.standing(connection)
    if there is None:
        return look("no alert run has queued one yet", "communique alert, or its DAG, does.")
    if problem:
        return broken(problem, "communique canary says more.")
    if not there.found:
        found = "no rule finds the canary's text: a slip in a watchlist?"
        return broken(found, "Run: communique watchlists check")
    taken = moment(there.sent_at) if there.sent_at else "not yet"
    return ok(f"taken by the mail server: {taken}")
