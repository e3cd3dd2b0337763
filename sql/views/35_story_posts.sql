-- Who posted a story, in which order.
CREATE OR REPLACE VIEW analyst.story_posts AS
SELECT s.story_id,
       (SELECT count(*) FROM communique.statements e
        WHERE e.story_id = s.story_id
          AND (coalesce(e.published_on, (e.first_seen_at AT TIME ZONE 'UTC')::date),
               coalesce(e.published_at, e.first_seen_at), e.id)
           <= (coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date),
               coalesce(s.published_at, s.first_seen_at), s.id)
       ) AS position,
       s.id AS statement_id,
       s.source_id AS source,
       o.publisher,
       o.kind,
       o.country,
       o.host_country,
       s.language,
       coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date) AS day,
       s.published_at,
       s.date_precision,
       s.first_seen_at,
       coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date)
       - (SELECT min(coalesce(e.published_on, (e.first_seen_at AT TIME ZONE 'UTC')::date))
          FROM communique.statements e WHERE e.story_id = s.story_id) AS days_after_first,
       s.title,
       s.url,
       s.withdrawn_at
FROM communique.statements s
JOIN communique.sources o ON o.id = s.source_id;

COMMENT ON VIEW analyst.story_posts IS 'One row a statement: its place in the order in which its story was posted';
COMMENT ON COLUMN analyst.story_posts.story_id IS 'The story (analyst.stories.id)';
COMMENT ON COLUMN analyst.story_posts.position IS '1 is the first poster that we know. In order of day, and within a day of the moment of publication where the page gives one, else of first sight';
COMMENT ON COLUMN analyst.story_posts.statement_id IS 'The statement (analyst.statements.id)';
COMMENT ON COLUMN analyst.story_posts.source IS 'Id of the source';
COMMENT ON COLUMN analyst.story_posts.publisher IS 'Who posted it';
COMMENT ON COLUMN analyst.story_posts.kind IS 'embassy, consulate, mission, ministry, legislature, alliance, regulator or news';
COMMENT ON COLUMN analyst.story_posts.country IS 'Country the publisher speaks for';
COMMENT ON COLUMN analyst.story_posts.host_country IS 'Country a mission is accredited to';
COMMENT ON COLUMN analyst.story_posts.language IS 'Language of the statement';
COMMENT ON COLUMN analyst.story_posts.day IS 'Day of publication in the source''s zone; where unknown, of first sight (UTC)';
COMMENT ON COLUMN analyst.story_posts.published_at IS 'Moment of publication where the page gives a time of day';
COMMENT ON COLUMN analyst.story_posts.date_precision IS 'minute, day, inferred or unknown: how far to trust the order';
COMMENT ON COLUMN analyst.story_posts.first_seen_at IS 'When we first read it';
COMMENT ON COLUMN analyst.story_posts.days_after_first IS 'Days between the first post and this one, each in its source''s zone';
COMMENT ON COLUMN analyst.story_posts.title IS 'Title as posted';
COMMENT ON COLUMN analyst.story_posts.url IS 'Canonical address';
COMMENT ON COLUMN analyst.story_posts.withdrawn_at IS 'When it was found gone twice; null: it stands';
