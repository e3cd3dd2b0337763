"""Mails that tell of no statement: what maintainers must know, the canary, and the question whether
an address wants what was asked for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from communique.mail import dates
from communique.mail.clean import shown, web_address
from communique.mail.message import Sender, envelope, fill, subject_line

MOST_LINES = 60
LONGEST_LINE = 1_000
HOW = {"instant": "at once", "daily": "once a day", "weekly": "once a week"}


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice says, cleaned. next: what to do, empty where nothing is; command: the same in a
    terminal, if any; more: how many lines there is no room for."""

    subject: str
    lines: tuple[str, ...]
    more: int
    next: str
    command: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a question for confirmation says, cleaned. choices: name and value; url, mailto: empty
    where there is none; until: when it expires, in words, or empty."""

    watchlist: str
    choices: tuple[tuple[str, str], ...]
    url: str
    mailto: str
    command: str
    until: str
    recipient: str

    @property
    def words(self) -> str:
        """What is subscribed to."""
        return "every watchlist" if self.watchlist == "*" else f"the watchlist {self.watchlist}"


def compose_notice(
    content: Mapping[str, Any], recipient: str, origin: Sender, message_id: str, date: datetime
) -> EmailMessage:
    """A notice: `subject`, `lines` (what happened, a list or one string), `next` (what to do; may
    be missing), `command` (may be missing). date: when it is sent (aware)."""
    lines = _lines(content.get("lines") or ())
    notice = Notice(
        subject=shown(str(content["subject"]), 160),
        lines=tuple(shown(line, LONGEST_LINE) for line in lines[:MOST_LINES]),
        more=max(0, len(lines) - MOST_LINES),
        next=" ".join(shown(line, LONGEST_LINE) for line in _lines(content.get("next") or ())),
        command=shown(str(content.get("command") or ""), 400),
        recipient=recipient,
    )
    mail = envelope(origin, recipient, subject_line(notice.subject), message_id, date)
    mail["List-Id"] = f"<notices.communique.{origin.domain}>"
    fill(mail, "notice", notice=notice)
    return mail


def compose_confirmation(
    content: Mapping[str, Any], recipient: str, origin: Sender, message_id: str, date: datetime
) -> EmailMessage:
    """Asks whether `recipient` wants what was asked for it: `watchlist`, `how` and `choices` (a
    mapping), how to say yes (`url`, `mailto`, `command`) and `until` when (ISO time). All but the
    first may be missing or empty. It offers no way to unsubscribe: nothing is subscribed yet.
    date: when it is sent (aware)."""
    how = {"How often": HOW[content["how"]]} if content.get("how") in HOW else {}
    choices = how | dict(content.get("choices") or {})
    asked = Confirmation(
        watchlist=shown(str(content["watchlist"]), 100),
        choices=tuple(
            (shown(str(name), 40), shown(str(value), 200)) for name, value in choices.items()
        ),
        url=web_address(str(content.get("url") or "")),
        mailto=web_address(str(content.get("mailto") or "")),
        command=shown(str(content.get("command") or ""), 1_000),
        until=_moment(content.get("until")),
        recipient=recipient,
    )
    title = f"Confirm: alerts of {asked.words}"
    mail = envelope(origin, recipient, subject_line(title), message_id, date)
    fill(mail, "confirmation", asked=asked)
    return mail


def _lines(lines: str | Sequence[str]) -> list[str]:
    every = lines.splitlines() if isinstance(lines, str) else [str(line) for line in lines]
    return [line for line in every if line.strip()]


def _moment(at: object) -> str:
    return dates.moment(datetime.fromisoformat(str(at))) if at else ""
