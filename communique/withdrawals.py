"""A statement that its publisher took down is news to whoever was told of its story."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, text

# The revision that stood last must have been judged, and a rule of the watchlist held for it.
_QUEUE = text("""
WITH gone AS (
    SELECT s.id, s.story_id, s.withdrawn_at, r.id AS revision_id,
           u.id AS subscription_id, u.recipient, array_agg(m.id) AS matches,
           format('withdrawn:%s:%s:%s', u.id, s.id, extract(epoch FROM s.withdrawn_at)::bigint)
               AS dedupe_key
    FROM communique.statements s
    JOIN communique.revisions r ON r.statement_id = s.id AND r.number = s.revision_number
    JOIN communique.matches m ON m.revision_id = r.id
    JOIN communique.rules l ON l.id = m.rule_id
    JOIN communique.subscriptions u ON u.watchlist = l.watchlist AND u.ended_at IS NULL
    WHERE s.withdrawn_at IS NOT NULL
      AND EXISTS (
          SELECT FROM communique.deliveries d
          WHERE d.story_id = s.story_id AND d.subscription_id = u.id
            AND d.kind IN ('new', 'wording') AND d.status <> 'held'
      )
    GROUP BY s.id, r.id, u.id
), queued AS (
    INSERT INTO communique.deliveries (
        dedupe_key, subscription_id, story_id, statement_id, revision_id, kind, recipient, status,
        created_at, next_try_at
    )
    SELECT dedupe_key, subscription_id, story_id, id, revision_id, 'withdrawn', recipient, 'pending',
           :now, :now
    FROM gone ORDER BY id, subscription_id
    ON CONFLICT DO NOTHING
    RETURNING id, dedupe_key
), linked AS (
    INSERT INTO communique.delivery_matches (delivery_id, match_id)
    SELECT queued.id, unnest(gone.matches) FROM queued JOIN gone USING (dedupe_key)
)
SELECT count(*) FROM queued
""")


def tell_withdrawals(engine: Engine, now: datetime) -> int:
    """Queues one `withdrawn` delivery per withdrawn statement and subscription that was told of
    its story, even where a repost stands. Safe to run twice, or two at once. now: aware, UTC.
    Returns how many were queued."""
    with engine.begin() as connection:
        return int(connection.execute(_QUEUE, {"now": now}).scalar_one())
