"""A real mail server on loopback whose moods a test decides."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

Mood = Callable[[str], str | None]


def content(_: str) -> None:
    """Refuses nothing."""


@dataclass
class Office:
    """What arrived, in order, and how it answers: each mood gets an address (data: the Message-ID)
    and returns an SMTP answer to refuse with, or None. password: that a login needs; None: any will
    do."""

    mail: Mood = content
    rcpt: Mood = content
    data: Mood = content
    arrived: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    password: bytes | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return [str(mail["To"]) for mail in self.arrived]

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.mail(address) or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.rcpt(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        assert [str(mail["To"])] == envelope.rcpt_tos
        if refusal := self.data(str(mail["Message-ID"])):
            return refusal
        self.arrived.append(mail)
        self.raw.append(envelope.content)
        return "250 OK"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login, given.password))
        return AuthResult(success=self.password in (None, given.password), handled=False)


class _Server(Controller):
    def __init__(self, office: Office, listening: socket.socket, **options: Any) -> None:
        port = listening.getsockname()[1]
        super().__init__(office, hostname="127.0.0.1", port=port, **options)
        self.listening = listening

    def _create_server(self) -> Awaitable[Any]:
        return self.loop.create_server(
            self._factory_invoker, sock=self.listening, ssl=self.ssl_context
        )


@contextmanager
def post_office(
    tls: ssl.SSLContext | None = None, *, from_the_start: bool = False
) -> Iterator[Office]:
    """A server that keeps what arrives. tls: it offers STARTTLS and wants a login behind it, or
    speaks TLS from the start and takes a login."""
    office = Office()
    options: dict[str, Any] = {}
    if tls:
        options = {"authenticator": office.authenticate, "auth_required": not from_the_start}
    if tls and from_the_start:
        options |= {"ssl_context": tls, "auth_require_tls": False}
    elif tls:
        options |= {"tls_context": tls, "require_starttls": True}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        office.port = listening.getsockname()[1]
        server = _Server(office, listening, **options)
        server.start()
        try:
            yield office
        finally:
            server.stop()
