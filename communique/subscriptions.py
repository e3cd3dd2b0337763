"""Who hears of which watchlist. One subscription per address and watchlist."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from email.errors import MessageError
from email.headerregistry import Address

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from communique.schema import RuleRow
from communique.schema import Subscription as Row

COLUMNS = (Row.id, Row.recipient, Row.watchlist, Row.created_at, Row.ended_at)
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


class SubscriptionError(ValueError):
    """A subscription that cannot be made or ended; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """An address and the watchlist it hears of. created_at: aware; begun anew, the later time.
    ended_at: aware; None while it runs."""

    id: int
    recipient: str
    watchlist: str
    created_at: datetime
    ended_at: datetime | None


def subscribe(
    connection: Connection,
    email: str,
    watchlist: str,
    now: datetime,
    *,
    known: Collection[str] | None = None,
) -> Subscription:
    """Subscribes an address to a watchlist; what is already so stays so, an ended subscription
    begins anew at `now` (aware).

    known: the watchlists there are; None: those whose rules the store has seen (any, while it has
    seen none: alerting reports a watchlist that has subscribers and no rules). Raises
    SubscriptionError for a malformed address or an unknown watchlist.
    """
    address = normal_address(email)
    _require_known(connection, watchlist, known)
    inserted = insert(Row).values(
        recipient=address, watchlist=watchlist, created_at=now, confirmed_at=now
    )
    connection.execute(
        inserted.on_conflict_do_update(
            index_elements=["recipient", "watchlist", "how"],
            set_={"ended_at": None, "created_at": now},
            where=Row.ended_at.is_not(None),
        )
    )
    mine = select(*COLUMNS).where(Row.recipient == address, Row.watchlist == watchlist)
    return Subscription(*connection.execute(mine).one())


def unsubscribe(connection: Connection, email: str, watchlist: str, now: datetime) -> bool:
    """Ends a subscription at `now` (aware); what is queued for it is held back when its turn
    comes. False where none was running."""
    try:
        address = normal_address(email)
    except SubscriptionError:
        return False  # no such address can have been subscribed
    ended = connection.execute(
        update(Row)
        .where(Row.recipient == address, Row.watchlist == watchlist, Row.ended_at.is_(None))
        .values(ended_at=now)
    )
    return bool(ended.rowcount)


def list_subscriptions(connection: Connection, *, ended: bool = False) -> tuple[Subscription, ...]:
    """All running subscriptions by watchlist and address; with `ended` those that are over too."""
    query = select(*COLUMNS).order_by(Row.watchlist, Row.recipient)
    if not ended:
        query = query.where(Row.ended_at.is_(None))
    return tuple(Subscription(*row) for row in connection.execute(query))


def normal_address(email: str) -> str:
    """The one spelling of a mail address: trimmed, lower-case, its domain in ASCII.

    No provider in use tells addresses apart by case, and two spellings of one address would be
    told everything twice. Raises SubscriptionError.
    """
    trimmed = email.strip()
    try:
        parsed = Address(addr_spec=trimmed)
        domain = parsed.domain.encode("idna").decode("ascii").lower()
        local = parsed.addr_spec.rpartition("@")[0].lower()
        fits = local.isascii() and local.isprintable() and len(local) <= 64 and len(domain) <= 253
        if fits and parsed.username and _DOMAIN.fullmatch(domain):
            return f"{local}@{domain}"
    except (ValueError, MessageError, IndexError) as error:
        raise _malformed(email) from error
    raise _malformed(email)


def _malformed(email: str) -> SubscriptionError:
    return SubscriptionError(
        f"{email[:100]!r} is no mail address. Give one such as ana@example.org, "
        "without a display name."
    )


def _require_known(connection: Connection, watchlist: str, known: Collection[str] | None) -> None:
    if known is None:
        seen = select(RuleRow.watchlist).where(RuleRow.retired_at.is_(None)).distinct()
        known = connection.execute(seen).scalars().all() or (watchlist,)
    if watchlist in known:
        return
    close = get_close_matches(watchlist, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    listed = ", ".join(sorted(known)) or "none"
    raise SubscriptionError(f"There is no watchlist {watchlist[:100]!r}.{hint} Known: {listed}.")
