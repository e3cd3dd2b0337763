"""Who hears of what, a page of it; and what each was sent last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, text

from communique.subscriptions import Subscription, of_ids
from scrapers.facts import load_sources
from scrapers.sources import Source

PAGE = 50  # subscriptions

_PAGE = text("""
    SELECT id FROM communique.subscriptions
    WHERE (ended_at IS NULL OR :ended)
      AND (recipient, watchlist, how) > (:recipient, :watchlist, :how)
      AND (:named = '' OR strpos(recipient, :named) > 0)
    ORDER BY recipient, watchlist, how LIMIT :most
""")
_LAST = text("""
    SELECT w.recipient, m.sent_at
    FROM unnest(CAST(:recipients AS text[])) AS w (recipient) CROSS JOIN LATERAL (
        SELECT sent_at FROM communique.mails m
        WHERE m.recipient = w.recipient AND m.status = 'sent'
        ORDER BY m.created_at DESC LIMIT 1
    ) AS m
""")
_COUNTS = text("""
    SELECT s.watchlist, s.how, count(*) AS running,
           count(*) FILTER (WHERE s.confirmed_at IS NULL) AS unconfirmed,
           count(*) FILTER (WHERE s.confirmed_at IS NOT NULL AND s.paused_at IS NOT NULL
               AND (s.paused_until IS NULL OR s.paused_until > :now)) AS paused,
           count(*) FILTER (WHERE r.disabled_at IS NOT NULL) AS disabled
    FROM communique.subscriptions s
    LEFT JOIN communique.recipients r ON r.address = s.recipient
    WHERE s.ended_at IS NULL GROUP BY s.watchlist, s.how ORDER BY s.watchlist, s.how
""")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of subscriptions. after: where the next one begins; None: there is none."""

    subscriptions: Sequence[Subscription]
    last: Mapping[str, datetime]
    after: Subscription | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many subscriptions there are to a watchlist in one way; paused, unconfirmed, disabled: of
    these."""

    watchlist: str
    how: str
    running: int
    unconfirmed: int
    paused: int
    disabled: int


def listed(
    connection: Connection, *, named: str = "", after: str = "", ended: bool = False
) -> Listed:
    """Subscriptions by recipient, watchlist and way. named: what stands in the address. after: the
    number of the subscription before the page."""
    before = of_ids(connection, [int(after)]) if after.isdecimal() and len(after) < 19 else ()
    start = before[0] if before else None
    asked = {
        "recipient": start.recipient if start else "",
        "watchlist": start.watchlist if start else "",
        "how": start.how if start else "",
        "named": named.strip().casefold(),
        "ended": ended,
        "most": PAGE + 1,
    }
    ids = connection.execute(_PAGE, asked).scalars().all()
    shown = of_ids(connection, ids[:PAGE])
    return Listed(shown, last_mails(connection, shown), shown[-1] if len(ids) > PAGE else None)


def last_mails(
    connection: Connection, subscriptions: Sequence[Subscription]
) -> Mapping[str, datetime]:
    """When each of these recipients was last sent anything."""
    recipients = sorted({one.recipient for one in subscriptions})
    rows = connection.execute(_LAST, {"recipients": recipients})
    return {row.recipient: row.sent_at for row in rows}


def counts(connection: Connection, now: datetime) -> Sequence[Count]:
    """How many hear of each watchlist, without who they are. now: aware."""
    return [Count(*row) for row in connection.execute(_COUNTS, {"now": now})]


def text_of(mail: EmailMessage) -> str:
    """What a mail says, as plain text."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


def watched(folder: Path) -> tuple[Source, ...]:
    """All sources that are watched; their files are read again once one of them has changed."""
    stamp = tuple(sorted((file.name, file.stat().st_mtime_ns) for file in folder.glob("*.yaml")))
    return _watched(folder, stamp)


@lru_cache(maxsize=2)
def _watched(folder: Path, _stamp: tuple[tuple[str, int], ...]) -> tuple[Source, ...]:
    return tuple(load_sources(folder))
