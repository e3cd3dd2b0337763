"""The settling step that tells stories: a statement whose first wording is near an earlier one's
joins that one's story; one that a longer statement holds whole is linked as a part of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, text

from communique.stories.candidates import Known, Standing, look_up, read_texts
from communique.stories.likeness import Likeness, Relation, likeness
from communique.stories.prints import STORE, Store
from communique.stories.shingles import Shape, shape_of
from communique.stories.signatures import prints_of
from communique.text import Tokens

# Whether two statements were put right by hand: True, they are one story; False, they are not.
Corrections = Mapping[tuple[int, int], bool]


class Wording(Protocol):
    """What grouping needs of a wording: what `settling.Unsettled` has."""

    @property
    def revision_id(self) -> int: ...
    @property
    def statement_id(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def title_tokens(self) -> Tokens: ...
    @property
    def tokens(self) -> Tokens: ...


@dataclass(slots=True)
class Verdicts:
    """stories: statement to the story that it joins. parts: statement to the one that holds it."""

    stories: dict[int, int] = field(default_factory=dict)
    parts: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """A statement of the batch: its story before grouping, and whether it is alone there."""

    story_id: int
    alone: bool


def group(connection: Connection, batch: Sequence[Wording], now: datetime) -> None:
    """Finds the stories of a batch of wordings, oldest first, in eight statements or so, however
    large it is; `now` is not used. A later wording is fingerprinted and keeps its story. Two
    stories that stand are never made one. Must run under the settling lock."""
    del now
    if not batch:
        return
    ids = {one.statement_id for one in batch}
    corrections = corrections_of(connection, ids)
    members = members_of(connection, STORE, ids.union(*corrections))
    verdicts = find_stories(connection, STORE, batch, members, corrections)
    write(connection, STORE, verdicts)
    moved = {members[one].story_id for one in verdicts.stories}
    tidy(connection, moved.union(verdicts.stories.values()))


def tidy(connection: Connection, stories: Collection[int]) -> None:
    """Deletes those of these stories that nothing belongs to any more; the others begin when the
    first of their statements was seen."""
    if stories:
        asked = {"stories": sorted(stories)}
        connection.execute(DELETE_EMPTY, asked)
        connection.execute(_BEGIN, asked)


def find_stories(
    connection: Connection,
    store: Store,
    batch: Sequence[Wording],
    members: Mapping[int, Member],
    corrections: Corrections,
) -> Verdicts:
    """Decides on a batch, oldest first, and keeps its fingerprints in `store`. members: of the
    batch's statements, and of those that corrections name."""
    shapes = {
        one.revision_id: shape_of(one.title_tokens.terms, one.text, one.tokens) for one in batch
    }
    prints = {revision: prints_of(shape) for revision, shape in shapes.items()}
    firsts = [one for one in batch if one.number == 1]
    known = look_up(connection, store, (prints[one.revision_id] for one in firsts))
    candidates: dict[int, list[Standing]] = {}
    for one in batch:
        shape, made = shapes[one.revision_id], prints[one.revision_id]
        story = members[one.statement_id].story_id
        standing = Standing(one.revision_id, one.statement_id, story, len(shape.shingles))
        if one.number == 1:
            candidates[one.revision_id] = known.candidates(standing, made)
        known.add(standing, shape, made)
    wanted = {found.revision_id for each in candidates.values() for found in each}
    read_texts(connection, store, known, wanted)
    verdicts = _decide(firsts, shapes, candidates, known, members, corrections)
    store.keep(connection, {one: (len(shapes[one].shingles), made) for one, made in prints.items()})
    return verdicts


def _decide(
    firsts: Iterable[Wording],
    shapes: Mapping[int, Shape],
    candidates: Mapping[int, list[Standing]],
    known: Known,
    members: Mapping[int, Member],
    corrections: Corrections,
) -> Verdicts:
    verdicts = Verdicts()
    for one in firsts:
        found = _compared(shapes[one.revision_id], candidates[one.revision_id], known)
        mine = members[one.statement_id]
        if mine.alone:
            allowed, refused = _by_hand(one.statement_id, members, verdicts, corrections)
            choice = _best(found, verdicts, refused) if allowed is None else allowed
            if choice is not None:
                verdicts.stories[one.statement_id] = choice
        story = verdicts.stories.get(one.statement_id, mine.story_id)
        others = [each for each in found if _now(each[0], verdicts) != story]
        _link_parts(one.statement_id, others, verdicts)
    return verdicts


