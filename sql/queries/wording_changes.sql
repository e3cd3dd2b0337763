-- What did publishers change in the wording of what they had already published?
--
-- at              when we noticed it, the edit was made between then and our look before
-- kind            edited (a wording not seen before) or restored (an earlier one stands again)
-- removed, added  the words taken out and put in, places parted by |
-- days_later      days between publication and the change
--
-- Left out is what another reader of ours read otherwise, since that may be no edit. To change it:
-- the first day, or a topic in place of NULL.
WITH parameters (since, topic) AS (
    VALUES (TIMESTAMPTZ '2019-01-01 +00', CAST(NULL AS text))
)
SELECT c.at,
       c.kind,
       c.publisher,
       c.country,
       c.title,
       c.removed,
       c.added,
       CAST(c.at AS date) - c.published_on AS days_later,
       c.url,
       c.statement_id,
       c.revision_before,
       c.revision
FROM parameters p
JOIN analyst.changes c ON c.at >= p.since
WHERE c.kind IN ('edited', 'restored')
  AND NOT c.reread
  AND (p.topic IS NULL OR c.topics @> ARRAY[p.topic])
ORDER BY c.at DESC, c.id DESC
LIMIT 500
