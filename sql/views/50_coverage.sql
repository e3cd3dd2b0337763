-- Who was checked, when, with what result, and who is failing since when.
CREATE OR REPLACE VIEW analyst.coverage AS
SELECT c.source_id AS source,
       c.run_id,
       c.started_at,
       c.new,
       c.revised,
       c.unchanged,
       c.gone,
       c.blocked,
       c.soft_404,
       c.broken,
       c.unreadable,
       c.implausible,
       c.disallowed,
       c.duplicate_address,
       c.not_in_archive,
       c.newest,
       c.state,
       c.since,
       c.error,
       o.publisher,
       o.desk,
       u.kind AS run_kind,
       u.key AS run_key,
       c.finished_at,
       c.listings_read,
       c.listings_failed,
       c.listed,
       c.known,
       c.suspect,
       c.cadence_days,
       c.started_at + interval '36 hours' AS expected_by,
       c.blind
FROM communique.coverage c
JOIN communique.sources o ON o.id = c.source_id
JOIN communique.runs u ON u.id = c.run_id;

COMMENT ON VIEW analyst.coverage IS 'One row per run and source: what that run saw. The outcome columns count statements, not listings';
COMMENT ON COLUMN analyst.coverage.source IS 'Id of the source';
COMMENT ON COLUMN analyst.coverage.run_id IS 'Number of the run';
COMMENT ON COLUMN analyst.coverage.started_at IS 'When this source''s turn began';
COMMENT ON COLUMN analyst.coverage.new IS 'Statements read for the first time';
COMMENT ON COLUMN analyst.coverage.revised IS 'Statements whose wording changed';
COMMENT ON COLUMN analyst.coverage.unchanged IS 'Statements read again, wording the same';
COMMENT ON COLUMN analyst.coverage.gone IS 'Addresses that answered 404 or 410';
COMMENT ON COLUMN analyst.coverage.blocked IS 'Addresses refused, or answered by a challenge page';
COMMENT ON COLUMN analyst.coverage.soft_404 IS 'Addresses that answered "not found" with status 200';
COMMENT ON COLUMN analyst.coverage.broken IS 'Addresses with a server or network error, or an unusable body';
COMMENT ON COLUMN analyst.coverage.unreadable IS 'Pages in which the reader did not find what it must';
COMMENT ON COLUMN analyst.coverage.implausible IS 'Statements stored with an unknown date because the page''s cannot be';
COMMENT ON COLUMN analyst.coverage.disallowed IS 'Addresses that robots.txt forbids';
COMMENT ON COLUMN analyst.coverage.duplicate_address IS 'Addresses that lead to a statement known under another';
COMMENT ON COLUMN analyst.coverage.not_in_archive IS 'Under replay: addresses that the archive does not hold';
COMMENT ON COLUMN analyst.coverage.newest IS 'Newest publication day stored for this source';
COMMENT ON COLUMN analyst.coverage.state IS 'How the source stood after this turn. ok: it reads, and publishes as often as it does. quiet: it reads, but its newest statement is older than cadence_days (60 days where that is not known). late: it reads, but that is older than three times cadence_days. failing: a listing could not be read, names nothing, less than its floor or under a third of what is usual; or no statement visited could be read; or the turn died. blocked: it fails, mostly by refusals (401, 403, 429, challenge pages). never_worked: it fails and never was read. A turn that did not take place has no row: see expected_by';
COMMENT ON COLUMN analyst.coverage.since IS 'Since when the source has been in that state';
COMMENT ON COLUMN analyst.coverage.error IS 'First error of the run in plain words; null: none';
COMMENT ON COLUMN analyst.coverage.publisher IS 'Who publishes there';
COMMENT ON COLUMN analyst.coverage.desk IS 'The desk that collects it';
COMMENT ON COLUMN analyst.coverage.run_kind IS 'collect, backfill, replay or revisit';
COMMENT ON COLUMN analyst.coverage.run_key IS 'Name of the run to whoever started it, such as Airflow''s run id';
COMMENT ON COLUMN analyst.coverage.finished_at IS 'When this source''s turn ended';
COMMENT ON COLUMN analyst.coverage.listings_read IS 'Pages of listings read';
COMMENT ON COLUMN analyst.coverage.listings_failed IS 'Pages of listings that could not be read, or named too little';
COMMENT ON COLUMN analyst.coverage.listed IS 'Addresses that the listings named';
COMMENT ON COLUMN analyst.coverage.known IS 'Of these, stored before and not due for another look';
COMMENT ON COLUMN analyst.coverage.cadence_days IS 'Days within which the source publishes something new: declared, or 95 of 100 gaps between its publication days of half a year are no longer; null: not known (fewer than 8 such days), and then it is quiet after 60 days and never late';
COMMENT ON COLUMN analyst.coverage.expected_by IS 'When the next turn must have begun at the latest: a source whose newest row''s moment has passed is late too, whatever its state says, since nobody looks';
COMMENT ON COLUMN analyst.coverage.suspect IS 'Statements whose reading is doubtful: a maintainer should look (communique show names the reason)';
COMMENT ON COLUMN analyst.coverage.blind IS 'True: it fails for its statements, while its listings still tell what there is';
