"""One SMTP connection for many mails, opened when first needed and anew after it failed."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

SCHEMES: dict[str, int] = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
EXAMPLE = "smtp+starttls://user:password@mail.example.org:587"
# Seconds for one answer of the server; the body of a mail is small.
PATIENCE = 30.0
# RFC 4954: log in first, log in otherwise, wrong login, encrypt first. Whatever it answers, it is
# about us.
LOGIN_CODES = frozenset({530, 534, 535, 538})
# Postfix and others judge who sends, and whether to pass mails on, only once a recipient is named:
# what they say then is about us as well. 5.1.8 and 5.1.7: a bad sender (RFC 3463).
ABOUT_US = re.compile(
    r"^[45]\.1\.[78]\b|^5\.7\.\d+\b.*\bsender\b|sender address (?:rejected|denied)"
    r"|sender (?:rejected|denied|not )|relay(?:ing)? (?:access )?denied|unable to relay"
    r"|(?:client host|[eh]h?[el]lo command) rejected|authentication (?:is )?required",
    re.IGNORECASE | re.DOTALL,
)


class SmtpUrlError(ValueError):
    """COMMUNIQUE_SMTP_URL cannot be used; the message never shows a password."""


class Unreachable(Exception):
    """The server could not be reached, went away, or would not have us: no mail's fault."""


class Refused(Exception):
    """The server refused one mail. for_good: trying again would change nothing. of_recipient: it
    is the recipient that was refused, not what the mail says."""

    def __init__(self, reason: str, *, for_good: bool, of_recipient: bool = False) -> None:
        self.for_good = for_good
        self.of_recipient = of_recipient
        super().__init__(reason)


class _HungUp(Unreachable):
    """The server closed the connection before it was given anything of this mail."""


class _Telling(smtplib.SMTP):
    """Tells how far it came, as an error alone does not: once the server is offered a mail's text
    and the connection breaks, it may have been taken."""

    offered = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.offered = True
        return super().data(msg)


class _TellingTls(_Telling, smtplib.SMTP_SSL):
    """The same, encrypted from the start."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails are handed over. Passwords stay out of what is printed."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


def smtp_server(url: str) -> Server:
    """COMMUNIQUE_SMTP_URL taken apart; user and password are percent-decoded.

    Raises SmtpUrlError where the scheme, host or port cannot be.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
        user, password = parts.username, parts.password
    except ValueError as error:
        raise SmtpUrlError(f"COMMUNIQUE_SMTP_URL is malformed; write {EXAMPLE}.") from error
    if scheme not in SCHEMES or not host or port == 0 or parts.path not in ("", "/"):
        raise SmtpUrlError(
            f"COMMUNIQUE_SMTP_URL must be one of {', '.join(f'{s}://' for s in SCHEMES)} with a "
            f"host, such as {EXAMPLE}; percent-encode @, : and / in the password."
        )
    return Server(
        scheme,
        host,
        port or SCHEMES[scheme],
        unquote(user) if user else None,
        unquote(password) if password is not None else None,
    )


