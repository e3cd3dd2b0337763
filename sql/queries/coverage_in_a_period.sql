-- Before drawing conclusions from a period: whom did we read in it, and where were we blind?
--
-- days_watched  days of the period on which the source was read
-- days_blind    days on which it was not: nobody looked, or it could not be read
-- added_on      when we began to watch it, what was said before came in by backfill, if at all
-- holes         listings that no longer reached back, or numbers nobody named, not filled yet
-- errors        what stood in the way, the latest
--
-- To change it: first and last day. The blindest come first.
WITH parameters (since, until) AS (VALUES (DATE '2020-01-01', CURRENT_DATE)),
read AS (
    SELECT c.source,
           count(DISTINCT CAST(c.started_at AS date)) FILTER (
               WHERE c.listings_read > 0 AND c.state IN ('ok', 'quiet', 'late')) AS days,
           (array_agg(c.error ORDER BY c.started_at DESC) FILTER (WHERE c.error IS NOT NULL))[1]
               AS error
    FROM parameters p
    JOIN analyst.coverage c ON c.started_at >= p.since AND c.started_at < p.until + 1
    GROUP BY c.source
)
SELECT s.publisher,
       s.country,
       s.host_country,
       coalesce(r.days, 0) AS days_watched,
       p.until - p.since + 1 - coalesce(r.days, 0) AS days_blind,
       CAST(s.added_at AS date) AS added_on,
       (SELECT count(*) FROM analyst.gaps g
        WHERE g.source = s.source AND g.filled_at IS NULL) AS holes,
       r.error,
       s.source
FROM parameters p
CROSS JOIN analyst.sources s
LEFT JOIN read r ON r.source = s.source
WHERE s.enabled
ORDER BY days_blind DESC, s.source
