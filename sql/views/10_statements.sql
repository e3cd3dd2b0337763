-- What was published, one row a statement, in its current wording.
CREATE OR REPLACE VIEW analyst.statements AS
SELECT s.id,
       s.source_id AS source,
       o.publisher,
       o.kind,
       o.country,
       o.host_country,
       s.language,
       s.url,
       s.title,
       s.text,
       s.published_at,
       s.published_on,
       s.date_precision,
       s.date_zone_assumed,
       s.date_text,
       s.first_seen_at,
       s.last_seen_at,
       s.withdrawn_at,
       s.topics,
       s.story_id,
       s.reader,
       s.date_zone,
       s.revision_number AS revision,
       (SELECT count(*) FROM communique.revisions v WHERE v.statement_id = s.id) AS revisions,
       s.backfilled,
       coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date) AS day,
       s.part_of,
       NOT EXISTS (
           SELECT FROM communique.statements e
           WHERE e.story_id = s.story_id
             AND (coalesce(e.published_on, (e.first_seen_at AT TIME ZONE 'UTC')::date),
                  coalesce(e.published_at, e.first_seen_at), e.id)
               < (coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date),
                  coalesce(s.published_at, s.first_seen_at), s.id)
       ) AS leads_story
FROM communique.statements s
JOIN communique.sources o ON o.id = s.source_id;

COMMENT ON VIEW analyst.statements IS 'One row a statement: what a source published at one address, in its current wording';
COMMENT ON COLUMN analyst.statements.id IS 'Number of the statement; other views call it statement_id';
COMMENT ON COLUMN analyst.statements.source IS 'Id of the source, as in scrapers/sources/*.yaml';
COMMENT ON COLUMN analyst.statements.publisher IS 'Who published it, in full';
COMMENT ON COLUMN analyst.statements.kind IS 'embassy, consulate, mission, ministry, legislature, alliance, regulator or news';
COMMENT ON COLUMN analyst.statements.country IS 'Country the publisher speaks for (ISO 3166 alpha-2); null: none';
COMMENT ON COLUMN analyst.statements.host_country IS 'Country a mission is accredited to (ISO 3166 alpha-2)';
COMMENT ON COLUMN analyst.statements.language IS 'Language of the text (ISO 639)';
COMMENT ON COLUMN analyst.statements.url IS 'Canonical address';
COMMENT ON COLUMN analyst.statements.title IS 'Title as published';
COMMENT ON COLUMN analyst.statements.text IS 'Text without title and dateline; paragraphs are separated by a blank line';
COMMENT ON COLUMN analyst.statements.published_at IS 'Moment of publication; only where the page gives a time of day (date_precision = minute)';
COMMENT ON COLUMN analyst.statements.published_on IS 'Day of publication in the zone date_zone; null: unknown';
COMMENT ON COLUMN analyst.statements.date_precision IS 'minute, day, inferred (from its neighbours on the listing) or unknown';
COMMENT ON COLUMN analyst.statements.date_zone_assumed IS 'True: the page does not state its zone, the source''s declared one was taken';
COMMENT ON COLUMN analyst.statements.date_text IS 'The words on the page that the date was read from; null: none';
COMMENT ON COLUMN analyst.statements.first_seen_at IS 'When we first read it';
COMMENT ON COLUMN analyst.statements.last_seen_at IS 'When it was last seen, on its page or in a listing';
COMMENT ON COLUMN analyst.statements.withdrawn_at IS 'When it was found gone twice, hours apart; null: it stands';
COMMENT ON COLUMN analyst.statements.topics IS 'Topics that its wording belongs to, such as 5g and huawei; empty: off topic';
COMMENT ON COLUMN analyst.statements.story_id IS 'Statements that say the same thing share a story';
COMMENT ON COLUMN analyst.statements.reader IS 'Reader and version that read the current wording';
COMMENT ON COLUMN analyst.statements.date_zone IS 'Time zone of the date (IANA name, or an offset that the page states)';
COMMENT ON COLUMN analyst.statements.revision IS 'Number of the current wording (analyst.revisions.number)';
COMMENT ON COLUMN analyst.statements.revisions IS 'How many wordings it has had; more than 1: it was edited, or read anew by another reader (analyst.revisions.reread)';
COMMENT ON COLUMN analyst.statements.backfilled IS 'True: first read by a backfill, which never alerts';
COMMENT ON COLUMN analyst.statements.day IS 'The day to count by: of publication (published_on); where unknown, of first sight (UTC)';
COMMENT ON COLUMN analyst.statements.part_of IS 'A longer statement that holds this one whole, such as the press conference of a remark; null: none known';
COMMENT ON COLUMN analyst.statements.leads_story IS 'True: the earliest of its story, so that WHERE leads_story counts what many posted once';
