-- Who posted a story first, and who followed how many days later?
--
-- position          1 is the first poster that we know
-- days_after_first  days between the first post and this one
-- date_precision    of day: two posts of one day are in a sure order only where it is minute
--
-- Only stories of several sources. To change it: the topic, the first day of any of the posts.
WITH parameters (topic, since) AS (VALUES ('huawei', DATE '2019-01-01'))
SELECT o.story_id,
       o.position,
       o.publisher,
       o.kind,
       o.country,
       o.language,
       o.day,
       o.days_after_first,
       o.date_precision,
       o.title,
       o.url,
       o.withdrawn_at
FROM analyst.story_posts o
JOIN analyst.stories t ON t.id = o.story_id
WHERE o.story_id IN (
          SELECT s.story_id FROM parameters p
          JOIN analyst.statements s ON s.topics @> ARRAY[p.topic] AND s.day >= p.since)
  AND t.sources > 1
ORDER BY t.first_day DESC, o.story_id, o.position
