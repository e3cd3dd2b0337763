-- What is said once and posted many times. Ask for some of them (id = ..., or id IN (SELECT story_id
-- FROM analyst.statements WHERE ...)): what is counted is counted for each story that is asked for.
CREATE OR REPLACE VIEW analyst.stories AS
SELECT t.id,
       lead.id AS lead_statement_id,
       lead.title,
       lead.source_id AS first_source,
       lead.published_on AS first_published_on,
       t.created_at AS first_seen_at,
       counts.statements,
       counts.sources,
       counts.languages,
       lead.publisher AS first_publisher,
       lead.country AS first_country,
       lead.day AS first_day,
       counts.last_day,
       counts.countries,
       counts.withdrawn,
       counts.in_topics AS topics
FROM communique.stories t
CROSS JOIN LATERAL (
    SELECT s.id, s.title, s.source_id, s.published_on, o.publisher, o.country,
           coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date) AS day
    FROM communique.statements s
    JOIN communique.sources o ON o.id = s.source_id
    WHERE s.story_id = t.id
    ORDER BY coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date),
             coalesce(s.published_at, s.first_seen_at), s.id
    LIMIT 1
) lead
CROSS JOIN LATERAL (
    SELECT count(DISTINCT s.id) AS statements,
           count(DISTINCT s.source_id) AS sources,
           array_agg(DISTINCT s.language ORDER BY s.language) AS languages,
           max(coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date)) AS last_day,
           coalesce(array_agg(DISTINCT o.country ORDER BY o.country)
                    FILTER (WHERE o.country IS NOT NULL), '{}') AS countries,
           count(DISTINCT s.id) FILTER (WHERE s.withdrawn_at IS NOT NULL) AS withdrawn,
           coalesce(array_agg(DISTINCT topic ORDER BY topic)
                    FILTER (WHERE topic IS NOT NULL), '{}') AS in_topics
    FROM communique.statements s
    JOIN communique.sources o ON o.id = s.source_id
    LEFT JOIN LATERAL unnest(s.topics) AS topic ON true
    WHERE s.story_id = t.id
) counts;

COMMENT ON VIEW analyst.stories IS 'One row a story: statements that say the same thing, led by the earliest';
COMMENT ON COLUMN analyst.stories.id IS 'Number of the story; other views call it story_id';
COMMENT ON COLUMN analyst.stories.lead_statement_id IS 'The earliest statement by publication, else by first sight';
COMMENT ON COLUMN analyst.stories.title IS 'Title of the earliest statement';
COMMENT ON COLUMN analyst.stories.first_source IS 'Source of the earliest statement: the first poster that we know';
COMMENT ON COLUMN analyst.stories.first_published_on IS 'Its day of publication; null: unknown';
COMMENT ON COLUMN analyst.stories.first_seen_at IS 'When we first read any of them';
COMMENT ON COLUMN analyst.stories.statements IS 'How many statements';
COMMENT ON COLUMN analyst.stories.sources IS 'By how many sources';
COMMENT ON COLUMN analyst.stories.languages IS 'In which languages';
COMMENT ON COLUMN analyst.stories.first_publisher IS 'Publisher of the earliest statement';
COMMENT ON COLUMN analyst.stories.first_country IS 'Country that publisher speaks for';
COMMENT ON COLUMN analyst.stories.first_day IS 'Its day of publication; where unknown, of first sight (UTC)';
COMMENT ON COLUMN analyst.stories.last_day IS 'The same of the latest statement: how long the story has been posted';
COMMENT ON COLUMN analyst.stories.countries IS 'Countries whose publishers posted it';
COMMENT ON COLUMN analyst.stories.withdrawn IS 'How many of the statements have been withdrawn';
COMMENT ON COLUMN analyst.stories.topics IS 'Topics of any of the statements';
