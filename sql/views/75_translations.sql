-- Versions of one statement in several languages, by one publisher. Each pair is told from both sides.
CREATE OR REPLACE VIEW analyst.translations AS
SELECT pair.statement_id,
       s.language,
       s.title,
       s.story_id,
       pair.other_id,
       e.language AS other_language,
       e.title AS other_title,
       e.story_id AS other_story_id,
       e.url AS other_url,
       s.source_id AS source,
       o.publisher,
       o.country,
       coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date) AS day,
       coalesce(e.published_on, (e.first_seen_at AT TIME ZONE 'UTC')::date) AS other_day,
       pair.score
FROM (
    SELECT statement_id, other_id, score FROM communique.translations
    UNION ALL
    SELECT other_id, statement_id, score FROM communique.translations
) pair
JOIN communique.statements s ON s.id = pair.statement_id
JOIN communique.statements e ON e.id = pair.other_id
JOIN communique.sources o ON o.id = s.source_id;

COMMENT ON VIEW analyst.translations IS 'Two statements of one publisher that are versions of each other in two languages. Each pair has two rows, one from either side';
COMMENT ON COLUMN analyst.translations.statement_id IS 'The statement (analyst.statements.id)';
COMMENT ON COLUMN analyst.translations.language IS 'Its language';
COMMENT ON COLUMN analyst.translations.title IS 'Its title';
COMMENT ON COLUMN analyst.translations.story_id IS 'Its story: language versions share one';
COMMENT ON COLUMN analyst.translations.other_id IS 'Its version in the other language (analyst.statements.id)';
COMMENT ON COLUMN analyst.translations.other_language IS 'The other language';
COMMENT ON COLUMN analyst.translations.other_title IS 'Title of the other version';
COMMENT ON COLUMN analyst.translations.other_story_id IS 'Story of the other version; another one only where somebody has parted them by hand';
COMMENT ON COLUMN analyst.translations.other_url IS 'Canonical address of the other version';
COMMENT ON COLUMN analyst.translations.source IS 'Source of the statement';
COMMENT ON COLUMN analyst.translations.publisher IS 'Who published it';
COMMENT ON COLUMN analyst.translations.country IS 'Country the publisher speaks for';
COMMENT ON COLUMN analyst.translations.day IS 'Day of publication of the statement; where unknown, of first sight (UTC)';
COMMENT ON COLUMN analyst.translations.other_day IS 'The same of the other version';
COMMENT ON COLUMN analyst.translations.score IS 'How sure the pairing is, from 0 to 1: dates, lengths, numbers, names and order agree';
