"""How often a rule is met, against how often it usually is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

# Periods before the present one that make up what is usual.
PERIODS = 8

# What is first seen long after its date says what was found, not what is being said: a source that
# is new to us brings its whole listing at once. Bucket 0 is the present period, 1 the one before.
_COUNTS = text("""
    SELECT u.watchlist, u.rule, b.bucket, count(DISTINCT s.story_id) AS stories
    FROM communique.statements s
    JOIN communique.revisions r ON r.statement_id = s.id
    JOIN communique.matches m ON m.revision_id = r.id
    JOIN communique.rules u ON u.id = m.rule_id
    CROSS JOIN LATERAL (SELECT CASE WHEN s.first_seen_at > :since THEN 0 ELSE 1 + floor(
        extract(epoch FROM CAST(:since AS timestamptz) - s.first_seen_at) / :seconds
    ) END AS bucket) b
    WHERE s.first_seen_at > :oldest AND s.first_seen_at <= :until AND NOT s.backfilled
      AND (s.published_on IS NULL
           OR s.published_on >= CAST(s.first_seen_at AT TIME ZONE 'UTC' AS date) - 7)
    GROUP BY 1, 2, 3
""")
_RULES = text("""
    SELECT DISTINCT ON (watchlist, rule) watchlist, rule, name, severity,
        min(created_at) OVER (PARTITION BY watchlist, rule) AS since,
        retired_at IS NULL AS in_force
    FROM communique.rules ORDER BY watchlist, rule, version DESC
""")
_BEGAN = text("SELECT min(started_at) FROM communique.runs WHERE kind IN ('collect', 'replay')")


@dataclass(frozen=True, slots=True)
class Count:
    """A rule in force. stories: that it found in a period. usual: how many it finds in as much time
    on the average of the `periods` before, at most PERIODS; None: it has no history yet."""

    watchlist: str
    rule: str
    name: str
    severity: str
    stories: int
    usual: float | None
    periods: int

    @property
    def surprise(self) -> float:
        """How far it is from the usual, in about as many standard deviations as if what is said
        came by chance (Poisson); without a history what it found."""
        if self.usual is None:
            return float(self.stories)
        return float(abs(self.stories - self.usual) / (self.usual + 1) ** 0.5)


def counts(
    connection: Connection, since: datetime, until: datetime, length: timedelta
) -> tuple[Count, ...]:
    """Every rule in force: stories first seen after `since` up to `until` (aware), against the
    average of up to eight periods of `length` before `since`; the most surprising first.

    Only what we saw within a week of its date counts, and what no backfill brought. A period of
    another length than usual is compared with as much of the usual ones. The history begins with
    the first collect, or with the rule.
    """
    asked = {
        "since": since,
        "until": until,
        "oldest": since - PERIODS * length,
        "seconds": length.total_seconds(),
    }
    found: dict[tuple[str, str, int], int] = {
        (row.watchlist, row.rule, int(row.bucket)): row.stories
        for row in connection.execute(_COUNTS, asked)
    }
    began = connection.execute(_BEGAN).scalar() or until
    out = []
    for rule in connection.execute(_RULES):
        if not rule.in_force:
            continue
        known = max(timedelta(0), since - max(began, rule.since))
        periods = min(PERIODS, known // length)
        total = sum(found.get((rule.watchlist, rule.rule, n + 1), 0) for n in range(periods))
        share: Any = (until - since) / length
        usual = round(total / periods * share, 1) if periods else None
        stories = found.get((rule.watchlist, rule.rule, 0), 0)
        out.append(
            Count(rule.watchlist, rule.rule, rule.name, rule.severity, stories, usual, periods)
        )
    return tuple(sorted(out, key=lambda one: (-one.surprise, -one.stories, one.name, one.rule)))
