"""All stories told anew from the stored texts, for instance after the way they are told changed.

Everything is decided in tables of the session, batch by batch, as if each wording came in now; what
was put right by hand holds. Then the new groups take the numbers of the stories that they come
from: who was told of a story keeps its number, then whoever has most of its statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlalchemy import Connection, Engine

from communique.settling import lock_stories
from communique.stories import rebuilding_sql as sql
from communique.stories.grouping import (
    Corrections,
    find_stories,
    members_of,
    tidy,
    write,
)
from communique.stories.prints import Store
from communique.stories.retelling import lock_judging, retell
from communique.text import Tokens, tokenize_columns

BATCH = 200
_ANEW = Store("told_anew_fingerprints", "told_anew_bands", "told_anew")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Move:
    """A statement that another story has now. story: None: a new one."""

    statement_id: int
    title: str
    before: int
    story: int | None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What telling anew changes, or would change. parts: statements that are part of another one
    than before, or no more. judged_again: messages held back before that may be told now."""

    wordings: int
    moves: tuple[Move, ...]
    parts: int
    judged_again: int


@dataclass(frozen=True, slots=True)
class _Stored:
    revision_id: int
    statement_id: int
    number: int
    text: str
    title_tokens: Tokens
    tokens: Tokens


def rebuild(
    engine: Engine, now: datetime, *, apply: bool, progress: Progress | None = None
) -> Rebuilt:
    """Tells all stories anew, in the order in which their wordings were stored; without `apply`
    nothing is changed. now: aware, UTC. progress: hears how many wordings are done, of how many.

    Memory is bounded by the batch and by what changes. Nothing is settled meanwhile, but all can
    be read. Dead in the middle, it has changed nothing.
    """
    with engine.connect() as connection, connection.begin() as transaction:
        if apply:
            lock_stories(connection)
        for table in sql.TABLES:
            connection.execute(table)
        corrections = {
            (row.statement_id, row.other_id): row.same
            for row in connection.execute(sql.CORRECTIONS)
        }
        wordings = _tell(connection, corrections, progress)
        _unite(connection, corrections)
        stories = _numbers(connection)
        connection.execute(sql.PARTS)
        moves = tuple(_moves(connection, stories))
        parts = int(connection.execute(sql.CHANGED_PARTS).scalar_one())
        again = _apply(connection, moves, stories, now) if apply else 0
        if not apply:
            transaction.rollback()
    return Rebuilt(wordings, moves, parts, again)


def _tell(connection: Connection, corrections: Corrections, progress: Progress | None) -> int:
    total, done, after = int(connection.execute(sql.COUNT).scalar_one()), 0, 0
    of_hand = _by_statement(corrections)
    while rows := connection.execute(sql.NEXT, {"after": after, "batch": BATCH}).all():
        after = rows[-1].id
        batch = [
            _Stored(
                *(row.id, row.statement_id, row.number, row.text),
                *(tokenize_columns(row.title), tokenize_columns(row.text)),
            )
            for row in rows
        ]
        ids = {one.statement_id for one in batch}
        theirs = {pair: corrections[pair] for one in ids for pair in of_hand.get(one, ())}
        members = members_of(connection, _ANEW, ids.union(*theirs))
        write(connection, _ANEW, find_stories(connection, _ANEW, batch, members, theirs))
        done += len(batch)
        if progress is not None:
            progress(done, total)
    return done


def _by_statement(corrections: Corrections) -> dict[int, list[tuple[int, int]]]:
    out: dict[int, list[tuple[int, int]]] = {}
    for pair in corrections:
        for one in pair:
            out.setdefault(one, []).append(pair)
    return out


def _unite(connection: Connection, corrections: Corrections) -> None:
    """Makes those groups one that are one story already as versions in two languages, and those
    that somebody has made one, in whichever order they arose."""
    by_hand = [pair for pair, same in corrections.items() if same]
    asked = {"ids": sorted(set(chain.from_iterable(by_hand)))}
    group = {row.id: row.story_id for row in connection.execute(sql.GROUPS, asked)}
    pairs = [(row.one, row.other) for row in connection.execute(sql.VERSIONS)]
    pairs += [(group[one], group[other]) for one, other in by_hand]
    into: dict[int, int] = {}
    for pair in pairs:
        kept, left = sorted(_root(into, each) for each in pair)
        if kept != left:
            into[left] = kept
    asked = {"left": list(into), "kept": [_root(into, each) for each in into]}
    connection.execute(sql.UNITE, asked)


def _root(into: Mapping[int, int], group: int) -> int:
    while group in into:
        group = into[group]
    return group


def _numbers(connection: Connection) -> Mapping[int, int | None]:
    """Group to the story whose number it takes, of the groups that are not a story as it stood;
    None: a new one."""
    claims = sorted(
        connection.execute(sql.CLAIMS),
        key=lambda row: (-row.told, -row.statements, row.old, row.story),
    )
    numbers: dict[int, int | None] = {}
    taken: set[int] = set()
    for claim in claims:
        if claim.old not in taken and numbers.get(claim.story) is None:
            numbers[claim.story] = claim.old
            taken.add(claim.old)
        numbers.setdefault(claim.story, None)
    return numbers


def _moves(connection: Connection, stories: Mapping[int, int | None]) -> Iterator[Move]:
    for row in connection.execute(sql.CHANGED, {"groups": sorted(stories)}):
        story = stories[row.story_id]
        if story != row.before:
            yield Move(row.id, row.title, row.before, story)


def _apply(
    connection: Connection,
    moves: Sequence[Move],
    stories: Mapping[int, int | None],
    now: datetime,
) -> int:
    old = {move.before for move in moves} | {one for one in stories.values() if one is not None}
    lock_judging(connection, old)
    fresh = [group for group, story in stories.items() if story is None]
    made = connection.execute(sql.NEW_STORIES, {"now": now, "many": len(fresh)}).scalars().all()
    number = {**stories, **dict(zip(fresh, made, strict=True))}
    connection.execute(sql.MOVE, {"groups": list(number), "stories": list(number.values())})
    for statement in sql.REPLACE:
        connection.execute(statement)
    again = retell(connection, _all(old, made))
    tidy(connection, _all(old, made))
    return again


def _all(*stories: Iterable[int]) -> list[int]:
    return sorted(set(chain.from_iterable(stories)))