class Courier:
    """Hands mails to one server; a context manager that says goodbye at its end."""

    def __init__(self, server: Server, patience: float = PATIENCE) -> None:
        self.server = server
        self.patience = patience
        self._connection: _Telling | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (OSError, smtplib.SMTPException):
                self._drop()
        return False

    def greet(self, sender: str) -> None:
        """Does all that comes before a mail, and sends none: connects, encrypts, logs in, and asks
        whether the server takes mail from this address. Raises Unreachable where one of it fails.
        """
        connection = self._connected()
        try:
            code, reason = connection.mail(sender)
            connection.rset()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise Unreachable(f"{self.server} broke off: {_reason(error)}") from error
        if code != 250:
            raise self._unwelcome(self._refusal(code, reason, offered=False), sender)

    @property
    def could_encrypt(self) -> bool:
        """Whether a server that is spoken to in the open has offered STARTTLS."""
        connection = self._connection
        return self.server.scheme == "smtp" and bool(connection and connection.has_extn("starttls"))

    def send(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        """Hands over one mail; returns once the server has taken it.

        Raises Unreachable where there is no connection to be had, where it closed before it was
        offered the mail's text, and where the server will not have us as its sender; Refused where
        it would not take this mail, or where that is unknown because the connection broke.
        """
        reused = self._connection is not None
        try:
            self._hand_over(mail, sender, recipient)
        except _HungUp:
            if not reused:
                raise
            # A server that takes so many mails a connection says so before it has any of this one.
            self._hand_over(mail, sender, recipient)

    def _hand_over(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        connection = self._connected()
        connection.offered = False
        try:
            connection.send_message(mail, sender, [recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = error.recipients.get(recipient, (0, b""))
            raise self._refusal_of(code, reason, sender) from error
        except smtplib.SMTPSenderRefused as error:
            refusal = self._refusal(error.smtp_code, error.smtp_error, offered=False)
            if isinstance(refusal, _HungUp):
                raise refusal from error
            raise self._unwelcome(refusal, sender) from error
        except smtplib.SMTPResponseException as error:
            raise self._refusal(error.smtp_code, error.smtp_error, offered=True) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Refused(str(error), for_good=True) from error
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            said = f"{self.server} broke off: {_reason(error)}"
            if not connection.offered:
                raise _HungUp(said) from error
            raise Refused(said, for_good=False) from error

    def _connected(self) -> _Telling:
        if self._connection is not None and not self._alive(self._connection):
            self._drop()
        if self._connection is None:
            try:
                self._connection = self._connect()
            except UnicodeError as error:  # whose own words would quote the password
                raise Unreachable(
                    f"{self.server} cannot be used: its name, the user or the password in "
                    "COMMUNIQUE_SMTP_URL holds what SMTP has no way to say."
                ) from error
            except (OSError, smtplib.SMTPException, ValueError) as error:
                raise Unreachable(
                    f"{self.server} cannot be used: {_reason(error)}. Check COMMUNIQUE_SMTP_URL."
                ) from error
        return self._connection

    @staticmethod
    def _alive(connection: smtplib.SMTP) -> bool:
        try:
            return connection.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def _connect(self) -> _Telling:
        server, trust = self.server, ssl.create_default_context()
        if server.scheme == "smtps":
            connection: _Telling = _TellingTls(
                server.host, server.port, timeout=self.patience, context=trust
            )
        else:
            connection = _Telling(server.host, server.port, timeout=self.patience)
        try:
            if server.scheme == "smtp+starttls":
                connection.starttls(context=trust)
            if server.user is not None:
                connection.login(server.user, server.password or "")
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        return connection

    def _refusal(self, code: int, reason: bytes | str, *, offered: bool) -> Refused | Unreachable:
        """After 421 the server hangs up; after anything else the connection still serves.
        offered: the mail's text was, so that 421 may be about it."""
        if code == 421 or not 400 <= code < 600:
            self._drop()
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        said = f"{self.server} answered {code} {words}"
        if code == 421 and not offered:
            return _HungUp(said)
        if code in LOGIN_CODES:
            return Unreachable(f"{said}. Check user and password in COMMUNIQUE_SMTP_URL.")
        return Refused(said, for_good=500 <= code < 600)

    def _refusal_of(self, code: int, reason: bytes, sender: str) -> Refused | Unreachable:
        """What the server answered to a recipient, unless it was about who sends."""
        refusal = self._refusal(code, reason, offered=False)
        if isinstance(refusal, Unreachable):
            return refusal
        if ABOUT_US.search(reason.decode("utf-8", "replace")):
            return self._unwelcome(refusal, sender)
        return Refused(str(refusal), for_good=refusal.for_good, of_recipient=True)

    @staticmethod
    def _unwelcome(refusal: Exception, sender: str) -> Unreachable:
        return Unreachable(
            f"{refusal} to mail from {sender}. Check COMMUNIQUE_MAIL_FROM, and user and password "
            "in COMMUNIQUE_SMTP_URL."
        )

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        shown = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        return f"it answered {error.smtp_code} {shown}"
    return str(error).rstrip(".") or type(error).__name__
