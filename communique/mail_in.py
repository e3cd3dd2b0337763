"""Mails that come back: the token in a subject unsubscribes, or confirms, whoever sent it.

Anybody can write to an alias. So only the headers are read, up to a bound; only a signed token
does anything; what says of itself that a machine sent it confirms nothing, or an answer of
somebody's holiday would; and nothing is ever answered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import BinaryIO, Literal

from sqlalchemy import Connection

from communique.choices import SubscriptionError
from communique.optin import confirm
from communique.subscriptions import Subscription, end, of_ids
from communique.tokens import read

# Bytes of a mail that are looked at; the rest is read, so that who hands it over is content.
MOST = 256_000
LONGEST_SUBJECT = 4_000
_ORDER = re.compile(r"\b(unsubscribe|confirm)\s+(\.?[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.I | re.A)
_MACHINES = re.compile(r"\s*(bulk|junk|list|auto[_-]?reply)\b", re.I)


@dataclass(frozen=True, slots=True)
class Order:
    """What a mail's subject asks for."""

    purpose: Literal["confirm", "unsubscribe"]
    token: str


@dataclass(frozen=True, slots=True)
class Done:
    """What a mail brought about. subscriptions: those it concerns; ignored: why nothing was done;
    empty: it was done, now or before."""

    purpose: str
    subscriptions: tuple[Subscription, ...] = ()
    ignored: str = ""


def take(stream: BinaryIO) -> bytes:
    """The beginning of a mail, and the rest of the stream read to its end."""
    raw = stream.read(MOST)
    while stream.read(MOST):
        pass
    return raw


def act(connection: Connection, raw: bytes, now: datetime) -> Done:
    """Does what a mail asks for, as often as it comes. now: aware. Never raises for what a mail
    holds."""
    found = order(raw)
    if isinstance(found, str):
        return Done("", ignored=found)
    try:
        if found.purpose == "confirm":
            return Done("confirm", confirm(connection, found.token, now))
        return Done("unsubscribe", unsubscribe_by_token(connection, found.token, now))
    except SubscriptionError as error:
        return Done(found.purpose, ignored=str(error))


def unsubscribe_by_token(
    connection: Connection, token: str, now: datetime
) -> tuple[Subscription, ...]:
    """Ends the subscriptions of a token at `now` (aware), those that are over stay so. Returns
    them. Raises TokenError for a token that does not end any."""
    ids = read(connection, "unsubscribe", token, now).ids
    end(connection, ids, now)
    return of_ids(connection, ids)


def order(raw: bytes) -> Order | str:
    """What a mail asks for, or why that is nothing."""
    mail = BytesHeaderParser(policy=compat32).parsebytes(raw[:MOST])
    found = _ORDER.search(_subject(mail))
    if found is None:
        return "Its subject holds neither `unsubscribe TOKEN` nor `confirm TOKEN`."
    purpose: Literal["confirm", "unsubscribe"] = (
        "confirm" if found[1].casefold() == "confirm" else "unsubscribe"
    )
    if purpose == "confirm" and _by_a_machine(mail):
        return "A machine sent it, and only a person can confirm."
    return Order(purpose, found[2])


def _subject(mail: Message) -> str:
    """The first subject, decoded as far as it can be."""
    given = str(mail.get("Subject", ""))[:LONGEST_SUBJECT]
    try:
        return str(make_header(decode_header(given)))
    except (MessageError, ValueError, LookupError):
        return given


def _by_a_machine(mail: Message) -> bool:
    """Whether it says so (RFC 3834), or has no sender to return it to, as a bounce has none."""
    submitted = str(mail.get("Auto-Submitted", "no")).strip().casefold()
    return (
        not submitted.startswith("no")
        or _MACHINES.match(str(mail.get("Precedence", ""))) is not None
        or "X-Autoreply" in mail
        or "X-Autorespond" in mail
        or str(mail.get("Return-Path", "")).strip() == "<>"
    )
