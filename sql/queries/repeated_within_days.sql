-- Who repeated a formulation within seven days of its first use?
--
-- passage         the words as they were repeated, words is how many (characters in Chinese)
-- publisher, day  who repeated it, and when
-- first_used_by   who is known to have said it first, and first_used_on when
-- days_after      days between the two
-- used_since      how many statements have taken it from there by now
--
-- To change it: the longest time between the two, the fewest words, the first day to look at. Who
-- repeats only himself is left out, by the condition on publishers.
WITH parameters (within_days, least_words, since) AS (VALUES (7, 8, DATE '2019-01-01'))
SELECT e.passage,
       e.words,
       e.publisher,
       e.country,
       e.used_on AS day,
       e.earlier_publisher AS first_used_by,
       e.earlier_country AS first_country,
       e.earlier_used_on AS first_used_on,
       e.days_after,
       e.used_since,
       e.statement_id,
       e.earlier_statement_id AS first_statement_id
FROM parameters p
JOIN analyst.echoes e ON e.day >= p.since AND e.words >= p.least_words
WHERE e.earlier_is_first
  AND e.days_after BETWEEN 0 AND p.within_days
  AND e.publisher <> e.earlier_publisher
ORDER BY e.day DESC, e.words DESC
LIMIT 500
