-- Every message about every rule that held, sent or held back, and why.
CREATE OR REPLACE VIEW analyst.alerts AS
SELECT d.id AS delivery_id,
       u.watchlist,
       r.rule,
       r.version AS rule_version,
       r.severity,
       d.statement_id,
       d.story_id,
       v.number AS revision,
       d.kind,
       d.late,
       m.spans,
       d.recipient,
       d.status,
       d.held_because,
       d.created_at,
       d.sent_at,
       d.message_id,
       d.tries,
       d.last_error,
       ARRAY(
           SELECT substr(CASE p.field WHEN 'title' THEN w.title ELSE w.text END,
                         p.start + 1, p."end" - p.start)
           FROM jsonb_to_recordset(m.spans) AS p (field text, start integer, "end" integer)
       ) AS words,
       w.number AS matched_revision,
       d.mail_id,
       d.brief AS by_title
FROM communique.deliveries d
JOIN communique.subscriptions u ON u.id = d.subscription_id
-- A digest is of no statement: its row says that it went, or why it did not.
LEFT JOIN communique.revisions v ON v.id = d.revision_id
LEFT JOIN communique.delivery_matches dm ON dm.delivery_id = d.id
LEFT JOIN communique.matches m ON m.id = dm.match_id
LEFT JOIN communique.rules r ON r.id = m.rule_id
LEFT JOIN communique.revisions w ON w.id = m.revision_id;

COMMENT ON VIEW analyst.alerts IS 'One row per message and rule: what was sent to whom, and what was held back and why';
COMMENT ON COLUMN analyst.alerts.delivery_id IS 'The message; its rows are the rules it tells of';
COMMENT ON COLUMN analyst.alerts.watchlist IS 'Watchlist that was subscribed to; *: every one';
COMMENT ON COLUMN analyst.alerts.rule IS 'Rule that held';
COMMENT ON COLUMN analyst.alerts.rule_version IS 'Version of the rule at that time';
COMMENT ON COLUMN analyst.alerts.severity IS 'info, notice or urgent';
COMMENT ON COLUMN analyst.alerts.statement_id IS 'The statement (analyst.statements.id)';
COMMENT ON COLUMN analyst.alerts.story_id IS 'Its story: there is one new alert per subscription and story';
COMMENT ON COLUMN analyst.alerts.revision IS 'Number of the wording that the message tells of';
COMMENT ON COLUMN analyst.alerts.kind IS 'new, wording (an edit) or withdrawn; digest: a whole one, of no statement';
COMMENT ON COLUMN analyst.alerts.late IS 'True: first seen long after its date';
COMMENT ON COLUMN analyst.alerts.spans IS 'Where it matched: field (title or text), start and end in characters of the wording matched_revision, from 0, end excluded';
COMMENT ON COLUMN analyst.alerts.recipient IS 'Who hears of it';
COMMENT ON COLUMN analyst.alerts.status IS 'pending, sent, failed or held';
COMMENT ON COLUMN analyst.alerts.held_because IS 'Why it was held back (backfill, same story, same passage, read by another reader, below the subscription''s severity, other rules or countries are subscribed to, address not confirmed, subscription paused, subscription ended, address disabled, told before the store was restored, stood again before its withdrawal was told); null: it was not';
COMMENT ON COLUMN analyst.alerts.created_at IS 'When the match was recorded';
COMMENT ON COLUMN analyst.alerts.sent_at IS 'When the mail server accepted the message';
COMMENT ON COLUMN analyst.alerts.message_id IS 'Message-ID of the mail: the same for every try';
COMMENT ON COLUMN analyst.alerts.tries IS 'How often sending was tried; while the mail server is away no try counts';
COMMENT ON COLUMN analyst.alerts.last_error IS 'What the mail server or the network answered last, where it failed';
COMMENT ON COLUMN analyst.alerts.words IS 'The words that matched, as they were published';
COMMENT ON COLUMN analyst.alerts.matched_revision IS 'Number of the wording in which the rule held: a wording alert also tells of what held in the one before';
COMMENT ON COLUMN analyst.alerts.mail_id IS 'The mail that it goes out in, which others may share (analyst.mails); null: none yet, or it is held';
COMMENT ON COLUMN analyst.alerts.by_title IS 'True: told by title only, as the day had many';
