-- Every mail, and every message to a channel: what went where and when, or why not.
CREATE OR REPLACE VIEW analyst.mails AS
SELECT m.id AS mail_id,
       m.recipient,
       m.kind,
       m.status,
       m.held_because,
       m.created_at,
       m.next_try_at,
       m.sent_at,
       m.message_id,
       m.tries,
       m.last_error,
       a.alerts,
       a.by_title,
       a.titles
FROM communique.mails m
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS alerts,
           count(*) FILTER (WHERE d.brief)::integer AS by_title,
           coalesce(array_agg(v.title ORDER BY d.brief, d.id), '{}') AS titles
    FROM communique.deliveries d JOIN communique.revisions v ON v.id = d.revision_id
    WHERE d.mail_id = m.id
) a;

COMMENT ON VIEW analyst.mails IS 'One row per mail or message to a channel: what went where and when, or why not';
COMMENT ON COLUMN analyst.mails.mail_id IS 'The mail (analyst.alerts.mail_id)';
COMMENT ON COLUMN analyst.mails.recipient IS 'Mail address, or channel: and the name of a channel';
COMMENT ON COLUMN analyst.mails.kind IS 'alert (one or several), digest, confirmation, notice or source_health (to maintainers), canary';
COMMENT ON COLUMN analyst.mails.status IS 'pending, sent, failed or held';
COMMENT ON COLUMN analyst.mails.held_because IS 'Why it was held back (address disabled, subscription ended, same story, told before the store was restored); null: it was not';
COMMENT ON COLUMN analyst.mails.created_at IS 'When it was put together';
COMMENT ON COLUMN analyst.mails.next_try_at IS 'When it is due, or tried again; null: it is not any more';
COMMENT ON COLUMN analyst.mails.sent_at IS 'When the mail server or the channel accepted it';
COMMENT ON COLUMN analyst.mails.message_id IS 'Message-ID: the same for every try';
COMMENT ON COLUMN analyst.mails.tries IS 'How often sending was tried; while the mail server is away no try counts';
COMMENT ON COLUMN analyst.mails.last_error IS 'What the mail server, the channel or the network answered last, where it failed';
COMMENT ON COLUMN analyst.mails.alerts IS 'How many alerts it tells of; 0: it is of another kind';
COMMENT ON COLUMN analyst.mails.by_title IS 'How many of these it tells by title only, as the day had many';
COMMENT ON COLUMN analyst.mails.titles IS 'Titles of the statements that it tells of, as they were worded';
