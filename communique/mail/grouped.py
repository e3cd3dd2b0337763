"""Several alerts to one recipient as one mail: the gravest first, each as a shorter letter, what
there is no room for by title, and what there is no room for at all by number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage

from sqlalchemy import Connection, select

from communique.mail.bounds import MOST_HTML, MOST_MAIL, fits, merged, sizes, trimmed
from communique.mail.clean import shown, web_address
from communique.mail.facts import Facts, deliveries_of
from communique.mail.letter import SEVERITIES, Heard, Letter, letter
from communique.mail.links import Links
from communique.mail.message import (
    SUBJECT,
    Sender,
    compose,
    envelope,
    fill,
    leave,
    page_root,
    subject_line,
    threaded,
    what,
)
from communique.mail.render import headline
from communique.schema import Mail

# Told in full, and by title; a mail that is too large with so many has fewer.
MOST_STORIES = 40
MOST_TITLES = 40
# What passages and edits of one alert may take, in bytes of HTML.
BUDGET = 2_400


@dataclass(frozen=True, slots=True)
class Brief:
    """An alert that is told by title. news: what happened, where that is not a new statement."""

    severity: str
    title: str
    publisher: str
    url: str
    news: str


@dataclass(frozen=True, slots=True)
class Grouped:
    """What a mail of several alerts says. stories: told in full, in their order; briefs: by title;
    unlisted: how many more there are; threads: the stories of all of them, in that order."""

    recipient: str
    stories: tuple[Letter, ...]
    briefs: tuple[Brief, ...]
    unlisted: int
    severities: tuple[tuple[str, int], ...]
    threads: tuple[int, ...]
    heard: tuple[Heard, ...]

    @property
    def number(self) -> int:
        """How many alerts there are, told in full or not."""
        return len(self.stories) + len(self.briefs) + self.unlisted

    @property
    def alerts(self) -> str:
        """The same in words: "5 alerts"."""
        return f"{self.number} alert{'' if self.number == 1 else 's'}"

    @property
    def severity(self) -> str:
        """The gravest there is."""
        return self.severities[0][0] if self.severities else "info"

    @property
    def counts(self) -> str:
        """How many there are of each severity, in words."""
        return ", ".join(f"{number} {severity}" for severity, number in self.severities)


def grouped(connection: Connection, mail_id: int) -> Grouped:
    """All alerts of a mail that are not held, the gravest first, then in the order in which they
    were found. One story that several subscriptions tell of stands once."""
    recipient = connection.execute(select(Mail.recipient).where(Mail.id == mail_id)).scalar_one()
    rows = deliveries_of(connection, mail_id)
    entries = _entries(rows)
    full = [entry for entry in entries if not all(row.brief for row in entry)][:MOST_STORIES]
    stories = tuple(merged(letter(connection, row.id) for row in entry) for entry in full)
    briefs = [_brief(entry) for entry in entries if entry not in full]
    counts = Counter(_severity(entry) for entry in entries)
    return Grouped(
        recipient=recipient,
        stories=stories,
        briefs=tuple(briefs[:MOST_TITLES]),
        unlisted=max(0, len(briefs) - MOST_TITLES),
        severities=tuple((name, counts[name]) for name in SEVERITIES if counts[name]),
        threads=tuple(dict.fromkeys(entry[0].story_id for entry in entries)),
        heard=_heard(rows),
    )


def compose_grouped(
    grouped: Grouped,
    origin: Sender,
    message_id: str,
    date: datetime,
    links: Links | None = None,
    *,
    pages: str | None = None,
) -> EmailMessage:
    """The mail that tells `grouped`. date: when it is sent (aware); links: how to leave, else a
    mail does it; pages: where the analysts' pages are reached, if anywhere."""
    if grouped.number == 1 and grouped.stories:
        return compose(grouped.stories[0], origin, message_id, date, links, pages=pages)

    def composed(of: Grouped) -> EmailMessage:
        mail = envelope(origin, of.recipient, subject(of), message_id, date)
        threaded(mail, of.threads, origin)
        ways = leave(mail, of.heard, links, origin)
        values = {"message_id": message_id, "links": ways, "pages": page_root(pages)}
        fill(mail, "grouped", grouped=of, **values)
        return mail

    return fitted(grouped, composed)


