"""Channels besides mail: a webhook with a signed JSON body, and what Apprise reaches.

A channel is a name in COMMUNIQUE_CHANNELS; the store knows only the name. Its address holds
secrets: it stands in no error, no log and no row.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import requests

from communique.addressees import CHANNEL
from communique.mail.clean import shown
from communique.mail.smtp import Refused
from communique.settings import Settings

WEBHOOK = "webhook+"
# Seconds to connect, and between two bytes of the answer.
PATIENCE = (10.0, 30.0)
# HTTP: time-out, too early, too many requests. Any other 4xx says that the request is at fault.
FOR_NOW = frozenset({408, 425, 429})
CUT = "…"
_PARTS = re.compile(r"[/:@?&=#]")


class Misconfigured(Exception):
    """A channel cannot be used as it is set: no mail's fault. Never shows the address."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is given. message_id: the same for every try. body: JSON, for webhooks."""

    message_id: str
    subject: str
    text: str
    body: bytes


def is_webhook(settings: Settings, recipient: str) -> bool:
    """Whether this channel is given JSON."""
    return settings.channels.get(recipient.removeprefix(CHANNEL), "").startswith(WEBHOOK)


def hand_over(settings: Settings, recipient: str, message: Message, now: datetime) -> None:
    """Gives a message to the channel `channel:NAME`; returns once it has been taken. now: aware.

    Raises Misconfigured where the settings know no such channel, or cannot use it; Refused where
    it would not take the message.
    """
    name = recipient.removeprefix(CHANNEL)
    address = settings.channels.get(name)
    if address is None:
        raise Misconfigured(
            f"There is no channel {shown(name, 100)!r} in COMMUNIQUE_CHANNELS. Name it there, or "
            "end its subscriptions."
        )
    if address.startswith(WEBHOOK):
        _post(settings, name, address.removeprefix(WEBHOOK), message, now)
    else:
        _notify(name, address, message)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What a webhook's receiver compares: HMAC-SHA256 of timestamp, "." and body, in hex."""
    signed = timestamp.encode("ascii") + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _post(settings: Settings, name: str, url: str, message: Message, now: datetime) -> None:
    if not settings.webhook_secret:
        raise Misconfigured(
            f"Channel {name} is a webhook, and COMMUNIQUE_WEBHOOK_SECRET, which its bodies are "
            "signed with, is not set."
        )
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "communique",
        "Idempotency-Key": message.message_id,
        "X-Communique-Timestamp": timestamp,
        "X-Communique-Signature": "sha256="
        + signature(settings.webhook_secret, timestamp, message.body),
    }
    try:
        with (
            _overheard(url),
            requests.post(
                url,
                data=message.body,
                headers=headers,
                timeout=PATIENCE,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            status = answer.status_code
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
        raise _unusable(name) from None
    except (requests.RequestException, ValueError) as error:
        # Only what kind of error it was: its words quote the address.
        reason = f"Channel {name} did not answer: {type(error).__name__}"
        raise Refused(reason, for_good=False) from None
    if not 200 <= status < 300:
        for_good = 400 <= status < 500 and status not in FOR_NOW
        raise Refused(f"Channel {name} answered {status}", for_good=for_good, of_recipient=True)


def _notify(name: str, address: str, message: Message) -> None:
    import apprise  # a hundred services: slow, and few have a channel

    with _overheard(address) as said:
        try:
            service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
            if not isinstance(service, apprise.NotifyBase):
                raise _unusable(name)
            title, body = _fitted(message, service)
            taken = service.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT)
        except Misconfigured:
            raise
        except Exception as error:
            reason = f"Channel {name} could not be used: {type(error).__name__}"
            raise Refused(reason, for_good=False) from None
    if not taken:
        why = f": {said[-1]}" if said else ""
        raise Refused(f"Channel {name} did not take the message{why}", for_good=False)


def _fitted(message: Message, service: Any) -> tuple[str, str]:
    """Title and body, as long as the service takes them; one without titles has it in its body."""
    room = service.body_maxlen - (0 if service.title_maxlen else len(message.subject) + 2)
    title = _cut(message.subject, service.title_maxlen or len(message.subject))
    return title, _cut(message.text, max(room, 1))


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1].rstrip() + CUT


def _unusable(name: str) -> Misconfigured:
    return Misconfigured(
        f"The address of channel {name} in COMMUNIQUE_CHANNELS cannot be used: write "
        "webhook+https://host/path, or an address as Apprise takes it."
    )


@contextmanager
def _overheard(address: str) -> Iterator[list[str]]:
    """What the libraries warn of, without the address's secrets, which their logs are full of: so
    nobody else hears them meanwhile."""
    ear, logs = _Ear(address), [logging.getLogger(name) for name in ("apprise", "urllib3")]
    propagated = [log.propagate for log in logs]
    for log in logs:
        log.addHandler(ear)
        log.propagate = False
    try:
        yield ear.said
    finally:
        for log, propagate in zip(logs, propagated, strict=True):
            log.removeHandler(ear)
            log.propagate = propagate


class _Ear(logging.Handler):
    """Keeps warnings, with every part of an address blotted out."""

    def __init__(self, address: str) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        parts = {part for raw in (address, unquote(address)) for part in _PARTS.split(raw)}
        self.secrets = sorted((part for part in parts if len(part) > 3), key=len, reverse=True)

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        for secret in self.secrets:
            said = said.replace(secret, "****")
        self.said.append(shown(said, 200))
