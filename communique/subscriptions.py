"""Who hears of which watchlist, and how: one subscription per recipient, watchlist and way.

What is made here is confirmed. Where an address must say first that it wants to hear, see
`communique.optin`, which stands above.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from typing import Any, Unpack
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Select, false, select, text, true, update
from sqlalchemy.dialects.postgresql import insert

from communique import rule_versions
from communique.addressees import normal_address, normal_recipient
from communique.choices import Choices, SubscriptionError, columns, require_known
from communique.schema import Recipient
from communique.schema import Subscription as Row
from communique.selections import silence
from communique.verdicts import Held
from communique.watchlists import Loaded

__all__ = [
    "Subscription",
    "SubscriptionError",
    "end",
    "in_force",
    "known_rules",
    "list_subscriptions",
    "normal_address",
    "of_ids",
    "pause",
    "resume",
    "subscribe",
    "unsubscribe",
]

CHOSEN = (
    *("severity", "rules", "countries", "zone", "hour", "weekday"),
    *("quiet_from", "quiet_until", "most_a_day", "paused_at", "paused_until"),
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who hears of what, and how: a row of `subscriptions`, which explains the columns. Times are
    aware. created_at: begun anew, the later time. ended_at: None while it runs. disabled_at: since
    when nothing is sent to its address, which refused for good."""

    id: int
    recipient: str
    watchlist: str
    how: str
    severity: str
    rules: tuple[str, ...]
    countries: tuple[str, ...]
    zone: str
    hour: int
    weekday: int
    quiet_from: int | None
    quiet_until: int | None
    most_a_day: int
    confirmed_at: datetime | None
    paused_at: datetime | None
    paused_until: datetime | None
    created_at: datetime
    ended_at: datetime | None
    disabled_at: datetime | None

    def state(self, now: datetime) -> str:
        """Why nothing is told at `now` (aware), as deliveries say it (`verdicts.Held`); else
        `running`."""
        held = silence(self, now) or (Held.DISABLED if self.disabled_at else None)
        return str(held) if held else "running"


def subscribe(
    connection: Connection,
    recipient: str,
    watchlist: str,
    now: datetime,
    *,
    known: Collection[str] | None = None,
    how: str = "instant",
    **choices: Unpack[Choices],
) -> Subscription:
    """Subscribes a mail address, or `channel:NAME`, to a watchlist (`*`: every one), confirmed.

    A subscription that runs is changed: what is not named stays. One that ended begins anew at
    `now` (aware), by default in all that is not named. how: instant, daily or weekly, each a
    subscription of its own. known: the watchlists there are, where it is a mapping with their
    rules; None: those in force in the store (any, while it has seen none: alerting reports a
    watchlist that has subscribers and no rules). Raises SubscriptionError for a malformed address,
    an unknown watchlist or rule, and a choice that cannot be.
    """
    address, values = checked(connection, recipient, watchlist, known, how, choices)
    return write(connection, address, watchlist, how, now, values, confirmed_at=now)


def unsubscribe(
    connection: Connection,
    recipient: str,
    watchlist: str | None,
    now: datetime,
    *,
    how: str | None = None,
) -> tuple[Subscription, ...]:
    """Ends a recipient's subscriptions to a watchlist, or all of them (None), at `now` (aware);
    what is queued for them is held back when its turn comes. Returns those it ended."""
    return _change(connection, _running(recipient, watchlist, how), ended_at=now)


def pause(
    connection: Connection,
    recipient: str,
    now: datetime,
    *,
    until: date | None = None,
    watchlist: str | None = None,
    how: str | None = None,
) -> tuple[Subscription, ...]:
    """Tells a recipient nothing from `now` (aware) until the day begins in the subscription's zone,
    or until `resume`; what comes meanwhile is held back for good. Returns what is paused. Raises
    SubscriptionError for a day that has begun."""
    paused: list[Subscription] = []
    for one in _read(connection, _running(recipient, watchlist, how)):
        ends = None
        if until is not None:
            ends = datetime.combine(until, time(), ZoneInfo(one.zone)).astimezone(timezone.utc)
            if ends <= now:
                raise SubscriptionError(
                    f"{until} has begun already ({one.zone}): give a later day, or resume."
                )
        paused += _change(connection, Row.id == one.id, paused_at=now, paused_until=ends)
    return tuple(paused)


def resume(
    connection: Connection, recipient: str, *, watchlist: str | None = None, how: str | None = None
) -> tuple[Subscription, ...]:
    """Ends the pauses of a recipient's subscriptions. Returns those that were paused."""
    paused = _running(recipient, watchlist, how) & Row.paused_at.is_not(None)
    return _change(connection, paused, paused_at=None, paused_until=None)


