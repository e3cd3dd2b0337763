"""What telling all stories anew asks of the store: tables of the session, which vanish with the
transaction, and how they become the store's own."""

from __future__ import annotations

from sqlalchemy import text

TABLES = tuple(
    text(table)
    for table in (
        "CREATE TEMPORARY TABLE told_anew_fingerprints"
        " (LIKE communique.fingerprints, PRIMARY KEY (revision_id)) ON COMMIT DROP",
        "CREATE TEMPORARY TABLE told_anew_bands"
        " (LIKE communique.signature_bands, PRIMARY KEY (hash, revision_id)) ON COMMIT DROP",
        "CREATE TEMPORARY TABLE told_anew"
        " (id bigint PRIMARY KEY, story_id bigint NOT NULL, part_of bigint) ON COMMIT DROP",
        "INSERT INTO told_anew (id, story_id) SELECT id, id FROM communique.statements",
        "CREATE INDEX ON told_anew (story_id)",
        "ANALYZE told_anew",
    )
)
CORRECTIONS = text(
    "SELECT statement_id, other_id, same FROM communique.story_corrections ORDER BY id"
)
COUNT = text("SELECT count(*) FROM communique.revisions WHERE settled_at IS NOT NULL")
NEXT = text("""
SELECT id, statement_id, number, title, text FROM communique.revisions
WHERE id > :after AND settled_at IS NOT NULL ORDER BY id LIMIT :batch
""")
GROUPS = text("SELECT id, story_id FROM told_anew WHERE id = ANY (CAST(:ids AS bigint[]))")
VERSIONS = text("""
SELECT one.story_id AS one, other.story_id AS other
FROM communique.translations t
JOIN told_anew one ON one.id = t.statement_id JOIN told_anew other ON other.id = t.other_id
JOIN communique.statements s ON s.id = t.statement_id
JOIN communique.statements o ON o.id = t.other_id
WHERE s.story_id = o.story_id AND one.story_id <> other.story_id
""")
UNITE = text("""
UPDATE told_anew n SET story_id = united.kept
FROM unnest(CAST(:left AS bigint[]), CAST(:kept AS bigint[])) AS united (told, kept)
WHERE n.story_id = united.told
""")
PARTS = text("""
UPDATE told_anew p SET part_of = NULL FROM told_anew w
WHERE w.id = p.part_of AND w.story_id = p.story_id
""")
CLAIMS = text("""
WITH claims AS (
    SELECT n.story_id AS story, s.story_id AS old, count(*) AS statements,
           sum((SELECT count(DISTINCT d.subscription_id) FROM communique.deliveries d
                WHERE d.statement_id = s.id AND d.story_id = s.story_id AND d.status <> 'held'
                  AND d.kind IN ('new', 'wording'))) AS told
    FROM told_anew n JOIN communique.statements s ON s.id = n.id
    GROUP BY n.story_id, s.story_id
), counted AS (
    SELECT claims.*, count(*) OVER (PARTITION BY story) + count(*) OVER (PARTITION BY old) AS ways
    FROM claims
)
SELECT story, old, statements, told FROM counted WHERE ways > 2
""")
CHANGED = text("""
SELECT n.id, n.story_id, s.story_id AS before, s.title
FROM told_anew n JOIN communique.statements s ON s.id = n.id
WHERE n.story_id = ANY (CAST(:groups AS bigint[])) ORDER BY n.id
""")
CHANGED_PARTS = text("""
SELECT count(*) FROM told_anew n JOIN communique.statements s ON s.id = n.id
WHERE n.part_of IS DISTINCT FROM s.part_of
""")
NEW_STORIES = text("""
INSERT INTO communique.stories (created_at)
SELECT CAST(:now AS timestamptz) FROM generate_series(1, :many) RETURNING id
""")
MOVE = text("""
UPDATE communique.statements s SET story_id = numbered.story_id
FROM unnest(CAST(:groups AS bigint[]), CAST(:stories AS bigint[])) AS numbered (told, story_id)
JOIN told_anew n ON n.story_id = numbered.told
WHERE s.id = n.id AND s.story_id <> numbered.story_id
""")
# Only what differs: where the way of telling has not changed, that is next to nothing.
REPLACE = (
    text("""
    UPDATE communique.statements s SET part_of = n.part_of FROM told_anew n
    WHERE n.id = s.id AND n.part_of IS DISTINCT FROM s.part_of
    """),
    text("""
    INSERT INTO communique.fingerprints AS f (revision_id, version, shingles, signature)
    SELECT revision_id, version, shingles, signature FROM told_anew_fingerprints
    ON CONFLICT (revision_id) DO UPDATE SET version = excluded.version,
        shingles = excluded.shingles, signature = excluded.signature
    WHERE (f.version, f.signature) IS DISTINCT FROM (excluded.version, excluded.signature)
    """),
    text("""
    DELETE FROM communique.signature_bands b WHERE NOT EXISTS (
        SELECT FROM told_anew_bands n WHERE n.hash = b.hash AND n.revision_id = b.revision_id
    )
    """),
    text("""
    INSERT INTO communique.signature_bands (hash, revision_id)
    SELECT hash, revision_id FROM told_anew_bands ON CONFLICT DO NOTHING
    """),
)
