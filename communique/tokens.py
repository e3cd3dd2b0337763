"""Signed tokens: who holds one may do with these subscriptions what it was made for, nothing else.

The secret that signs them is made at first need and kept in the store, so that every process signs
and reads alike. It is committed on its own: a token that went out must hold although the
transaction that signed it came to nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from communique.choices import SubscriptionError
from communique.schema import Key

Purpose = Literal["confirm", "unsubscribe"]
PURPOSES: tuple[Purpose, ...] = ("confirm", "unsubscribe")
NAME = "tokens"
# What a token looks like: a payload, a dot and a signature, all in letters that links may hold.
TOKEN = re.compile(r"\.?[A-Za-z0-9_-]{4,2000}\.[A-Za-z0-9_-]{43}", re.ASCII)


class TokenError(SubscriptionError):
    """A token that opens nothing; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a token says. ids: of subscriptions. at: when it was made (aware, to the second); None:
    it holds for ever."""

    ids: tuple[int, ...]
    at: datetime | None


def sign(
    connection: Connection, purpose: Purpose, ids: Iterable[int], at: datetime | None = None
) -> str:
    """A token for these subscriptions. at: aware; None where it shall hold for ever. The same call
    gives the same token."""
    payload = [int(at.timestamp()) if at else 0, *sorted(set(ids))]
    token = _serializer(connection, purpose).dumps(payload)
    return token if isinstance(token, str) else token.decode("ascii")


def read(
    connection: Connection,
    purpose: Purpose,
    token: str,
    now: datetime,
    longest: timedelta | None = None,
) -> Signed:
    """What a token of this purpose says. now: aware; longest: for how long one holds that says
    when it was made. Raises TokenError where it was forged, cut off, made for another purpose or
    is too old."""
    token = token.strip()
    if not is_token(token):
        raise TokenError(
            f"{token[:100]!r} is no token: it was cut off or changed. Copy it from the mail anew."
        )
    try:
        at, *ids = _serializer(connection, purpose).loads(token)
    except BadData as error:
        raise _useless(connection, purpose, token) from error
    made = datetime.fromtimestamp(at, timezone.utc) if at else None
    if made and longest and now - made > longest:
        raise TokenError(
            f"This token was made on {made:%Y-%m-%d} and held for {longest.days} days. "
            "Subscribe again to get another."
        )
    return Signed(tuple(ids), made)


def is_token(words: str) -> bool:
    """Whether this has the shape of a token; says nothing of its worth."""
    return TOKEN.fullmatch(words.strip()) is not None


def secret(connection: Connection) -> str:
    """The store's secret, made where there is none yet; two at once make one."""
    mine = select(Key.value).where(Key.name == NAME)
    known = connection.execute(mine).scalar()
    if known is not None:
        return known
    with connection.engine.begin() as own:
        made = {"name": NAME, "value": secrets.token_urlsafe(32)}
        own.execute(insert(Key).values(made).on_conflict_do_nothing())
        return own.execute(mine).scalar_one()


def _useless(connection: Connection, purpose: Purpose, token: str) -> TokenError:
    for other in PURPOSES:
        if other != purpose and _holds(connection, other, token):
            return TokenError(f"This token is made to {other}. Next: communique {other} {token}")
    return TokenError(
        "This token is not one of ours, or was changed on its way. Copy it from the mail anew."
    )


def _holds(connection: Connection, purpose: Purpose, token: str) -> bool:
    valid, _ = _serializer(connection, purpose).loads_unsafe(token)
    return valid


def _serializer(connection: Connection, purpose: Purpose) -> URLSafeSerializer:
    """Signs with a key of the purpose's own (its salt), by HMAC and SHA-256."""
    return URLSafeSerializer(
        secret(connection),
        salt=f"communique.{purpose}",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
