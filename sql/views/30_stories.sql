-- What is said once and posted many times.
CREATE OR REPLACE VIEW analyst.stories AS
SELECT t.id,
       lead.id AS lead_statement_id,
       lead.title,
       lead.source_id AS first_source,
       lead.published_on AS first_published_on,
       t.created_at AS first_seen_at,
       counts.statements,
       counts.sources,
       counts.languages
FROM communique.stories t
CROSS JOIN LATERAL (
    SELECT s.id, s.title, s.source_id, s.published_on
    FROM communique.statements s
    WHERE s.story_id = t.id
    ORDER BY s.published_on NULLS LAST, s.published_at NULLS LAST, s.first_seen_at, s.id
    LIMIT 1
) lead
CROSS JOIN LATERAL (
    SELECT count(*) AS statements,
           count(DISTINCT s.source_id) AS sources,
           array_agg(DISTINCT s.language ORDER BY s.language) AS languages
    FROM communique.statements s
    WHERE s.story_id = t.id
) counts;

COMMENT ON VIEW analyst.stories IS 'One row a story: statements that say the same thing, led by the earliest';
COMMENT ON COLUMN analyst.stories.id IS 'Number of the story; other views call it story_id';
COMMENT ON COLUMN analyst.stories.lead_statement_id IS 'The earliest statement by publication, else by first sight';
COMMENT ON COLUMN analyst.stories.title IS 'Title of the earliest statement';
COMMENT ON COLUMN analyst.stories.first_source IS 'Source of the earliest statement';
COMMENT ON COLUMN analyst.stories.first_published_on IS 'Its day of publication; null: unknown';
COMMENT ON COLUMN analyst.stories.first_seen_at IS 'When we first read any of them';
COMMENT ON COLUMN analyst.stories.statements IS 'How many statements';
COMMENT ON COLUMN analyst.stories.sources IS 'By how many sources';
COMMENT ON COLUMN analyst.stories.languages IS 'In which languages';
