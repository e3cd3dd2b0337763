"""Stories put right by hand: `communique stories split` and `merge`.

What was put right is kept by pairs of statements, so that it holds when a wording is settled and
when all stories are told anew. Whoever was told of a story keeps it: see `retelling`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from communique.settling import lock_stories
from communique.stories.grouping import tidy
from communique.stories.retelling import lock_judging, retell

LARGEST = 2**63 - 1  # PostgreSQL's bigint


class NotThere(ValueError):
    """A statement that is not known, or not where it was looked for."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """story_id: of the statements that were split off, or of the one story that there is now.
    statements: how many it has. judged_again: messages held back before that may be told now."""

    story_id: int
    statements: int
    judged_again: int


def split(
    connection: Connection,
    statements: Sequence[int],
    stays: int,
    now: datetime,
    note: str | None = None,
) -> Corrected:
    """Takes statements out of the story of `stays`, together into a story of their own. now:
    aware, UTC. Raises NotThere where one of them does not stand in that story."""
    lock_stories(connection)
    story = _story_of(connection, [stays])[stays]
    found = _story_of(connection, statements)
    gone = sorted(found)
    if stays in gone:
        raise NotThere(f"statement {stays} cannot be split from itself")
    if strangers := [one for one in gone if found[one] != story]:
        raise NotThere(
            f"statement {strangers[0]} is not in the story of statement {stays}, so there is "
            f"nothing to split; `communique stories show {stays}` lists its statements"
        )
    lock_judging(connection, [story])
    left = sorted(set(_statements(connection, [story])) - set(gone))
    held = list(connection.execute(_HELD, {"gone": gone, "left": left}).scalars())
    _record(connection, ((one, other) for one in gone for other in left), False, now, note)
    for side in (gone, held):
        _record(connection, ((side[0], other) for other in side[1:]), True, now, note)
    new = int(connection.execute(_NEW_STORY, {"now": now}).scalar_one())
    # Whoever was told was told of a statement: its side keeps the story.
    moved = left if _told(connection, gone) > _told(connection, left) else gone
    move_to(connection, moved, new)
    again = retell(connection, [story, new])
    tidy(connection, [story, new])
    theirs = story if moved is left else new
    return Corrected(theirs, len(gone), again)


def merge(
    connection: Connection, one: int, other: int, now: datetime, note: str | None = None
) -> Corrected:
    """Makes the stories of two statements one. now: aware, UTC. Raises NotThere where one of them
    is not known, or they are one story already."""
    lock_stories(connection)
    stories = _story_of(connection, [one, other])
    if stories[one] == stories[other]:
        raise NotThere(f"statements {one} and {other} are one story already ({stories[one]})")
    lock_judging(connection, stories.values())
    members = {each: _statements(connection, [stories[each]]) for each in (one, other)}
    pairs = [(mine, theirs) for mine in members[one] for theirs in members[other]]
    connection.execute(_FORGET, _as_columns(pairs))
    held = (
        (anchor, each) for anchor, side in ((one, other), (other, one)) for each in members[side]
    )
    _record(connection, held, True, now, note)
    rank = {each: (-_told(connection, members[each]), stories[each]) for each in (one, other)}
    kept, left = sorted((one, other), key=rank.__getitem__)
    move_to(connection, members[left], stories[kept])
    again = retell(connection, list(stories.values()))
    tidy(connection, list(stories.values()))
    return Corrected(stories[kept], len(members[one]) + len(members[other]), again)


def move_to(connection: Connection, statements: Collection[int], story: int) -> None:
    """Puts statements into a story; a part that has joined its whole's story is no part."""
    connection.execute(_MOVE, {"ids": sorted(statements), "story": story})
    connection.execute(_NO_PART, {"story": story})


def _story_of(connection: Connection, statements: Iterable[int]) -> dict[int, int]:
    wanted = sorted(set(statements))
    known = [one for one in wanted if abs(one) <= LARGEST]
    rows = connection.execute(_STORIES, {"ids": known})
    found = {row.id: row.story_id for row in rows}
    if missing := [one for one in wanted if one not in found]:
        raise NotThere(f"there is no statement {missing[0]}")
    return found


def _statements(connection: Connection, stories: Sequence[int]) -> list[int]:
    return list(connection.execute(_MEMBERS, {"stories": stories}).scalars())


def _told(connection: Connection, statements: Collection[int]) -> int:
    return int(connection.execute(_TOLD, {"ids": sorted(statements)}).scalar_one())


def _record(
    connection: Connection,
    pairs: Iterable[tuple[int, int]],
    same: bool,
    now: datetime,
    note: str | None,
) -> None:
    columns = _as_columns(pairs)
    connection.execute(_CORRECT, columns | {"same": same, "now": now, "note": note})


def _as_columns(pairs: Iterable[tuple[int, int]]) -> dict[str, list[int]]:
    ordered = sorted({(min(pair), max(pair)) for pair in pairs})
    return {"ones": [one for one, _ in ordered], "others": [other for _, other in ordered]}


_STORIES = text("""
SELECT id, story_id FROM communique.statements WHERE id = ANY (CAST(:ids AS bigint[]))
""")
_MEMBERS = text("""
SELECT id FROM communique.statements WHERE story_id = ANY (CAST(:stories AS bigint[])) ORDER BY id
""")
# What a merge has put into the story by way of those that leave it now: it stays together.
_HELD = text("""
SELECT DISTINCT pair.other FROM communique.story_corrections c
CROSS JOIN LATERAL (VALUES (c.statement_id, c.other_id), (c.other_id, c.statement_id))
    AS pair (one, other)
WHERE c.same AND pair.one = ANY (CAST(:gone AS bigint[]))
  AND pair.other = ANY (CAST(:left AS bigint[]))
ORDER BY pair.other
""")
_NEW_STORY = text("INSERT INTO communique.stories (created_at) VALUES (:now) RETURNING id")
_TOLD = text("""
SELECT count(DISTINCT subscription_id) FROM communique.deliveries
WHERE statement_id = ANY (CAST(:ids AS bigint[])) AND kind IN ('new', 'wording')
  AND status <> 'held'
""")
_MOVE = text("""
UPDATE communique.statements SET story_id = :story WHERE id = ANY (CAST(:ids AS bigint[]))
""")
_NO_PART = text("""
UPDATE communique.statements s SET part_of = NULL FROM communique.statements w
WHERE s.story_id = :story AND w.id = s.part_of AND w.story_id = :story
""")
_FORGET = text("""
DELETE FROM communique.story_corrections c
USING unnest(CAST(:ones AS bigint[]), CAST(:others AS bigint[])) AS pair (one, other)
WHERE c.statement_id = pair.one AND c.other_id = pair.other AND NOT c.same
""")
_CORRECT = text("""
INSERT INTO communique.story_corrections (statement_id, other_id, same, made_at, note)
SELECT pair.one, pair.other, :same, :now, CAST(:note AS text)
FROM unnest(CAST(:ones AS bigint[]), CAST(:others AS bigint[])) AS pair (one, other)
WHERE pair.one <> pair.other
ON CONFLICT (statement_id, other_id) DO UPDATE
SET same = excluded.same, made_at = excluded.made_at, note = excluded.note
""")
