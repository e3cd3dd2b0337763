-- Which sources have published nothing for weeks, and is it they who are silent, or we who are blind?
--
-- newest        the newest day of publication that we have of it
-- days_silent   days since then
-- cadence_days  days within which it usually publishes, empty where not known
-- why           silent (we read it, and there is nothing new), blind (we cannot read it),
--               unwatched (nobody looked in time)
-- since         since when it has been in its state
--
-- To change it: how many days count as silence.
WITH parameters (days) AS (VALUES (30))
SELECT s.publisher,
       s.country,
       s.host_country,
       s.newest,
       CURRENT_DATE - s.newest AS days_silent,
       s.cadence_days,
       CASE WHEN s.last_turn_at IS NULL OR s.expected_by < now() THEN 'unwatched'
            WHEN s.state IN ('failing', 'blocked', 'never_worked') THEN 'blind'
            ELSE 'silent' END AS why,
       s.state,
       s.since,
       s.last_turn_at,
       s.error,
       s.source
FROM parameters p
JOIN analyst.sources s ON s.newest IS NULL OR s.newest < CURRENT_DATE - p.days
WHERE s.enabled
ORDER BY s.newest NULLS FIRST, s.source
