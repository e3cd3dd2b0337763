-- Every wording that was seen, with the capture that proves it and the edit that led to it.
CREATE OR REPLACE VIEW analyst.revisions AS
SELECT r.statement_id,
       r.number,
       r.title,
       r.text,
       r.seen_at,
       r.capture_id,
       c.sha256,
       r.sha256 AS wording_sha256,
       c.fetched_at,
       c.warc,
       c.record_id,
       r.reader,
       coalesce(p.reader <> r.reader, false) AND NOT EXISTS (
           SELECT FROM communique.changes h
           WHERE h.statement_id = r.statement_id AND h.revision_id = r.id AND h.kind = 'edited'
       ) AS reread,
       c.suspect,
       (SELECT h.diff FROM communique.changes h
        WHERE h.statement_id = r.statement_id AND h.revision_id = r.id AND h.kind = 'edited'
        ORDER BY h.at LIMIT 1) AS diff,
       (SELECT s.revision_number = r.number FROM communique.statements s
        WHERE s.id = r.statement_id) AS stands
FROM communique.revisions r
LEFT JOIN communique.captures c ON c.id = r.capture_id AND c.fetched_at = r.captured_at
LEFT JOIN communique.revisions p ON p.statement_id = r.statement_id AND p.number = r.number - 1;

COMMENT ON VIEW analyst.revisions IS 'One row a wording of a statement; number 1 is the first that was seen';
COMMENT ON COLUMN analyst.revisions.statement_id IS 'The statement (analyst.statements.id)';
COMMENT ON COLUMN analyst.revisions.number IS '1, 2, ... in the order they were seen';
COMMENT ON COLUMN analyst.revisions.title IS 'Title in this wording';
COMMENT ON COLUMN analyst.revisions.text IS 'Text in this wording';
COMMENT ON COLUMN analyst.revisions.seen_at IS 'When this wording was first seen';
COMMENT ON COLUMN analyst.revisions.capture_id IS 'The evidence: number of the capture it was read from';
COMMENT ON COLUMN analyst.revisions.sha256 IS 'SHA-256 of the bytes of that capture''s body';
COMMENT ON COLUMN analyst.revisions.wording_sha256 IS 'SHA-256 of title and text with white space folded: identity of the wording';
COMMENT ON COLUMN analyst.revisions.fetched_at IS 'When those bytes were fetched';
COMMENT ON COLUMN analyst.revisions.warc IS 'Address of the WARC file that holds the raw response';
COMMENT ON COLUMN analyst.revisions.record_id IS 'WARC-Record-ID of the response in that file';
COMMENT ON COLUMN analyst.revisions.reader IS 'Reader and version that read this wording';
COMMENT ON COLUMN analyst.revisions.reread IS 'True: another reader, or another version of it, has read the wording before, so it may differ without an edit by the publisher';
COMMENT ON COLUMN analyst.revisions.suspect IS 'Why this reading is doubtful, for the maintainer; null: it is not';
COMMENT ON COLUMN analyst.revisions.diff IS 'The edit that led to it from the wording before (analyst.changes.diff); null: the first wording, or not yet compared';
COMMENT ON COLUMN analyst.revisions.stands IS 'True: it is the current wording. An earlier one may stand again after an edit was taken back';
