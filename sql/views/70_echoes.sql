-- Passages that a statement shares, word for word, with an earlier one of another story. A wording is
-- dated as a statement is, but what an edit put in is dated by that edit. Of those who are known to
-- have used a passage, the earliest is its first user: who began a longer one that holds it may have
-- come later.
CREATE OR REPLACE VIEW analyst.echoes AS
SELECT e.id,
       s.id AS statement_id,
       s.story_id,
       s.source_id AS source,
       o.publisher,
       o.country,
       s.language,
       coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date) AS day,
       substr(r.text, e.start + 1, e."end" - e.start) AS passage,
       e.words,
       r.number AS revision,
       e.start AS passage_start,
       e."end" AS passage_end,
       CASE WHEN r.number = 1
            THEN coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date)
            ELSE (r.seen_at AT TIME ZONE 'UTC')::date END AS used_on,
       es.id AS earlier_statement_id,
       es.story_id AS earlier_story_id,
       es.source_id AS earlier_source,
       eo.publisher AS earlier_publisher,
       eo.country AS earlier_country,
       er.number AS earlier_revision,
       e.earlier_start,
       e.earlier_end,
       CASE WHEN er.number = 1
            THEN coalesce(es.published_on, (es.first_seen_at AT TIME ZONE 'UTC')::date)
            ELSE (er.seen_at AT TIME ZONE 'UTC')::date END AS earlier_used_on,
       CASE WHEN r.number = 1
            THEN coalesce(s.published_on, (s.first_seen_at AT TIME ZONE 'UTC')::date)
            ELSE (r.seen_at AT TIME ZONE 'UTC')::date END
       - CASE WHEN er.number = 1
              THEN coalesce(es.published_on, (es.first_seen_at AT TIME ZONE 'UTC')::date)
              ELSE (er.seen_at AT TIME ZONE 'UTC')::date END AS days_after,
       e.first AS earlier_is_first,
       (SELECT fs.id
        FROM communique.echoes f
        JOIN communique.revisions fr ON fr.id = f.earlier_revision_id
        JOIN communique.statements fs ON fs.id = fr.statement_id
        WHERE f.revision_id = e.revision_id AND f.start <= e.start AND f."end" >= e."end"
          AND fs.story_id <> s.story_id
        ORDER BY (f.first AND f.id = e.id) DESC,
                 CASE WHEN fr.number = 1
                      THEN coalesce(fs.published_on, (fs.first_seen_at AT TIME ZONE 'UTC')::date)
                      ELSE (fr.seen_at AT TIME ZONE 'UTC')::date END,
                 f.first DESC, f.earlier_revision_id LIMIT 1) AS first_statement_id,
       (SELECT fs.source_id
        FROM communique.echoes f
        JOIN communique.revisions fr ON fr.id = f.earlier_revision_id
        JOIN communique.statements fs ON fs.id = fr.statement_id
        WHERE f.revision_id = e.revision_id AND f.start <= e.start AND f."end" >= e."end"
          AND fs.story_id <> s.story_id
        ORDER BY (f.first AND f.id = e.id) DESC,
                 CASE WHEN fr.number = 1
                      THEN coalesce(fs.published_on, (fs.first_seen_at AT TIME ZONE 'UTC')::date)
                      ELSE (fr.seen_at AT TIME ZONE 'UTC')::date END,
                 f.first DESC, f.earlier_revision_id LIMIT 1) AS first_source,
       (SELECT CASE WHEN fr.number = 1
                    THEN coalesce(fs.published_on, (fs.first_seen_at AT TIME ZONE 'UTC')::date)
                    ELSE (fr.seen_at AT TIME ZONE 'UTC')::date END
        FROM communique.echoes f
        JOIN communique.revisions fr ON fr.id = f.earlier_revision_id
        JOIN communique.statements fs ON fs.id = fr.statement_id
        WHERE f.revision_id = e.revision_id AND f.start <= e.start AND f."end" >= e."end"
          AND fs.story_id <> s.story_id
        ORDER BY (f.first AND f.id = e.id) DESC,
                 CASE WHEN fr.number = 1
                      THEN coalesce(fs.published_on, (fs.first_seen_at AT TIME ZONE 'UTC')::date)
                      ELSE (fr.seen_at AT TIME ZONE 'UTC')::date END,
                 f.first DESC, f.earlier_revision_id LIMIT 1) AS first_used_on,
       (SELECT count(DISTINCT us.id)
        FROM communique.echoes u
        JOIN communique.revisions ur ON ur.id = u.revision_id
        JOIN communique.statements us ON us.id = ur.statement_id
        WHERE u.earlier_revision_id = e.earlier_revision_id
          AND u.earlier_start <= e.earlier_start AND u.earlier_end >= e.earlier_end
          AND us.story_id <> es.story_id) AS used_since,
       r.number = s.revision_number
       OR strpos(s.text, substr(r.text, e.start + 1, e."end" - e.start)) > 0 AS stands,
       er.number = es.revision_number
       OR strpos(es.text, substr(er.text, e.earlier_start + 1, e.earlier_end - e.earlier_start)) > 0
           AS earlier_stands
