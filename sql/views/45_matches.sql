-- Every rule that holds for a wording, whether anybody is subscribed or not.
CREATE OR REPLACE VIEW analyst.matches AS
SELECT m.id,
       r.watchlist,
       r.rule,
       r.version AS rule_version,
       r.name AS rule_name,
       r.severity,
       r.topic,
       v.statement_id,
       v.number AS revision,
       m.created_at,
       m.spans,
       ARRAY(
           SELECT substr(CASE p.field WHEN 'title' THEN v.title ELSE v.text END,
                         p.start + 1, p."end" - p.start)
           FROM jsonb_to_recordset(m.spans) AS p (field text, start integer, "end" integer)
       ) AS words,
       (SELECT s.revision_number = v.number FROM communique.statements s
        WHERE s.id = v.statement_id) AS stands,
       r.retired_at IS NULL AND NOT EXISTS (
           SELECT FROM communique.rules n
           WHERE n.watchlist = r.watchlist AND n.rule = r.rule AND n.version > r.version
       ) AS in_force
FROM communique.matches m
JOIN communique.rules r ON r.id = m.rule_id
JOIN communique.revisions v ON v.id = m.revision_id;

COMMENT ON VIEW analyst.matches IS 'One row per wording and rule that holds for it, whether anybody is subscribed or not';
COMMENT ON COLUMN analyst.matches.id IS 'Number of the match';
COMMENT ON COLUMN analyst.matches.watchlist IS 'Watchlist of the rule';
COMMENT ON COLUMN analyst.matches.rule IS 'Id of the rule in its watchlist';
COMMENT ON COLUMN analyst.matches.rule_version IS 'Version of the rule that held';
COMMENT ON COLUMN analyst.matches.rule_name IS 'What the rule is called';
COMMENT ON COLUMN analyst.matches.severity IS 'info, notice or urgent';
COMMENT ON COLUMN analyst.matches.topic IS 'Topic that the rule puts a statement in; null: none';
COMMENT ON COLUMN analyst.matches.statement_id IS 'The statement (analyst.statements.id)';
COMMENT ON COLUMN analyst.matches.revision IS 'Number of the wording that matched (analyst.revisions.number)';
COMMENT ON COLUMN analyst.matches.created_at IS 'When the wording was judged';
COMMENT ON COLUMN analyst.matches.spans IS 'Where it matched: field (title or text), start and end in characters of that wording, from 0, end excluded';
COMMENT ON COLUMN analyst.matches.words IS 'The words that matched, as they were published';
COMMENT ON COLUMN analyst.matches.stands IS 'True: the wording that matched is the current one';
COMMENT ON COLUMN analyst.matches.in_force IS 'True: this is the version of the rule that is in force. A new version is tried on what is read from then on';
