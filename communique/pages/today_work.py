"""How the work behind *Today* goes: the last runs, mails that did not go out, formulations that
rise. Everything is bounded, and says how far it looked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from communique.echoes.phrases import Phrase, phrases
from communique.health import TURN_WITHIN
from communique.mail.clean import shown

# The newest runs and mails that are looked through.
RUNS, MAILS = 400, 5_000
SHOWN_MAILS = 10
# A mail that is due for so long waits for something.
OVERDUE = timedelta(hours=1)
# Formulations: the time that is compared, how many are shown, and words of one in a query.
LEAST_DAYS, MOST_DAYS, PHRASES, LEAST_USERS, WORDS = 7, 14, 5, 3, 14

Facts = Row[*tuple[Any, ...]]

_RUNS = text("""
    SELECT DISTINCT ON (kind, desk) kind, desk, key, started_at, finished_at FROM (
        SELECT * FROM communique.runs ORDER BY id DESC LIMIT :most
    ) last ORDER BY kind, desk, started_at DESC
""")
_SEEN = text("""
    SELECT count(*) FROM (
        SELECT FROM communique.statements
        WHERE first_seen_at > :since AND first_seen_at <= :until AND NOT backfilled LIMIT :most
    ) seen
""")
_UNSENT = text("""
    SELECT status, coalesce(held_because, '') AS because, count(*) AS number,
           min(created_at) AS first
    FROM (SELECT * FROM communique.mails ORDER BY id DESC LIMIT :looked) m
    WHERE (status IN ('failed', 'held') AND created_at > :since)
       OR (status = 'pending' AND next_try_at < :overdue)
    GROUP BY 1, 2 ORDER BY 1, 2
""")
_TROUBLED = text("""
    SELECT id, recipient, kind, status, held_because, created_at, next_try_at, tries, last_error
    FROM (SELECT * FROM communique.mails ORDER BY id DESC LIMIT :looked) m
    WHERE (status IN ('failed', 'held') AND created_at > :since)
       OR (status = 'pending' AND next_try_at < :overdue)
    ORDER BY id DESC LIMIT :most
""")
_DISABLED = text("""
    SELECT address, disabled_at, last_error FROM communique.recipients
    WHERE disabled_at IS NOT NULL ORDER BY disabled_at DESC LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run of a kind, of a desk where it has one. late_from: of a collect, when the next
    one should have begun."""

    kind: str
    desk: str | None
    key: str
    started_at: datetime
    finished_at: datetime | None
    late_from: datetime | None


@dataclass(frozen=True, slots=True)
class Unsent:
    """Mails that failed or are held since the period began, or have waited for long. counts: by
    status and reason; mails: the newest; disabled: addresses that are not served any more."""

    counts: Sequence[Facts]
    mails: Sequence[Facts]
    disabled: Sequence[Facts]


@dataclass(frozen=True, slots=True)
class Rising:
    """A formulation that gained users. query: how a search asks for it; words: as it is shown."""

    phrase: Phrase
    query: str
    words: str


def last_runs(connection: Connection) -> tuple[LastRun, ...]:
    """The last run of each kind and desk, among the newest RUNS."""
    return tuple(
        LastRun(
            kind=row.kind,
            desk=row.desk,
            key=row.key,
            started_at=row.started_at,
            finished_at=row.finished_at,
            late_from=row.started_at + TURN_WITHIN if row.kind == "collect" else None,
        )
        for row in connection.execute(_RUNS, {"most": RUNS})
    )


def seen(connection: Connection, since: datetime, until: datetime, most: int) -> int:
    """How many statements were first read in the period, of `most` at most."""
    asked = {"since": since, "until": until, "most": most}
    return int(connection.execute(_SEEN, asked).scalar_one())


def unsent(connection: Connection, since: datetime, now: datetime) -> Unsent:
    """What did not go out, among the newest MAILS mails."""
    asked = {"since": since, "overdue": now - OVERDUE, "looked": MAILS, "most": SHOWN_MAILS}
    return Unsent(
        connection.execute(_UNSENT, asked).all(),
        connection.execute(_TROUBLED, asked).all(),
        connection.execute(_DISABLED, asked).all(),
    )


def rising(connection: Connection, since: date, until: date) -> tuple[date, tuple[Rising, ...]]:
    """From which day on was looked, and the formulations that gained most users since, against as
    many days before. A few days show nothing: a week is the least; and two are the most."""
    first = min(since, until - timedelta(days=LEAST_DAYS - 1))
    first = max(first, until - timedelta(days=MOST_DAYS - 1))
    found = phrases(connection, first, until, min_users=LEAST_USERS, limit=3 * PHRASES)
    grown = [one for one in found if one.users > one.before]
    return first, tuple(
        Rising(one, quoted(one.phrase), shown(one.phrase, 240)) for one in grown[:PHRASES]
    )


def quoted(phrase: str) -> str:
    """A query for a formulation, word for word: its beginning, where it is long. What a query
    would take for a sign of its own is left out, as between words it means nothing."""
    plain = re.sub(r'[*?"\\]+', " ", phrase)
    words = plain.split()
    if len(words) < WORDS and len(plain) > 10 * WORDS:  # a script without blanks
        return f'"{plain[: 2 * WORDS].strip()}"'
    return f'"{" ".join(words[:WORDS])}"'
