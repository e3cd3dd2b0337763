"""A letter as a mail: headers that no stranger's text can break out of, text and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from communique.mail.bounds import fits, trimmed
from communique.mail.clean import shown
from communique.mail.letter import Heard, Letter
from communique.mail.links import Links
from communique.mail.render import html_page, text_page

SUBJECT = 180
# Of a header that is not folded, in characters.
LINE = 900
# What passages and edits may take, in bytes of HTML, and how many rules, passages of each, edits
# and reposts there may be: less, where the mail is too large else.
BUDGETS = ((40_000, 20, 5, 8, 10), (12_000, 12, 3, 4, 5), (3_000, 6, 1, 2, 2))


# For machines: ASCII without blanks, which the library would encode where it cannot be folded.
UNFOLDED = frozenset({"in-reply-to", "references", "list-id", "list-unsubscribe"})


class _Policy(EmailPolicy):
    """The library's policy for SMTP, but a header's text begins on the line of its name (some
    readers show the fold as a blank), and addresses for machines stay as they are."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in UNFOLDED:
            return f"{name}: {value}\r\n".encode("ascii")
        if name.lower() == "subject":
            return _subject(str(value))
        folded = super().fold_binary(name, value)
        return re.sub(rb"\A([^\r\n:]+:) ?\r\n ", rb"\1 ", folded)


def _subject(value: str) -> bytes:
    """A subject as it is sent: what is ASCII as it stands, else from about there on in encoded
    words. The library's own folding adds blanks at folds and loses them between encoded words."""
    if value.isascii():
        lines = [""]
        for word in f"Subject: {value}".split(" "):
            if lines[-1] and len(lines[-1]) + len(word) > 76:
                lines.append("")
            lines[-1] += f" {word}" if lines[-1] or len(lines) > 1 else word
        return ("\r\n".join(lines) + "\r\n").encode("ascii")
    plain = re.match(r"[!-~](?:[ -~]{0,50}[!-~])?(?= )|", value)
    head = f"Subject: {plain[0]} " if plain and plain[0] else "Subject: "
    text = Header(value[len(head) - len("Subject: ") :], "utf-8", 76, head.rstrip(": "))
    rest = text.encode(linesep="\r\n")
    head = head.rstrip(" ") if rest.startswith("\r\n") else head
    return f"{head}{rest}\r\n".encode("ascii")


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
        if not address:
            raise ValueError("it is empty")
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


def compose(
    letter: Letter,
    origin: Sender,
    message_id: str,
    date: datetime,
    links: Links | None = None,
    *,
    pages: str | None = None,
) -> EmailMessage:
    """The mail that tells `letter`, to its one recipient. date: when it is sent (aware); links: how
    to leave, else a mail does it; pages: where the analysts' pages are reached, if anywhere."""
    for budget, rules, excerpts, changes, reposts in BUDGETS:
        most = {"rules": rules, "excerpts": excerpts, "changes": changes, "reposts": reposts}
        mail = _composed(trimmed(letter, budget, **most), origin, message_id, date, links, pages)
        if fits(mail):
            break
    return mail


def _composed(
    letter: Letter,
    origin: Sender,
    message_id: str,
    date: datetime,
    links: Links | None,
    pages: str | None,
) -> EmailMessage:
    mail = envelope(origin, letter.recipient, subject(letter), message_id, date)
    threaded(mail, [letter.story_id], origin)
    ways = leave(mail, letter.heard, links, origin)
    fill(mail, "alert", letter=letter, links=ways, pages=page_root(pages))
    return mail


def envelope(
    origin: Sender, recipient: str, subject: str, message_id: str, date: datetime
) -> EmailMessage:
    """An empty mail with the headers that each has. subject: made by `subject_line`, or of our own
    words; date: aware."""
    mail = EmailMessage(policy=POLICY)
    mail["From"] = Address(origin.name, addr_spec=origin.address)
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = subject
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    return mail


def threaded(mail: EmailMessage, stories: Iterable[int], origin: Sender) -> None:
    """Joins a mail to the threads of the stories that it tells of, as many as a line holds."""
    threads = list[str]()
    for story in dict.fromkeys(stories):
        threads.append(f"<story-{story}@{origin.domain}>")
        if sum(map(len, threads)) + len(threads) > LINE:
            threads = threads[:-1] or threads
            break
    if threads:
        mail["In-Reply-To"] = threads[0]
        mail["References"] = " ".join(threads)


def leave(mail: EmailMessage, heard: Sequence[Heard], links: Links | None, origin: Sender) -> Links:
    """Gives a mail the headers by which mail programs offer to leave, and returns how: by `links`,
    else by a mail to the sender."""
    numbers = " ".join(str(each.subscription_id) for each in heard)
    words = quote(f"unsubscribe {numbers}")
    by_mail = f"mailto:{quote(origin.address, safe='@')}?subject={words}"
    ways = links or Links(None, by_mail, "")
    watchlists = {each.watchlist for each in heard}
    name = watchlists.pop() if len(watchlists) == 1 else "watchlists"
    mail["List-Id"] = f"<{_label(name)}.communique.{origin.domain}>"
    for header, value in ways.headers.items():
        mail[header] = value
    return ways


def fill(mail: EmailMessage, template: str, **values: Any) -> None:
    """Gives a mail its two parts, plain text and HTML, from the templates of that name."""
    mail.set_content(text_page(f"{template}.txt", **values))
    mail.add_alternative(html_page(f"{template}.html", **values), subtype="html")


def page_root(pages: str | None) -> str:
    """Where the analysts' pages are reached, without a slash at its end; empty: nowhere."""
    return (pages or "").rstrip("/")


def subject(letter: Letter) -> str:
    """Severity, what happened, the rules, who and what: one line that tells whether to open it."""
    return subject_line(f"[{letter.severity}] {what(letter)}")


def what(letter: Letter) -> str:
    """What happened, the rules, who and what: the subject of a mail without its severity."""
    rules = ", ".join(dict.fromkeys(card.name for card in letter.rules))
    rules = rules or ", ".join(each.watchlist for each in letter.heard)
    news = {"wording": "Edited: ", "withdrawn": "Withdrawn: "}.get(letter.kind, "")
    news = "Restored: " if letter.kind == "wording" and letter.restored else news
    late = "Late: " if letter.late and not news else ""
    return f"{news}{late}{shown(rules, 60)}: {shown(letter.publisher, 60)}: {letter.title}"


def subject_line(text: str, limit: int = SUBJECT) -> str:
    """`text` as a subject: one line of at most `limit` characters that decodes to itself."""
    return shown(_unencoded(text), limit)


def _unencoded(text: str) -> str:
    """`text` without beginnings of an encoded word: the library would decode a stranger's, and a
    line break inside it would end the headers."""
    return text.replace("=?", "= ?")


def _label(watchlist: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", watchlist.lower()).strip("-") or "watchlists"
