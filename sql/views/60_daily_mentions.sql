-- How often a topic was spoken of, by day and source.
CREATE OR REPLACE VIEW analyst.daily_mentions AS
SELECT coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date) AS day,
       topic,
       s.source_id AS source,
       o.publisher,
       o.country,
       s.language,
       count(*) AS statements,
       count(DISTINCT s.story_id) AS stories
FROM communique.statements s
JOIN communique.sources o ON o.id = s.source_id
CROSS JOIN LATERAL unnest(s.topics) AS topic
GROUP BY 1, 2, 3, 4, 5, 6;

COMMENT ON VIEW analyst.daily_mentions IS 'Statements on a topic by day and source';
COMMENT ON COLUMN analyst.daily_mentions.day IS 'Day of publication in the source''s zone; where unknown, of first sight (UTC)';
COMMENT ON COLUMN analyst.daily_mentions.topic IS 'Such as 5g or huawei';
COMMENT ON COLUMN analyst.daily_mentions.source IS 'Id of the source';
COMMENT ON COLUMN analyst.daily_mentions.publisher IS 'Who publishes there';
COMMENT ON COLUMN analyst.daily_mentions.country IS 'Country the publisher speaks for';
COMMENT ON COLUMN analyst.daily_mentions.language IS 'Language of the statements';
COMMENT ON COLUMN analyst.daily_mentions.statements IS 'How many statements';
COMMENT ON COLUMN analyst.daily_mentions.stories IS 'Of how many different stories';
