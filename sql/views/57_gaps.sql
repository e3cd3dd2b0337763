-- What a series skipped, so that silence is not taken for nothing having been said.
CREATE OR REPLACE VIEW analyst.gaps AS
SELECT g.id,
       g.source_id AS source,
       o.publisher,
       o.country,
       g.kind,
       g.listing,
       nullif(g.after, '') AS after_url,
       g.before AS before_url,
       g.found_at,
       g.filled_at
FROM communique.gaps g
JOIN communique.sources o ON o.id = g.source_id;

COMMENT ON VIEW analyst.gaps IS 'One row a hole that was noticed in what a source published: statements may be missing there';
COMMENT ON COLUMN analyst.gaps.id IS 'Number of the gap';
COMMENT ON COLUMN analyst.gaps.source IS 'Id of the source';
COMMENT ON COLUMN analyst.gaps.publisher IS 'Who publishes there';
COMMENT ON COLUMN analyst.gaps.country IS 'Country the publisher speaks for';
COMMENT ON COLUMN analyst.gaps.kind IS 'window: a listing no longer reached back to what was known; number: a running number that no listing named';
COMMENT ON COLUMN analyst.gaps.listing IS 'The listing where it was noticed';
COMMENT ON COLUMN analyst.gaps.after_url IS 'The last address before the hole; null: unknown';
COMMENT ON COLUMN analyst.gaps.before_url IS 'The first address after the hole';
COMMENT ON COLUMN analyst.gaps.found_at IS 'When it was noticed';
COMMENT ON COLUMN analyst.gaps.filled_at IS 'When what was missing was read, or found not to be there; null: still open';
