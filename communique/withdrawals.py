"""A statement that its publisher took down is news to whoever was told of its story."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from communique.refusals import begun_again
from communique.rules import SEVERITIES
from communique.selections import EVERY
from communique.verdicts import Held

# The revision that stood last must have been judged, and a rule that is subscribed to held for it.
# A page that two sources list is told once. The story is held fast, or somebody might join it to
# another meanwhile.
_QUEUE = text("""
WITH gone AS (
    SELECT s.id, s.story_id, s.url, s.withdrawn_at, r.id AS revision_id,
           u.id AS subscription_id, u.recipient, u.how, array_agg(m.id) AS matches,
           format('withdrawn:%s:%s:%s', u.id, s.id, extract(epoch FROM s.withdrawn_at)::bigint)
               AS dedupe_key,
           CASE WHEN u.countries <> '{}' AND NOT u.countries && ARRAY[o.country, o.host_country]
                THEN :countries
                WHEN u.confirmed_at IS NULL THEN :unconfirmed
                WHEN u.paused_at IS NOT NULL AND (u.paused_until IS NULL OR :now < u.paused_until)
                THEN :paused END AS held
    FROM communique.statements s
    JOIN communique.sources o ON o.id = s.source_id
    JOIN communique.revisions r ON r.statement_id = s.id AND r.number = s.revision_number
    JOIN communique.matches m ON m.revision_id = r.id
    JOIN communique.rules l ON l.id = m.rule_id
    JOIN communique.subscriptions u ON u.watchlist IN (l.watchlist, :every)
     AND u.ended_at IS NULL
     AND array_position(:severities, l.severity) >= array_position(:severities, u.severity)
     AND (u.rules = '{}' OR u.rules && ARRAY[l.rule, l.watchlist || '/' || l.rule])
    WHERE s.withdrawn_at IS NOT NULL
      AND EXISTS (
          SELECT FROM communique.deliveries d
          WHERE d.story_id = s.story_id AND d.subscription_id = u.id
            AND d.kind IN ('new', 'wording')
            AND (d.status <> 'held' OR d.held_because = :restored)
      )
      AND NOT EXISTS (
          SELECT FROM communique.deliveries d
          WHERE d.dedupe_key = format(
              'withdrawn:%s:%s:%s', u.id, s.id, extract(epoch FROM s.withdrawn_at)::bigint
          )
      )
      AND NOT EXISTS (
          SELECT FROM communique.statements t
          JOIN communique.deliveries d ON d.dedupe_key = format(
              'withdrawn:%s:%s:%s', u.id, t.id, extract(epoch FROM t.withdrawn_at)::bigint
          )
          WHERE t.story_id = s.story_id AND t.url = s.url AND t.id <> s.id
            AND d.status <> 'held'
      )
    GROUP BY s.id, o.id, r.id, u.id
), fast AS (
    SELECT id FROM communique.stories WHERE id IN (SELECT story_id FROM gone)
    ORDER BY id FOR KEY SHARE
), queued AS (
    INSERT INTO communique.deliveries (
        dedupe_key, subscription_id, story_id, statement_id, revision_id, kind, recipient, status,
        held_because, created_at, next_try_at
    )
    SELECT DISTINCT ON (subscription_id, story_id, url)
           dedupe_key, subscription_id, story_id, gone.id, revision_id, 'withdrawn', recipient,
           CASE WHEN held IS NULL THEN 'pending' ELSE 'held' END, held, :now,
           CASE WHEN held IS NULL AND how = 'instant' THEN CAST(:now AS timestamptz) END
    FROM gone JOIN fast ON fast.id = gone.story_id
    ORDER BY subscription_id, story_id, url, held IS NOT NULL, gone.id
    ON CONFLICT DO NOTHING
    RETURNING id, dedupe_key, held_because
), linked AS (
    INSERT INTO communique.delivery_matches (delivery_id, match_id)
    SELECT queued.id, unnest(gone.matches) FROM queued JOIN gone USING (dedupe_key)
)
SELECT count(*) FILTER (WHERE held_because IS NULL) FROM queued
""").bindparams(
    bindparam("severities", list(SEVERITIES), type_=ARRAY(Text)),
    every=EVERY,
    countries=str(Held.COUNTRIES),
    unconfirmed=str(Held.UNCONFIRMED),
    paused=str(Held.PAUSED),
    restored=str(Held.RESTORED),
)

# What waits for a digest, or the end of quiet hours, and is not true any more.
_HOLD = text("""
UPDATE communique.deliveries d SET status = 'held', held_because = :returned, next_try_at = NULL
FROM communique.statements s
WHERE s.id = d.statement_id AND d.kind = 'withdrawn' AND d.status = 'pending'
  AND d.mail_id IS NULL AND s.withdrawn_at IS NULL
""").bindparams(returned=str(Held.RETURNED))


def tell_withdrawals(engine: Engine, now: datetime) -> int:
    """Queues one `withdrawn` delivery per withdrawn statement and subscription that was told of
    its story, even where a repost stands; what stands again before it went into a mail is not told
    any more. Safe to run twice, or two at once. now: aware, UTC. Returns how many were queued."""

    def work() -> int:
        with engine.begin() as connection:
            connection.execute(_HOLD)
            return int(connection.execute(_QUEUE, {"now": now}).scalar_one())

    return begun_again(work, "withdrawals are told")
