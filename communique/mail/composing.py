"""From a mail's row to the message: the one place that knows which kind is written how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Connection

from communique.addressees import CHANNEL, is_channel
from communique.mail.digest import compose_digest, digest_letter
from communique.mail.grouped import compose_grouped, grouped
from communique.mail.health import compose_health, health_letter
from communique.mail.letter import Heard
from communique.mail.links import Links, links
from communique.mail.message import Sender
from communique.mail.notice import compose_confirmation, compose_notice
from communique.settings import Settings


@dataclass(frozen=True, slots=True)
class Order:
    """What a mail is written from. mail: its row. address: whom it says that it is to; a channel
    has none, and what is written for it needs one. date: aware."""

    connection: Connection
    mail: Any
    address: str
    origin: Sender
    settings: Settings
    date: datetime

    @property
    def content(self) -> Mapping[str, Any]:
        """What was frozen when the mail was put together."""
        return self.mail.content or {}

    def links(self, heard: tuple[Heard, ...]) -> Links | None:
        """How to leave the subscriptions that the mail is for."""
        ids = [each.subscription_id for each in heard]
        return links(self.settings, self.connection, ids, self.origin) if ids else None


def compose_mail(
    connection: Connection, mail: Any, origin: Sender, settings: Settings, date: datetime
) -> EmailMessage:
    """The message of a row of `mails` (id, recipient, kind, message_id, content). date: when it is
    sent (aware). Raises whatever one mail's content may cause."""
    name = mail.recipient.removeprefix(CHANNEL)
    address = f"{name}@channel.invalid" if is_channel(mail.recipient) else mail.recipient
    return COMPOSERS[mail.kind](Order(connection, mail, address, origin, settings, date))


def _alert(order: Order) -> EmailMessage:
    told = grouped(order.connection, order.mail.id)
    stories = tuple(replace(each, recipient=order.address) for each in told.stories)
    told = replace(told, recipient=order.address, stories=stories)
    ways, pages = order.links(told.heard), order.settings.pages_url
    return compose_grouped(told, order.origin, order.mail.message_id, order.date, ways, pages=pages)


def _digest(order: Order) -> EmailMessage:
    told = replace(digest_letter(order.connection, order.mail.id), recipient=order.address)
    ways, pages = order.links(told.heard), order.settings.pages_url
    return compose_digest(told, order.origin, order.mail.message_id, order.date, ways, pages=pages)


def _health(order: Order) -> EmailMessage:
    told = health_letter(order.content, order.address)
    return compose_health(told, order.origin, order.mail.message_id, order.date)


def _notice(order: Order) -> EmailMessage:
    known = (order.content, order.address, order.origin, order.mail.message_id, order.date)
    return compose_notice(*known)


def _confirmation(order: Order) -> EmailMessage:
    known = (order.content, order.address, order.origin, order.mail.message_id, order.date)
    return compose_confirmation(*known)


COMPOSERS: Mapping[str, Callable[[Order], EmailMessage]] = {
    "alert": _alert,
    "digest": _digest,
    "source_health": _health,
    "notice": _notice,
    "canary": _notice,
    "confirmation": _confirmation,
}
