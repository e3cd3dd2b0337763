"""What becomes of alerts when statements change their story after they were judged.

A message belongs to the story of the statement that it told of. So whoever was told of two stories
that are one now hears of neither again; and where a story was taken apart, what had been held back
as `same story` is judged again for those who were never told of it.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text

from communique.verdicts import Held


def lock_judging(connection: Connection, stories: Collection[int]) -> None:
    """Waits until nobody judges or tells a statement of these stories, and lets nobody begin until
    the transaction ends. Statements first and wordings next, as intake does, then stories, as
    judging does, which locks what stands again before."""
    asked = {"stories": sorted(stories)}
    connection.execute(_LOCK_STATEMENTS, asked)
    connection.execute(_LOCK_WORDINGS, asked)
    connection.execute(_LOCK_RESTORED, asked)
    connection.execute(_LOCK_STORIES, asked)


def retell(connection: Connection, stories: Collection[int]) -> int:
    """Puts the messages of these stories' statements right after statements were moved between
    them. Returns how many held messages will be judged again."""
    held = {"held": str(Held.SAME_STORY), "restored": str(Held.RESTORED)}
    asked = {"stories": sorted(stories), **held}
    connection.execute(_FOLLOW, asked)
    left = {mail for mail in connection.execute(_HOLD_BACK, asked).scalars() if mail is not None}
    if left:
        connection.execute(_HOLD_EMPTY, {"mails": sorted(left), "held": str(Held.SAME_STORY)})
    again = connection.execute(_JUDGE_AGAIN, asked).scalar_one()
    return int(again)


_LOCK_STATEMENTS = text("""
SELECT id FROM communique.statements WHERE story_id = ANY (CAST(:stories AS bigint[]))
ORDER BY id FOR NO KEY UPDATE
""")
_LOCK_WORDINGS = text("""
SELECT r.id FROM communique.revisions r JOIN communique.statements s ON s.id = r.statement_id
WHERE s.story_id = ANY (CAST(:stories AS bigint[])) ORDER BY r.id FOR NO KEY UPDATE OF r
""")
_LOCK_RESTORED = text("""
SELECT c.id FROM communique.changes c JOIN communique.statements s ON s.id = c.statement_id
WHERE s.story_id = ANY (CAST(:stories AS bigint[])) AND c.kind = 'restored'
ORDER BY c.id FOR NO KEY UPDATE OF c
""")
_LOCK_STORIES = text("""
SELECT id FROM communique.stories WHERE id = ANY (CAST(:stories AS bigint[]))
ORDER BY id FOR UPDATE
""")

# The key names the story, or a later alert of another story would be taken for this one. Where the
# key is taken, two stories have become one that was told of twice: then the wording tells it apart.
_FOLLOW = text("""
WITH moved AS (
    SELECT d.id, d.revision_id, s.story_id, d.dedupe_key AS key,
           CASE WHEN d.kind IN ('new', 'wording') AND d.status <> 'held' THEN regexp_replace(
               d.dedupe_key, '^([a-z]+:[0-9]+):[0-9]+', '\\1:' || s.story_id
           ) ELSE d.dedupe_key END AS wanted
    FROM communique.statements s JOIN communique.deliveries d ON d.statement_id = s.id
    WHERE s.story_id = ANY (CAST(:stories AS bigint[])) AND d.story_id <> s.story_id
), keyed AS (
    SELECT id, story_id, CASE
        WHEN wanted = key THEN key
        WHEN row_number() OVER (PARTITION BY wanted ORDER BY id) > 1
          OR EXISTS (SELECT FROM communique.deliveries t WHERE t.dedupe_key = wanted)
        THEN wanted || '/' || id
        ELSE wanted END AS key
    FROM moved
)
UPDATE communique.deliveries d SET story_id = keyed.story_id, dedupe_key = keyed.key
FROM keyed WHERE d.id = keyed.id
""")
# Of two first alerts of what is one story now, one that was not sent yet is not sent any more. It
# leaves its mail, unless that was tried and may have arrived with it: then it stays what it was.
_HOLD_BACK = text("""
WITH told AS (
    SELECT d.id, d.status, d.mail_id, row_number() OVER (
        PARTITION BY d.subscription_id, d.story_id
        ORDER BY (d.status = 'pending'), (coalesce(m.tries, 0) = 0), d.id
    ) AS place
    FROM communique.deliveries d LEFT JOIN communique.mails m ON m.id = d.mail_id
    WHERE d.story_id = ANY (CAST(:stories AS bigint[])) AND d.kind = 'new'
      AND (d.status <> 'held' OR d.held_because = :restored)
), surplus AS (
    SELECT id, mail_id FROM told WHERE place > 1 AND status = 'pending'
), untried AS (
    SELECT id FROM communique.mails
    WHERE id IN (SELECT mail_id FROM surplus) AND status = 'pending' AND tries = 0
    ORDER BY id FOR UPDATE
)
UPDATE communique.deliveries d
SET status = 'held', held_because = :held, next_try_at = NULL, mail_id = NULL, message_id = NULL,
    dedupe_key = 'held:' || :held || ':' || d.subscription_id || ':' || d.revision_id || '/' || d.id
FROM surplus s
WHERE s.id = d.id AND d.status = 'pending' AND d.mail_id IS NOT DISTINCT FROM s.mail_id
  AND (s.mail_id IS NULL OR s.mail_id IN (SELECT id FROM untried))
RETURNING s.mail_id
""")
_HOLD_EMPTY = text("""
UPDATE communique.mails m SET status = 'held', held_because = :held, next_try_at = NULL
WHERE m.id = ANY (CAST(:mails AS bigint[])) AND m.kind = 'alert' AND m.status = 'pending'
  AND NOT EXISTS (SELECT FROM communique.deliveries d WHERE d.mail_id = m.id)
""")
_JUDGE_AGAIN = text("""
WITH untold AS (
    SELECT d.id, d.revision_id, c.id AS restored FROM communique.deliveries d
    LEFT JOIN communique.changes c ON c.id = d.change_id AND c.kind = 'restored'
    WHERE d.story_id = ANY (CAST(:stories AS bigint[])) AND d.held_because = :held
      AND NOT EXISTS (
          SELECT FROM communique.deliveries t
          WHERE t.story_id = d.story_id AND t.subscription_id = d.subscription_id
            AND t.kind IN ('new', 'wording')
            AND (t.status <> 'held' OR t.held_because = :restored)
      )
), unlinked AS (
    DELETE FROM communique.delivery_matches WHERE delivery_id IN (SELECT id FROM untold)
), forgotten AS (
    DELETE FROM communique.deliveries WHERE id IN (SELECT id FROM untold)
), waiting AS (
    UPDATE communique.revisions SET judged_at = NULL
    WHERE id IN (SELECT revision_id FROM untold WHERE restored IS NULL)
), standing_again AS (
    UPDATE communique.changes SET judged_at = NULL WHERE id IN (SELECT restored FROM untold)
)
SELECT count(*) FROM untold
""")
