"""A letter as a mail: headers that no stranger's text can break out of, text and HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from communique.mail.clean import shown
from communique.mail.letter import Letter
from communique.mail.render import as_html, as_text

SUBJECT = 180


# For machines: ASCII without blanks, which the library would encode where it cannot be folded.
UNFOLDED = frozenset({"in-reply-to", "references", "list-id", "list-unsubscribe"})


class _Policy(EmailPolicy):
    """The library's policy for SMTP, but a header's text begins on the line of its name (some
    readers show the fold as a blank), and addresses for machines stay as they are."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in UNFOLDED:
            return f"{name}: {value}\r\n".encode("ascii")
        folded = super().fold_binary(name, value)
        return re.sub(rb"\A([^\r\n:]+:) ?\r\n ", rb"\1 ", folded)


# 7 bit: not every server on the way says that it takes eight.
POLICY = _Policy(linesep="\r\n", cte_type="7bit")


class SenderError(ValueError):
    """COMMUNIQUE_MAIL_FROM is no address that a mail can come from."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mails come from. domain: in its ASCII form, as Message-IDs carry it."""

    name: str
    address: str
    domain: str


def sender(mail_from: str) -> Sender:
    """`mail_from` ("alerts@example.org" or "Name <alerts@example.org>") taken apart.

    Raises SenderError, naming the setting, where it is no address.
    """
    found = re.fullmatch(r"\s*(?:(.*?)\s*<([^<>]*)>|([^<>]*?))\s*", mail_from)
    address = (found[2] or found[3] or "") if found else ""
    try:
        parsed = Address(addr_spec=address)
        domain = parsed.domain.encode("idna").decode("ascii")
        parsed.username.encode("ascii")
        if not (parsed.username and domain):
            raise ValueError("it needs a name and a domain around one @")
    except (ValueError, MessageError, IndexError) as error:
        raise SenderError(
            f"COMMUNIQUE_MAIL_FROM is {mail_from!r}, which is no mail address ({error}). "
            "Set it to one such as alerts@example.org or Communiqué <alerts@example.org>."
        ) from error
    name = _unencoded(shown((found[1] or "").strip('" '), 100)) if found else ""
    return Sender(name or "Communiqué", f"{parsed.username}@{domain}", domain)


def compose(letter: Letter, origin: Sender, message_id: str, date: datetime) -> EmailMessage:
    """The mail that tells `letter`, to its one recipient. date: when it is sent (aware)."""
    mail = EmailMessage(policy=POLICY)
    mail["From"] = Address(origin.name, addr_spec=origin.address)
    mail["To"] = Address(addr_spec=letter.recipient)
    mail["Subject"] = subject(letter)
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = message_id
    thread = f"<story-{letter.story_id}@{origin.domain}>"
    mail["In-Reply-To"] = thread
    mail["References"] = thread
    unsubscribe = _unsubscribe(letter, origin)
    mail["List-Id"] = f"<{_label(letter.watchlist)}.communique.{origin.domain}>"
    mail["List-Unsubscribe"] = f"<{unsubscribe}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(as_text(letter, unsubscribe))
    mail.add_alternative(as_html(letter, unsubscribe), subtype="html")
    return mail


def subject(letter: Letter) -> str:
    """Severity, what happened, the rules, who and what: one line that tells whether to open it."""
    rules = ", ".join(dict.fromkeys(card.name for card in letter.rules)) or letter.watchlist
    news = {"wording": "Edited: ", "withdrawn": "Withdrawn: "}.get(letter.kind, "")
    late = "Late: " if letter.late and not news else ""
    head = f"[{letter.severity}] {news}{late}{shown(rules, 60)}: {shown(letter.publisher, 60)}"
    return shown(_unencoded(f"{head}: {letter.title}"), SUBJECT)


def _unencoded(text: str) -> str:
    """`text` without beginnings of an encoded word: the library would decode a stranger's, and a
    line break inside it would end the headers."""
    return text.replace("=?", "= ?")


def _unsubscribe(letter: Letter, origin: Sender) -> str:
    words = quote(f"unsubscribe {letter.subscription_id}")
    return f"mailto:{quote(origin.address, safe='@')}?subject={words}"


def _label(watchlist: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", watchlist.lower()).strip("-") or "watchlist"
