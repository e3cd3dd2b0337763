"""The alerts that wait for a digest, and in which order they are told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from communique.mail.letter import SEVERITIES
from communique.schema import Delivery

# What waits for a digest: what is put off for an hour has a time, what is in a mail has that.
WAITING = (
    Delivery.status == "pending",
    Delivery.mail_id.is_(None),
    Delivery.next_try_at.is_(None),
)

# FOR UPDATE: whoever else would settle one of them waits, or finds it taken.
_WAITING = text("""
    SELECT d.id, d.story_id, d.statement_id, d.revision_id, d.change_id, d.kind, d.created_at
    FROM communique.deliveries d
    WHERE d.status = 'pending' AND d.mail_id IS NULL AND d.next_try_at IS NULL
      AND d.kind IN ('new', 'wording', 'withdrawn') AND d.subscription_id = ANY(:ids)
    ORDER BY d.id FOR UPDATE
""")
_SEVERITY = text("""
    SELECT x.delivery_id, array_agg(DISTINCT u.severity) AS severities
    FROM communique.delivery_matches x
    JOIN communique.matches m ON m.id = x.match_id JOIN communique.rules u ON u.id = m.rule_id
    WHERE x.delivery_id = ANY(:ids) GROUP BY 1
""")


@dataclass(frozen=True, slots=True)
class Alert:
    """A delivery that a digest tells. news: what several of one person's subscriptions would tell
    alike: a story whoever posted it, an edit or a withdrawal of one statement."""

    id: int
    news: tuple[Any, ...]
    severity: str


def waiting(connection: Connection, subscriptions: Collection[int]) -> tuple[Alert, ...]:
    """What waits for the digests of these subscriptions, locked: the gravest first, then as it
    came."""
    rows = connection.execute(_WAITING, {"ids": list(subscriptions)}).all()
    return _ordered(connection, rows)


def briefs(alerts: Sequence[Alert], most: int) -> list[int]:
    """Those that are told by title only: beyond `most` different ones."""
    full = set(list(dict.fromkeys(alert.news for alert in alerts))[:most])
    return [alert.id for alert in alerts if alert.news not in full]


def _ordered(connection: Connection, rows: Sequence[Any]) -> tuple[Alert, ...]:
    asked = {"ids": [row.id for row in rows]}
    severities = {row.delivery_id: row.severities for row in connection.execute(_SEVERITY, asked)}

    def weight(row: Any) -> int:
        return min(map(SEVERITIES.index, severities.get(row.id, ())), default=2)

    return tuple(
        Alert(
            id=row.id,
            news=_news(row),
            severity=SEVERITIES[weight(row)],
        )
        for row in sorted(rows, key=lambda row: (weight(row), row.created_at, row.id))
    )


def _news(row: Any) -> tuple[Any, ...]:
    if row.kind == "new":
        return row.kind, row.story_id
    return row.kind, row.statement_id, row.revision_id, row.change_id
