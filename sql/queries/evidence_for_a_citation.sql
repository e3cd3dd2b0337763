-- What do I cite, and how does somebody else check it?
--
-- cited           publisher, title, day and address, as a footnote has it
-- seen            when we fetched the page that this wording was read from (UTC)
-- sha256          of the bytes that the server sent
-- warc, record_id the archive file and the record in it that hold them
-- stands          false: the publisher has since edited it, withdrawn_at says when it was gone
-- suspect         why the reading is doubtful, empty: it is not
--
-- Every wording has a row. communique verify ID checks the chain, communique export --evidence ID
-- makes a bundle for an outsider. To change it: the topic and the first day.
WITH parameters (topic, since) AS (VALUES ('huawei', DATE '2019-01-01'))
SELECT concat_ws(', ', s.publisher, '"' || r.title || '"', coalesce(s.published_on, s.day), s.url)
           AS cited,
       s.date_precision,
       r.number AS revision,
       r.fetched_at AS seen,
       r.sha256,
       r.warc,
       r.record_id,
       r.stands,
       s.withdrawn_at,
       r.suspect,
       s.id AS statement_id
FROM parameters p
JOIN analyst.statements s ON s.topics @> ARRAY[p.topic] AND s.day >= p.since
JOIN analyst.revisions r ON r.statement_id = s.id
ORDER BY s.day DESC, s.id, r.number
LIMIT 1000
