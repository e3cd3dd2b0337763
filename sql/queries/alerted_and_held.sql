-- What was I told of, what was held back, and why?
--
-- status        sent, pending, failed or held
-- held_because  why it was held back (same story, same passage, a backfill ...), empty: it was not
-- rules, words  which rules held, and the words that matched
--
-- One row a message or what would have been one. To change it: the first day, or a recipient in
-- place of NULL.
WITH parameters (since, recipient) AS (
    VALUES (TIMESTAMPTZ '2019-01-01 +00', CAST(NULL AS text))
)
SELECT a.created_at,
       a.recipient,
       a.kind,
       a.status,
       a.held_because,
       a.late,
       array_agg(DISTINCT a.rule ORDER BY a.rule) AS rules,
       array_agg(DISTINCT w.word) FILTER (WHERE w.word IS NOT NULL) AS words,
       s.publisher,
       s.title,
       s.published_on,
       s.url,
       a.story_id,
       a.statement_id,
       a.sent_at,
       a.last_error
FROM parameters p
JOIN analyst.alerts a ON a.created_at >= p.since
                     AND (p.recipient IS NULL OR a.recipient = p.recipient)
JOIN analyst.statements s ON s.id = a.statement_id
LEFT JOIN LATERAL unnest(a.words) AS w (word) ON true
GROUP BY a.delivery_id, a.created_at, a.recipient, a.kind, a.status, a.held_because, a.late,
         s.publisher, s.title, s.published_on, s.url, a.story_id, a.statement_id, a.sent_at,
         a.last_error
ORDER BY a.created_at DESC, a.delivery_id DESC
LIMIT 500
