-- Who is watched, and how they stand after their last turn.
CREATE OR REPLACE VIEW analyst.sources AS
SELECT o.id AS source,
       o.desk,
       o.publisher,
       o.kind,
       o.country,
       o.host_country,
       o.time_zone,
       o.enabled,
       o.added_at,
       c.state,
       c.since,
       c.newest,
       c.started_at AS last_turn_at,
       c.started_at + interval '36 hours' AS expected_by,
       c.cadence_days,
       c.error
FROM communique.sources o
LEFT JOIN LATERAL (
    SELECT * FROM communique.coverage v
    WHERE v.source_id = o.id ORDER BY v.started_at DESC, v.id DESC LIMIT 1
) c ON true;

COMMENT ON VIEW analyst.sources IS 'One row a source: whom we watch, and how it stood after its last turn';
COMMENT ON COLUMN analyst.sources.source IS 'Id of the source, as in scrapers/sources/*.yaml';
COMMENT ON COLUMN analyst.sources.desk IS 'The desk that collects it';
COMMENT ON COLUMN analyst.sources.publisher IS 'Who publishes there, in full';
COMMENT ON COLUMN analyst.sources.kind IS 'embassy, consulate, mission, ministry, legislature, alliance, regulator or news';
COMMENT ON COLUMN analyst.sources.country IS 'Country the publisher speaks for (ISO 3166 alpha-2); null: none';
COMMENT ON COLUMN analyst.sources.host_country IS 'Country a mission is accredited to';
COMMENT ON COLUMN analyst.sources.time_zone IS 'Its declared time zone (IANA name)';
COMMENT ON COLUMN analyst.sources.enabled IS 'False: nobody collects it';
COMMENT ON COLUMN analyst.sources.added_at IS 'When we began to watch it';
COMMENT ON COLUMN analyst.sources.state IS 'State after its last turn (analyst.coverage.state); null: it never had one';
COMMENT ON COLUMN analyst.sources.since IS 'Since when it has been in that state';
COMMENT ON COLUMN analyst.sources.newest IS 'Newest publication day stored for it';
COMMENT ON COLUMN analyst.sources.last_turn_at IS 'When its last turn began';
COMMENT ON COLUMN analyst.sources.expected_by IS 'When the next turn must have begun at the latest: once that has passed, nobody looks';
COMMENT ON COLUMN analyst.sources.cadence_days IS 'Days within which it publishes something new; null: not known';
COMMENT ON COLUMN analyst.sources.error IS 'First error of its last turn in plain words; null: none';
