"""What is frozen of a digest when it is put together, so that a retry says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from communique.digest_facts import Facts
from communique.digest_rows import Alert
from communique.periods import LENGTHS, Due
from communique.rules import SEVERITIES
from communique.selections import EVERY
from communique.usual import Count

# Rules that are compared with their usual.
MOST_COUNTS = 12
# Of a usual period; a day on which clocks jump is longer.
SHORT = 0.9

_BEFORE = text("""
    SELECT created_at FROM communique.deliveries
    WHERE subscription_id = :subscription AND kind = 'digest' AND created_at >= :confirmed
    ORDER BY created_at DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Member:
    """A subscription that a digest is for. before: when its last digest was put together, or held
    back because of a pause (aware); None: this is the first since it was confirmed."""

    id: int
    watchlist: str
    severity: str
    rules: tuple[str, ...]
    zone: str
    day: date
    confirmed_at: datetime
    before: datetime | None

    @classmethod
    def of(cls, connection: Connection, row: Any, due: Due) -> Member:
        """A row of `subscriptions`, with what the store knows of its earlier digests."""
        asked = {"subscription": row.id, "confirmed": row.confirmed_at}
        before = connection.execute(_BEFORE, asked).scalar()
        chosen = (row.id, row.watchlist, row.severity, tuple(row.rules), row.zone)
        return cls(*chosen, due.day, row.confirmed_at, before)

    def hears_of(self, count: Count) -> bool:
        """Whether it is told what a rule finds."""
        names = {count.rule, f"{count.watchlist}/{count.rule}"}
        return (
            self.watchlist in (EVERY, count.watchlist)
            and (not self.rules or not names.isdisjoint(self.rules))
            and SEVERITIES.index(count.severity) >= SEVERITIES.index(self.severity)
        )


@dataclass(frozen=True, slots=True)
class Digest:
    """One recipient's daily or weekly digest, for all subscriptions that are due at once."""

    how: str
    recipient: str
    members: tuple[Member, ...]

    @property
    def length(self) -> timedelta:
        """How much time such a digest covers as a rule."""
        return LENGTHS[self.how]

    def since(self, now: datetime) -> datetime:
        """The beginning of what it covers: the last digest. Of the first one, and where that was
        only a short time ago (the hour was changed), a usual period, or it would say of a morning
        that nobody looked."""
        usual = now - self.length
        last = min((one.before for one in self.members if one.before is not None), default=usual)
        return last if now - last > SHORT * self.length else usual


def content(digest: Digest, facts: Facts, alerts: Sequence[Alert]) -> dict[str, Any]:
    """All that the digest says but its alerts, which are read from the store when it is sent."""
    now, since = facts.now, digest.since(facts.now)
    return {
        "how": digest.how,
        "since": since.isoformat(),
        "until": now.isoformat(),
        "zone": digest.members[0].zone,
        "overdue": now - since > 1.5 * digest.length,
        "alerts": len({alert.news for alert in alerts}),
        "subscriptions": [_member(one) for one in digest.members],
        "coverage": facts.coverage(since),
        "usual": _usual(digest, facts, since),
        "rising": facts.rising(since),
    }


def _member(one: Member) -> dict[str, Any]:
    began = one.confirmed_at.isoformat() if one.before is None else None
    return {"id": one.id, "watchlist": one.watchlist, "day": one.day.isoformat(), "began": began}


def _usual(digest: Digest, facts: Facts, since: datetime) -> dict[str, Any]:
    """The most surprising counts of the rules that somebody here hears of."""
    mine = [
        count
        for count in facts.usual(since, digest.length)
        if any(one.hears_of(count) for one in digest.members)
    ]
    told = [one for one in mine if one.stories or one.usual]
    return {
        "rules": len(mine),
        "counts": [asdict(one) for one in told[:MOST_COUNTS]],
        "more": max(0, len(told) - MOST_COUNTS),
    }
