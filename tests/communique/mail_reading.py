"""What a mail program makes of a mail."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from bs4 import BeautifulSoup


def plain(mail: EmailMessage) -> str:
    """The plain text, as it stands."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def page(mail: EmailMessage) -> BeautifulSoup:
    """The HTML, parsed."""
    part = mail.get_body(("html",))
    assert part is not None
    return BeautifulSoup(part.get_content(), "lxml")


def html_size(mail: EmailMessage) -> int:
    """How large the HTML is, in bytes."""
    part = mail.get_body(("html",))
    assert part is not None
    return len(part.get_content().encode())


def words(mail: EmailMessage) -> tuple[str, str]:
    """What text and HTML say, each on one line."""
    visible = page(mail)
    for hidden in visible(["style", "title"]):
        hidden.decompose()
    return " ".join(plain(mail).split()), " ".join(visible.get_text(" ").split())


def strictly(raw: bytes) -> EmailMessage:
    """A mail as the strict parser reads it, which raises where anything is malformed."""
    mail = message_from_bytes(raw, policy=default.clone(raise_on_defect=True))
    assert isinstance(mail, EmailMessage)
    for part in mail.walk():
        assert not part.defects
        assert all(not value.defects for _, value in part.items())
    return mail
