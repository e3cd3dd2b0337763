-- What did we see only long after its date: put up belatedly, dated back, or missed by us?
--
-- published_on    the day that the page gives
-- first_seen_at   when we first read it
-- days_late       days between the two
-- watched_before  true: we had been reading that source when it was published, so it was not there,
--                 or not on its listings
--
-- What a backfill read is left out. To change it: how many days are late, the first day of sight.
WITH parameters (days, since) AS (VALUES (7, TIMESTAMPTZ '2019-01-01 +00'))
SELECT s.publisher,
       s.country,
       s.title,
       s.published_on,
       s.date_precision,
       s.first_seen_at,
       CAST(s.first_seen_at AS date) - s.published_on AS days_late,
       o.added_at < s.published_on AS watched_before,
       s.topics,
       s.url,
       s.id AS statement_id
FROM parameters p
JOIN analyst.statements s ON s.first_seen_at >= p.since
JOIN analyst.sources o ON o.source = s.source
WHERE CAST(s.first_seen_at AS date) - s.published_on > p.days
  AND NOT s.backfilled
ORDER BY days_late DESC, s.id
LIMIT 500