def _compared(
    shape: Shape, candidates: Iterable[Standing], known: Known
) -> list[tuple[Standing, Likeness]]:
    out = []
    for found in candidates:
        other = known.shape(found.revision_id)
        if other is not None:
            out.append((found, likeness(shape, other)))
    return out


def _by_hand(
    statement: int, members: Mapping[int, Member], verdicts: Verdicts, corrections: Corrections
) -> tuple[int | None, set[int]]:
    """The story that somebody put this statement into, and those that it was taken out of."""
    inside: int | None = None
    refused: set[int] = set()
    for pair, same in corrections.items():
        other = pair[pair[0] == statement]
        if statement not in pair or other not in members:
            continue
        story = verdicts.stories.get(other, members[other].story_id)
        if same:
            inside = story if inside is None else min(inside, story)
        else:
            refused.add(story)
    return (None if inside in refused else inside), refused


def _best(
    found: Iterable[tuple[Standing, Likeness]], verdicts: Verdicts, refused: set[int]
) -> int | None:
    """The story of the best match, the earliest of equals."""
    ranked = [
        (like.jaccard, -standing.statement_id, story)
        for standing, like in found
        if like.relation is Relation.SAME and (story := _now(standing, verdicts)) not in refused
    ]
    return max(ranked)[2] if ranked else None


def _link_parts(
    statement: int, found: Iterable[tuple[Standing, Likeness]], verdicts: Verdicts
) -> None:
    """The longer statement that holds most of this one, and those that this one holds."""
    holders = []
    for standing, like in found:
        if like.is_part:
            holders.append((like.contained, -standing.statement_id))
        elif like.is_whole:
            verdicts.parts.setdefault(standing.statement_id, statement)
    if holders:
        verdicts.parts[statement] = -max(holders)[1]


def _now(standing: Standing, verdicts: Verdicts) -> int:
    return verdicts.stories.get(standing.statement_id, standing.story_id)


def corrections_of(connection: Connection, statements: Iterable[int]) -> Corrections:
    """What was put right by hand of these statements."""
    rows = connection.execute(_CORRECTIONS, {"ids": sorted(statements)})
    return {(row.statement_id, row.other_id): row.same for row in rows}


def write(connection: Connection, store: Store, verdicts: Verdicts) -> None:
    """Writes down what was decided on a batch."""
    moved, parts = verdicts.stories, verdicts.parts
    store.join(connection, list(moved), list(moved.values()))
    store.link(connection, list(parts), list(parts.values()))


def members_of(
    connection: Connection, store: Store, statements: Iterable[int]
) -> dict[int, Member]:
    """Where these statements stand."""
    rows = store.members(connection, sorted(statements))
    return {row.id: Member(row.story_id, row.alone) for row in rows}


_CORRECTIONS = text("""
SELECT statement_id, other_id, same FROM communique.story_corrections
WHERE statement_id = ANY (CAST(:ids AS bigint[])) OR other_id = ANY (CAST(:ids AS bigint[]))
""")
DELETE_EMPTY = text("""
DELETE FROM communique.stories y WHERE y.id = ANY (CAST(:stories AS bigint[]))
AND NOT EXISTS (SELECT FROM communique.statements s WHERE s.story_id = y.id)
AND NOT EXISTS (SELECT FROM communique.deliveries d WHERE d.story_id = y.id)
""")
_BEGIN = text("""
UPDATE communique.stories y SET created_at = began.at
FROM (
    SELECT story_id, min(first_seen_at) AS at FROM communique.statements
    WHERE story_id = ANY (CAST(:stories AS bigint[])) GROUP BY story_id
) AS began
WHERE y.id = began.story_id AND y.created_at <> began.at
""")
