-- Which statements bear no date that can be trusted, and so fall out of any count by published_on?
--
-- date_precision  unknown (none on the page, or one that cannot be) or inferred (the page leaves
--                 out the year, its neighbours on the listing settle it)
-- date_text       the words that were read
-- day             what the views count it by: where unknown, the day of first sight
--
-- To change it: the first day of sight, take inferred out of the list to see the undated alone.
WITH parameters (since) AS (VALUES (TIMESTAMPTZ '2019-01-01 +00'))
SELECT s.publisher,
       s.country,
       s.title,
       s.date_precision,
       s.date_text,
       s.published_on,
       s.day,
       s.first_seen_at,
       s.topics,
       s.url,
       s.id AS statement_id
FROM parameters p
JOIN analyst.statements s ON s.first_seen_at >= p.since
WHERE s.date_precision IN ('unknown', 'inferred')
ORDER BY s.first_seen_at DESC, s.id
LIMIT 500
