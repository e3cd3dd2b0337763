"""A digest as a mail: what is new, the gravest first, and what was looked at to say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Connection, select

from communique.mail.digest_words import (
    Rising,
    Tally,
    Watch,
    came,
    day_of,
    period,
    remarks,
    rising,
    tallies,
    watch,
)
from communique.mail.excerpts import Excerpt
from communique.mail.grouped import Grouped, fitted, grouped
from communique.mail.letter import Heard, Letter
from communique.mail.links import Links
from communique.mail.message import (
    SUBJECT,
    Sender,
    envelope,
    fill,
    leave,
    page_root,
    subject_line,
)
from communique.schema import Delivery, Mail

TITLES = {"daily": "Daily digest", "weekly": "Weekly digest"}


@dataclass(frozen=True, slots=True)
class DigestLetter:
    """What a digest says; everything is cleaned for showing. alerts: as the store has them now; all
    else as it was when the digest was put together. remarks: what the reader must know of the
    period. counts: the most unusual rules; more_counts: further ones that found something or
    usually do; rules: how many there are in all."""

    recipient: str
    how: str
    day: str
    period: str
    remarks: tuple[str, ...]
    alerts: Grouped
    watch: Watch
    came: str
    counts: tuple[Tally, ...]
    more_counts: int
    rules: int
    rising: tuple[Rising, ...]
    heard: tuple[Heard, ...]

    @property
    def title(self) -> str:
        """What kind of digest it is."""
        return TITLES[self.how]

    @property
    def weight(self) -> str:
        """How grave it is: an alarm is urgent."""
        return "urgent" if self.watch.alarm else self.alerts.severity


def digest_letter(connection: Connection, mail_id: int) -> DigestLetter:
    """The letter of a mail of kind `digest`."""
    mail = connection.execute(select(Mail.recipient, Mail.content).where(Mail.id == mail_id)).one()
    content: Mapping[str, Any] = mail.content
    usual = content["usual"]
    mine = (Delivery.mail_id == mail_id, Delivery.kind == "digest")
    hearing = connection.execute(select(Delivery.subscription_id).where(*mine)).scalars().all()
    return DigestLetter(
        recipient=mail.recipient,
        how=content["how"],
        day=day_of(content),
        period=period(content),
        remarks=remarks(content),
        alerts=grouped(connection, mail_id),
        watch=watch(content["coverage"]),
        came=came(content["coverage"]),
        counts=tallies(usual["counts"]),
        more_counts=usual["more"],
        rules=usual["rules"],
        rising=rising(content["rising"]),
        heard=tuple(
            Heard(one["id"], one["watchlist"])
            for one in content["subscriptions"]
            if one["id"] in hearing  # and has not ended since
        ),
    )


def compose_digest(
    letter: DigestLetter,
    origin: Sender,
    message_id: str,
    date: datetime,
    links: Links | None = None,
    *,
    pages: str | None = None,
) -> EmailMessage:
    """The mail that tells `letter`. date: when it is sent (aware); links: how to leave, else a mail
    does it; pages: where the analysts' pages are reached, if anywhere."""

    def composed(alerts: Grouped) -> EmailMessage:
        mail = envelope(origin, letter.recipient, subject(letter), message_id, date)
        ways = leave(mail, letter.heard, links, origin)
        fill(mail, "digest", **_values(letter, alerts, message_id, ways, pages))
        return mail

    return fitted(letter.alerts, composed)


def _values(
    letter: DigestLetter, alerts: Grouped, message_id: str, links: Links, pages: str | None
) -> dict[str, Any]:
    return {
        "letter": letter,
        "alerts": alerts,
        "passages": {one.statement_id: _passage(one) for one in alerts.stories},
        "headline": headline(letter),
        "message_id": message_id,
        "links": links,
        "pages": page_root(pages),
    }


def subject(letter: DigestLetter) -> str:
    """`[digest]`, the day, how many and how grave, and the first title; or that there is no news,
    and of how many sources."""
    alerts = letter.alerts
    titles = [one.title for one in alerts.stories] + [one.title for one in alerts.briefs]
    first = f": {titles[0]}" if titles else ""
    return subject_line(f"[digest] {letter.day}: {headline(letter)}{first}", SUBJECT)


def headline(letter: DigestLetter) -> str:
    """How many and how grave; what could not be looked at first."""
    number, urgent = letter.alerts.number, dict(letter.alerts.severities).get("urgent", 0)
    if not number:
        news = f"no news; {letter.watch.summary}"
    elif urgent:
        news = f"{urgent} urgent" + (f", {number - urgent} more" if number > urgent else "")
    else:
        news = f"{number} alert{'' if number == 1 else 's'}"
    if not letter.watch.alarm:
        return news
    alarm = letter.watch.alarm.partition(":")[0]
    return f"{alarm[:1].lower()}{alarm[1:]}{f'; {news}' if number else ''}"


def _passage(letter: Letter) -> Excerpt | None:
    """The words that tell most in least space: the first matched passage of the text, else of the
    title."""
    every = [excerpt for card in letter.rules for excerpt in card.excerpts]
    return next((one for one in every if one.field == "text"), every[0] if every else None)