def list_subscriptions(
    connection: Connection, *, recipient: str | None = None, ended: bool = False
) -> tuple[Subscription, ...]:
    """All running subscriptions, or a recipient's, by recipient and watchlist; with `ended` those
    that are over too."""
    where = true() if recipient is None else _of(recipient)
    return _read(connection, where if ended else where & Row.ended_at.is_(None))


def of_ids(connection: Connection, ids: Iterable[int]) -> tuple[Subscription, ...]:
    """The subscriptions of these numbers, ended ones too; one that is not there is left out."""
    return _read(connection, Row.id.in_(tuple(ids)))


def end(connection: Connection, ids: Iterable[int], now: datetime) -> tuple[Subscription, ...]:
    """Ends the subscriptions of these numbers at `now` (aware). Returns those that were running."""
    return _change(connection, Row.id.in_(tuple(ids)) & Row.ended_at.is_(None), ended_at=now)


def in_force(connection: Connection) -> Mapping[str, Collection[str]]:
    """The watchlists that have a rule in force, with their rules, as the store knows them."""
    known = defaultdict[str, set[str]](set)
    for watchlist, rule in rule_versions.in_force(connection):
        known[watchlist].add(rule)
    return known


def known_rules(connection: Connection, loaded: Loaded) -> Mapping[str, Collection[str]]:
    """Watchlists and their rules: as the files have them, and what stays in force without."""
    known = {name: set(rules) for name, rules in in_force(connection).items()}
    for watchlist in loaded.watchlists:
        known.setdefault(watchlist.name, set()).update(rule.id for rule in watchlist.rules)
    return known


def checked(
    connection: Connection,
    recipient: str,
    watchlist: str,
    known: Collection[str] | None,
    how: str,
    choices: Choices,
) -> tuple[str, dict[str, Any]]:
    """The recipient in its one spelling and the choices as columns. Raises SubscriptionError."""
    address = normal_recipient(recipient)
    if known is None:
        known = in_force(connection) or (watchlist,)
    require_known(watchlist, known)
    return address, columns(choices, how, watchlist, known)


def write(
    connection: Connection,
    recipient: str,
    watchlist: str,
    how: str,
    now: datetime,
    values: Mapping[str, Any],
    *,
    confirmed_at: datetime | None,
) -> Subscription:
    """Makes or changes a subscription from what `checked` returned. confirmed_at: what it is where
    it is new, begins anew or is not confirmed yet."""
    same = {"recipient": recipient, "watchlist": watchlist, "how": how}
    new = {"created_at": now, "confirmed_at": confirmed_at, **values}
    made = insert(Row).values(same | new).on_conflict_do_nothing().returning(Row.id)
    if (number := connection.execute(made).scalar()) is None:
        mine = select(Row.id, Row.ended_at, Row.confirmed_at).filter_by(**same)
        row = connection.execute(mine.with_for_update()).one()
        number, changed = row.id, {"confirmed_at": row.confirmed_at or confirmed_at, **values}
        if row.ended_at is not None:
            by_default = dict.fromkeys(CHOSEN, text("DEFAULT"))
            changed = by_default | new | {"ended_at": None}
        connection.execute(update(Row).where(Row.id == number).values(changed))
    return of_ids(connection, (number,))[0]


def _change(
    connection: Connection, where: ColumnElement[bool], **values: object
) -> tuple[Subscription, ...]:
    changed = update(Row).where(where).values(**values).returning(Row.id)
    return of_ids(connection, connection.execute(changed).scalars().all())


def _read(connection: Connection, where: ColumnElement[bool]) -> tuple[Subscription, ...]:
    rows = connection.execute(_select().where(where)).mappings()
    return tuple(
        Subscription(**dict(row) | {name: tuple(row[name]) for name in ("rules", "countries")})
        for row in rows
    )


def _select() -> Select[*tuple[Any, ...]]:
    return (
        select(*Row.__table__.columns, Recipient.disabled_at)
        .outerjoin(Recipient, Recipient.address == Row.recipient)
        .order_by(Row.recipient, Row.watchlist, Row.how, Row.id)
    )


def _running(recipient: str, watchlist: str | None, how: str | None) -> ColumnElement[bool]:
    where = _of(recipient) & Row.ended_at.is_(None)
    where = where if watchlist is None else where & (Row.watchlist == watchlist)
    return where if how is None else where & (Row.how == how)


def _of(recipient: str) -> ColumnElement[bool]:
    """That a subscription is this recipient's; of what can be no address there is none."""
    try:
        return Row.recipient == normal_recipient(recipient)
    except SubscriptionError:
        return false()