def fitted(grouped: Grouped, composed: Callable[[Grouped], EmailMessage]) -> EmailMessage:
    """The mail that `composed` makes of as many alerts in full, and of as many titles, as mail
    programs show whole; the others become titles, and then a number."""
    full, titles = len(grouped.stories), MOST_TITLES
    while True:
        mail = composed(shortened(grouped, full, titles))
        if fits(mail) or (full == 0 and titles == 0):
            return mail
        html, whole = sizes(mail)
        ratio = min(MOST_HTML / html, MOST_MAIL / whole)
        if full > 1:
            full = max(1, min(full - 1, int(full * ratio)))
        elif titles > 5:
            titles //= 2
        else:
            full = titles = 0


def shortened(grouped: Grouped, full: int, titles: int) -> Grouped:
    """The same with at most `full` alerts told in full and `titles` by title."""
    briefs = (*map(brief_of, grouped.stories[full:]), *grouped.briefs)
    return replace(
        grouped,
        stories=tuple(map(_compact, grouped.stories[:full])),
        briefs=briefs[:titles],
        unlisted=grouped.unlisted + max(0, len(briefs) - titles),
    )


def _compact(told: Letter) -> Letter:
    return trimmed(told, BUDGET, rules=4, excerpts=2, changes=3, echoes=1, reposts=3)


def subject(grouped: Grouped) -> str:
    """How grave and how many, the first of them as its own mail would say it, and the rest."""
    if not grouped.stories:
        return subject_line(f"[{grouped.severity}] {grouped.alerts}: {grouped.counts}")
    more = grouped.number - 1
    rest = f", and {more} more" if more else ""
    head = f"[{grouped.severity}] {grouped.alerts}: {what(grouped.stories[0])}"
    return subject_line(head, SUBJECT - len(rest)) + rest


def brief_of(told: Letter) -> Brief:
    """A letter as a title."""
    news = "" if told.kind == "new" else headline(told).lower()
    news = ", ".join(filter(None, (news, "late" if told.late else "")))
    url = web_address(told.url, 500)
    return Brief(told.severity, shown(told.title, 110), told.publisher, url, news)


def _entries(rows: Sequence[Facts]) -> list[list[Facts]]:
    """Deliveries by what they tell: a new story whoever posted it, an edit or a withdrawal of one
    statement. Each in the order of ids, all by severity."""
    found: dict[tuple[object, ...], list[Facts]] = {}
    for row in rows:
        edit = (row.statement_id, row.revision_id, row.change_id)
        news = (row.kind, row.story_id, *(edit if row.kind != "new" else ()))
        found.setdefault(news, []).append(row)
    for entry in found.values():
        entry.sort(key=lambda row: (row.brief, row.id))
    return sorted(
        found.values(),
        key=lambda entry: (
            SEVERITIES.index(_severity(entry)),
            min(row.created_at for row in entry),
            min(row.id for row in entry),
        ),
    )


def _severity(entry: Sequence[Facts]) -> str:
    severities: list[str] = [row.severity for row in entry]
    return min(severities, key=SEVERITIES.index)


def _brief(entry: Sequence[Facts]) -> Brief:
    row = entry[0]
    edited = "wording restored" if row.change == "restored" else "wording changed"
    news = {"wording": edited, "withdrawn": "withdrawn"}.get(row.kind, "")
    return Brief(
        severity=_severity(entry),
        title=shown(row.title, 110) or "(no title)",
        publisher=shown(row.publisher, 120),
        url=web_address(row.url, 500),
        news=", ".join(filter(None, (news, "late" if row.late else ""))),
    )


def _heard(rows: Iterable[Facts]) -> tuple[Heard, ...]:
    """The subscriptions that tell of any of it; which rules, each alert says."""
    every = {row.subscription_id: shown(row.watchlist, 100) for row in rows}
    return tuple(Heard(number, watchlist) for number, watchlist in sorted(every.items()))
