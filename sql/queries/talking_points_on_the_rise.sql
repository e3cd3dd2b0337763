-- Which formulations are on the rise, and in how many countries?
--
-- passage     as its first known user has it
-- first_*     who that was, and when
-- lately      statements that repeated it in the last days, before, in as many days before those
-- countries   whose publishers repeated it lately, news media and alliances speak for none
-- newest      the latest repetition
--
-- The last days end with the newest day of publication that is stored. To change it: how many days,
-- and the fewest words. The same on the command line, whole phrases joined: communique phrases
WITH parameters (days, least_words, until) AS (
    SELECT 30, 8, max(newest) FROM analyst.sources
),
uses AS (
    SELECT e.earlier_statement_id, e.earlier_revision, e.earlier_start, e.earlier_end,
           count(DISTINCT e.statement_id) FILTER (WHERE e.day > p.until - p.days) AS lately,
           count(DISTINCT e.statement_id) FILTER (WHERE e.day <= p.until - p.days) AS before,
           coalesce(array_agg(DISTINCT e.country) FILTER (
               WHERE e.day > p.until - p.days AND e.country IS NOT NULL), '{}') AS countries,
           max(e.day) AS newest
    FROM parameters p
    JOIN analyst.echoes e ON e.day > p.until - 2 * p.days AND e.words >= p.least_words
    WHERE e.earlier_is_first
    GROUP BY 1, 2, 3, 4
)
SELECT substr(r.text, u.earlier_start + 1, u.earlier_end - u.earlier_start) AS passage,
       s.publisher AS first_publisher,
       s.country AS first_country,
       s.day AS first_day,
       u.lately,
       u.before,
       u.countries,
       u.newest,
       u.earlier_statement_id AS first_statement_id
FROM uses u
JOIN analyst.revisions r ON r.statement_id = u.earlier_statement_id AND r.number = u.earlier_revision
JOIN analyst.statements s ON s.id = u.earlier_statement_id
WHERE u.lately > u.before
ORDER BY cardinality(u.countries) DESC, u.lately DESC, u.newest DESC
LIMIT 200