FROM communique.echoes e
JOIN communique.revisions r ON r.id = e.revision_id
JOIN communique.statements s ON s.id = r.statement_id
JOIN communique.sources o ON o.id = s.source_id
JOIN communique.revisions er ON er.id = e.earlier_revision_id
JOIN communique.statements es ON es.id = er.statement_id
JOIN communique.sources eo ON eo.id = es.source_id
WHERE es.story_id <> s.story_id;

COMMENT ON VIEW analyst.echoes IS 'One row a passage that a statement shares, word for word, with an earlier one of another story. A passage that several have used before has a row for each of them that is known';
COMMENT ON COLUMN analyst.echoes.id IS 'Number of the echo';
COMMENT ON COLUMN analyst.echoes.statement_id IS 'The statement that repeats (analyst.statements.id)';
COMMENT ON COLUMN analyst.echoes.story_id IS 'Its story';
COMMENT ON COLUMN analyst.echoes.source IS 'Id of its source';
COMMENT ON COLUMN analyst.echoes.publisher IS 'Who repeats';
COMMENT ON COLUMN analyst.echoes.country IS 'Country that publisher speaks for';
COMMENT ON COLUMN analyst.echoes.language IS 'Language of the statement';
COMMENT ON COLUMN analyst.echoes.day IS 'Day of publication of the statement; where unknown, of first sight (UTC)';
COMMENT ON COLUMN analyst.echoes.passage IS 'The passage as the statement has it, in its own characters';
COMMENT ON COLUMN analyst.echoes.words IS 'Its length in words; in Chinese and its like in characters';
COMMENT ON COLUMN analyst.echoes.revision IS 'Number of the first wording of the statement that has it; the offsets are that wording''s';
COMMENT ON COLUMN analyst.echoes.passage_start IS 'Where the passage begins in that wording''s text, in characters from 0';
COMMENT ON COLUMN analyst.echoes.passage_end IS 'Where it ends; the character there is no longer part of it';
COMMENT ON COLUMN analyst.echoes.used_on IS 'When the statement first had the passage: day; where an edit put it in, the day that edit was seen (UTC)';
COMMENT ON COLUMN analyst.echoes.earlier_statement_id IS 'The earlier statement (analyst.statements.id)';
COMMENT ON COLUMN analyst.echoes.earlier_story_id IS 'Its story, which is another one';
COMMENT ON COLUMN analyst.echoes.earlier_source IS 'Id of its source';
COMMENT ON COLUMN analyst.echoes.earlier_publisher IS 'Who had used the passage before';
COMMENT ON COLUMN analyst.echoes.earlier_country IS 'Country that publisher speaks for';
COMMENT ON COLUMN analyst.echoes.earlier_revision IS 'Number of the wording of the earlier statement that has it';
COMMENT ON COLUMN analyst.echoes.earlier_start IS 'Where it begins in that wording''s text, in characters from 0';
COMMENT ON COLUMN analyst.echoes.earlier_end IS 'Where it ends there';
COMMENT ON COLUMN analyst.echoes.earlier_used_on IS 'When the earlier statement first had it, told as in used_on';
COMMENT ON COLUMN analyst.echoes.days_after IS 'Days between earlier_used_on and used_on';
COMMENT ON COLUMN analyst.echoes.earlier_is_first IS 'True: nobody is known to have used the passage before the earlier statement';
COMMENT ON COLUMN analyst.echoes.first_statement_id IS 'The first user of the passage that is known, of another story: earlier_statement_id where earlier_is_first';
COMMENT ON COLUMN analyst.echoes.first_source IS 'Source of the first user';
COMMENT ON COLUMN analyst.echoes.first_used_on IS 'When the first user first had it, told as in used_on';
COMMENT ON COLUMN analyst.echoes.used_since IS 'How many statements of other stories are known to have taken the whole passage from the earlier one, this one included';
COMMENT ON COLUMN analyst.echoes.stands IS 'True: the statement still has the passage in its current wording. False: an edit has taken it out since';
COMMENT ON COLUMN analyst.echoes.earlier_stands IS 'The same of the earlier statement';
