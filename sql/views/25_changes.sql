-- What became of a statement after it was first read.
CREATE OR REPLACE VIEW analyst.changes AS
SELECT h.id,
       h.statement_id,
       h.at,
       h.kind,
       s.source_id AS source,
       o.publisher,
       o.country,
       s.language,
       s.url,
       r.title,
       b.number AS revision_before,
       r.number AS revision,
       b.title AS title_before,
       b.text AS text_before,
       r.text,
       h.diff,
       false AS reread,
       s.story_id,
       s.topics,
       s.published_on,
       (SELECT string_agg(d ->> 'text', ' | ' ORDER BY n)
        FROM jsonb_array_elements(h.diff) WITH ORDINALITY AS x (d, n)
        WHERE d ->> 'op' = 'delete') AS removed,
       (SELECT string_agg(d ->> 'text', ' | ' ORDER BY n)
        FROM jsonb_array_elements(h.diff) WITH ORDINALITY AS x (d, n)
        WHERE d ->> 'op' = 'insert') AS added
FROM communique.changes h
JOIN communique.statements s ON s.id = h.statement_id
JOIN communique.sources o ON o.id = s.source_id
JOIN communique.revisions r ON r.id = h.revision_id
LEFT JOIN communique.revisions b ON b.id = h.earlier_revision_id;

COMMENT ON VIEW analyst.changes IS 'One row a change that was noticed after a statement was first read: an edit, a withdrawal, a return';
COMMENT ON COLUMN analyst.changes.id IS 'Number of the change';
COMMENT ON COLUMN analyst.changes.statement_id IS 'The statement (analyst.statements.id)';
COMMENT ON COLUMN analyst.changes.at IS 'When it was noticed; it happened between then and the look before';
COMMENT ON COLUMN analyst.changes.kind IS 'edited: a wording not seen before; restored: an earlier wording stands again; withdrawn: gone twice, hours apart; returned: there again after that';
COMMENT ON COLUMN analyst.changes.source IS 'Id of the source';
COMMENT ON COLUMN analyst.changes.publisher IS 'Who published it';
COMMENT ON COLUMN analyst.changes.country IS 'Country the publisher speaks for';
COMMENT ON COLUMN analyst.changes.language IS 'Language of the statement';
COMMENT ON COLUMN analyst.changes.url IS 'Canonical address';
COMMENT ON COLUMN analyst.changes.title IS 'Title in the wording that stood after the change, or when it was withdrawn or returned';
COMMENT ON COLUMN analyst.changes.revision_before IS 'Number of the wording before an edit; null: not an edit';
COMMENT ON COLUMN analyst.changes.revision IS 'Number of the wording after an edit, or of the one that was withdrawn or returned';
COMMENT ON COLUMN analyst.changes.title_before IS 'Title before an edit; null: not an edit';
COMMENT ON COLUMN analyst.changes.text_before IS 'Text before an edit; null: not an edit';
COMMENT ON COLUMN analyst.changes.text IS 'Text after an edit, or of the wording that was withdrawn or returned';
COMMENT ON COLUMN analyst.changes.diff IS 'The edit as operations in reading order: field (title or text), op (equal, delete or insert), text, and where that stands in the earlier and the later wording, in characters from 0; null: not an edit, or not yet compared';
COMMENT ON COLUMN analyst.changes.reread IS 'Always false: what another reader, or another version of it, reads otherwise is no change (analyst.revisions.reread)';
COMMENT ON COLUMN analyst.changes.story_id IS 'Story of the statement';
COMMENT ON COLUMN analyst.changes.topics IS 'Topics of the statement as it stands';
COMMENT ON COLUMN analyst.changes.published_on IS 'Day of publication in the source''s zone; null: unknown';
COMMENT ON COLUMN analyst.changes.removed IS 'The words that an edit took out, its places parted by |';
COMMENT ON COLUMN analyst.changes.added IS 'The words that an edit put in, its places parted by |';
