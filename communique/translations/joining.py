"""Two statements that are versions of each other become one story."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from communique.stories.grouping import tidy

_STANDING = text("""
    SELECT s.id, s.story_id,
           EXISTS (SELECT FROM communique.deliveries d WHERE d.story_id = s.story_id) AS told
    FROM communique.statements s WHERE s.id = ANY (CAST(:ids AS bigint[]))
""")
# Whoever judges these stories just now has told of them before it is asked who was told.
_LOCK = text("""
    SELECT id FROM communique.stories WHERE id IN (
        SELECT story_id FROM communique.statements WHERE id = ANY (CAST(:ids AS bigint[]))
    ) ORDER BY id FOR UPDATE
""")
_APART = text("""
    SELECT s.story_id, o.story_id AS other_id
    FROM communique.statements m
    JOIN communique.story_corrections c ON m.id IN (c.statement_id, c.other_id) AND NOT c.same
    JOIN communique.statements s ON s.id = c.statement_id
    JOIN communique.statements o ON o.id = c.other_id
    WHERE m.story_id = ANY (CAST(:stories AS bigint[]))
""")
_JOIN = text("""
    UPDATE communique.statements s SET story_id = joined.into_id
    FROM unnest(CAST(:stories AS bigint[]), CAST(:into AS bigint[])) AS joined (story_id, into_id)
    WHERE s.story_id = joined.story_id
""")


def join_stories(connection: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Makes the stories of each two statements one, the surest pair first: the later goes into the
    earlier, with all its statements. Two stay apart that somebody has put apart by hand, and two
    of which each was told to somebody: what was told stands. Must run under the settling lock."""
    ids = sorted({one for each in pairs for one in each})
    connection.execute(_LOCK, {"ids": ids})
    rows = connection.execute(_STANDING, {"ids": ids}).all()
    story = {row.id: row.story_id for row in rows}
    told = {row.story_id for row in rows if row.told}
    stories = sorted(set(story.values()))
    apart = {
        (row.story_id, row.other_id) for row in connection.execute(_APART, {"stories": stories})
    }
    merged = {each: {each} for each in stories}  # by the story that they go into
    into = {each: each for each in stories}
    for one, other in pairs:
        kept, left = sorted((into[story[one]], into[story[other]]))
        if kept == left or _refused(merged[kept], merged[left], apart):
            continue
        if merged[kept] & told and merged[left] & told:
            continue
        if merged[left] & told:
            kept, left = left, kept
        merged[kept] |= merged.pop(left)
        into.update(dict.fromkeys(merged[kept], kept))
    moved = {one: kept for one, kept in into.items() if one != kept}
    if moved:
        connection.execute(_JOIN, {"stories": list(moved), "into": list(moved.values())})
        tidy(connection, sorted({*moved, *moved.values()}))


def _refused(some: set[int], others: set[int], apart: set[tuple[int, int]]) -> bool:
    return any(
        (one in some and other in others) or (one in others and other in some)
        for one, other in apart
    )
