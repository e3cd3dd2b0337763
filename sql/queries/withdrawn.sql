-- Which statements were withdrawn, and does anybody still post the same?
--
-- withdrawn_at     when it was found gone a second time, hours after the first
-- last_seen_at     when it was last seen there, it went between then and withdrawn_at
-- still_posted_by  other statements of its story that stand
-- revision         the wording that stood last, analyst.revisions has it, with its evidence
--
-- To change it: the first day of withdrawal.
WITH parameters (since) AS (VALUES (TIMESTAMPTZ '2019-01-01 +00'))
SELECT s.withdrawn_at,
       s.last_seen_at,
       s.publisher,
       s.country,
       s.published_on,
       s.title,
       s.url,
       s.topics,
       (SELECT count(*) FROM analyst.statements o
        WHERE o.story_id = s.story_id AND o.id <> s.id AND o.withdrawn_at IS NULL) AS still_posted_by,
       s.revision,
       s.id AS statement_id
FROM parameters p
JOIN analyst.statements s ON s.withdrawn_at >= p.since
ORDER BY s.withdrawn_at DESC
