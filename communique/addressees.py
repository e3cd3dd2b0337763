"""Whom mail goes to: one spelling of each address, and channels by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.errors import MessageError
from email.headerregistry import Address

from communique.choices import SubscriptionError

CHANNEL = "channel:"
ALL_DOMAINS = "*"
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_CHANNEL = re.compile(r"[\w.+-]{1,100}", re.ASCII)


def normal_recipient(recipient: str) -> str:
    """The one spelling of a mail address, or `channel:NAME` as it is. Raises SubscriptionError."""
    name = recipient.strip()
    if not name.casefold().startswith(CHANNEL):
        return normal_address(recipient)
    name = name[len(CHANNEL) :]
    if not _CHANNEL.fullmatch(name):
        raise SubscriptionError(
            f"{recipient[:100]!r} is no channel. Give one by its name in COMMUNIQUE_CHANNELS, such "
            "as channel:team."
        )
    return f"{CHANNEL}{name}"


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


def masked(recipient: str) -> str:
    """A recipient as those see it who may not know it: its owner knows it again, nobody else
    learns it. A channel is nobody's secret."""
    if is_channel(recipient):
        return recipient
    name, _, domain = recipient.rpartition("@")
    return f"{name[:1]}\u2026@{domain}"


def is_channel(recipient: str) -> bool:
    """Whether it is reached otherwise than by mail."""
    return recipient.startswith(CHANNEL)


def is_trusted(address: str, domains: Iterable[str]) -> bool:
    """Whether a mail address (normal) is of one of these domains, or they are `*`: all. A domain's
    subdomains are other domains."""
    return any(
        domain == ALL_DOMAINS or _ascii(domain) == address.rpartition("@")[2] for domain in domains
    )


def _ascii(domain: str) -> str:
    """A domain as addresses have it; one that cannot be is no address's."""
    try:
        return domain.strip().removeprefix("@").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""


def _malformed(email: str) -> SubscriptionError:
    return SubscriptionError(
        f"{email[:100]!r} is no mail address. Give one such as ana@example.org, "
        "without a display name."
    )
