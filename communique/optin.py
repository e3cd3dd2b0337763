"""Double opt-in: an address says itself that it wants to hear, before it is told anything.

Whoever asks may ask for somebody else's address. So what is asked for waits unconfirmed, and a mail
to the address holds the token that confirms it; whoever did not ask ignores it, and that is the
end of it. Channels, and addresses of trusted domains, are the operator's own and need none.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Unpack

from sqlalchemy import Connection, exists, or_, select, text, update

from communique.addressees import CHANNEL, is_channel, is_trusted
from communique.choices import Choices, SubscriptionError
from communique.mail.links import mail_for, page_for
from communique.mail.message import SenderError, sender
from communique.mails import queue_mail
from communique.schema import Mail
from communique.schema import Subscription as Row
from communique.settings import Settings
from communique.subscriptions import Subscription, checked, of_ids, write
from communique.tokens import TokenError, read, sign

KIND = "confirmation"
# How long a token confirms; and how long an address has its peace after each mail that asks it.
HOLDS, PEACE = timedelta(days=7), timedelta(hours=1)
# The lock under which one address is asked; any constant of our own will do.
ASKING_LOCK = 0x41534B


@dataclass(frozen=True, slots=True)
class Requested:
    """What was asked for. confirmation: `not needed`; `queued`: a mail asks the address; `asked
    before`: one did within the hour, or is still on its way, and confirms this too."""

    subscription: Subscription
    confirmation: Literal["not needed", "queued", "asked before"]


def request(
    connection: Connection,
    settings: Settings,
    recipient: str,
    watchlist: str,
    now: datetime,
    *,
    known: Collection[str] | None = None,
    how: str = "instant",
    **choices: Unpack[Choices],
) -> Requested:
    """Subscribes as `subscribe` does, but an address that is neither of a trusted domain nor
    confirmed in another subscription that runs must confirm it: a mail to it is queued, at most
    one an hour. now: aware. Raises SubscriptionError, also for a channel that there is none of."""
    address, values = checked(connection, recipient, watchlist, known, how, choices)
    _require_channel(address, settings)
    # Two requests for one address, one after the other: or both would queue a mail.
    lock = text("SELECT pg_advisory_xact_lock(:key, hashtext(:address))")
    connection.execute(lock, {"key": ASKING_LOCK, "address": address})
    sure = is_channel(address) or is_trusted(address, settings.trusted_domains)
    sure = sure or _is_confirmed(connection, address)
    since = now if sure else None
    made = write(connection, address, watchlist, how, now, values, confirmed_at=since)
    if made.confirmed_at is not None:
        return Requested(made, "not needed")
    if _was_asked(connection, address, now):
        return Requested(made, "asked before")
    _ask(connection, settings, made, now)
    return Requested(made, "queued")


def confirm(connection: Connection, token: str, now: datetime) -> tuple[Subscription, ...]:
    """Confirms the address that a token was sent to: all that waits for it. now: aware. Safe to run
    twice. Returns the subscriptions that are confirmed now. Raises TokenError for a token that is
    none, is older than 7 days, or where all that was asked for has been ended since."""
    about = asked_for(connection, token, now)
    waits = Row.id.in_([one.id for one in about]) & Row.confirmed_at.is_(None)
    connection.execute(update(Row).where(waits).values(confirmed_at=now))
    return of_ids(connection, [one.id for one in about])


def asked_for(connection: Connection, token: str, now: datetime) -> tuple[Subscription, ...]:
    """What a token confirms, confirmed or not yet: what was asked for with it, and all else that
    waits for the same address. Changes nothing. now: aware. Raises TokenError as `confirm`."""
    signed = read(connection, "confirm", token, now, HOLDS)
    asked = of_ids(connection, signed.ids)
    addresses = {one.recipient for one in asked}
    waits = (Row.recipient.in_(addresses), Row.ended_at.is_(None), Row.confirmed_at.is_(None))
    waiting = connection.execute(select(Row.id).where(*waits)).scalars().all()
    running = {one.id for one in asked if one.ended_at is None}
    if not running.union(waiting):
        raise TokenError("What this token confirms has been ended since. Subscribe again.")
    return of_ids(connection, running.union(waiting))


def _require_channel(recipient: str, settings: Settings) -> None:
    name = recipient.removeprefix(CHANNEL)
    if is_channel(recipient) and name not in settings.channels:
        there = ", ".join(sorted(settings.channels)) or "none"
        raise SubscriptionError(
            f"There is no channel {name!r} in COMMUNIQUE_CHANNELS. Known: {there}."
        )


def _is_confirmed(connection: Connection, address: str) -> bool:
    running = (Row.recipient == address, Row.ended_at.is_(None), Row.confirmed_at.is_not(None))
    return bool(connection.execute(select(exists().where(*running))).scalar())


def _was_asked(connection: Connection, address: str, now: datetime) -> bool:
    """Within the hour; or the mail that asks is still on its way, and what it holds still good."""
    lately = Mail.created_at > now - PEACE
    waiting = (Mail.status == "pending") & (Mail.created_at > now - HOLDS)
    asked = (Mail.recipient == address, Mail.kind == KIND, or_(lately, waiting))
    return bool(connection.execute(select(exists().where(*asked))).scalar())


def _ask(connection: Connection, settings: Settings, made: Subscription, now: datetime) -> None:
    token = sign(connection, "confirm", (made.id,), now)
    key = f"{KIND}:{made.id}:{now.isoformat()}"
    content = _content(settings, made, token, now)
    queue_mail(connection, KIND, key, made.recipient, content, now)


def _content(settings: Settings, made: Subscription, token: str, now: datetime) -> dict[str, Any]:
    """What the mail says. url: empty without pages; mailto: empty where no sender is set."""
    try:
        mailto = mail_for(sender(settings.mail_from), "confirm", token)
    except SenderError:
        mailto = ""  # the outbox names the setting, and sends nothing until it is put right
    return {
        "watchlist": made.watchlist,
        "how": made.how,
        "choices": _chosen(made),
        "token": token,
        "url": page_for(settings, "confirm", token) or "",
        "mailto": mailto,
        "command": f"communique confirm {token}",
        "until": (now + HOLDS).isoformat(),
    }


def _chosen(made: Subscription) -> dict[str, str]:
    """What was asked for, as far as it is not everything."""
    chosen = {
        "Severity": {"notice": "notice and urgent", "urgent": "urgent"}.get(made.severity, ""),
        "Rules": ", ".join(made.rules),
        "Countries": ", ".join(made.countries),
    }
    if made.how != "instant":
        chosen["At"] = f"{made.hour:02}:00 ({made.zone})"
    if made.quiet_from is not None:
        chosen["Quiet"] = f"{made.quiet_from:02}:00 to {made.quiet_until:02}:00 ({made.zone})"
    return {name: value for name, value in chosen.items() if value}
