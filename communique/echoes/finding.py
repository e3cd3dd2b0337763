"""The step that finds echoes: of each new wording the passages that stand in earlier ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Connection, text

from communique.echoes import learning, rows, users
from communique.echoes.marks import Wording, marked, wording_of
from communique.echoes.passages import Passage, shared_passages
from communique.echoes.seeds import Searched, Seed
from communique.echoes.stock import Stock, is_names, stock_among
from communique.echoes.turns import labels_of, within_turns
from communique.echoes.users import Sighting, Users
from communique.echoes.weighing import Found, united, weigh
from communique.text import tokenize_columns

if TYPE_CHECKING:
    from communique.settling import Unsettled

# How many wordings are read to compare one with: so many, and one more for so many of its marks.
CANDIDATES = 8
MARKS_A_CANDIDATE = 16

# Whom to compare a wording with, and the marks that speak for it; None: look at it whole.
Candidates: TypeAlias = Mapping[int, Sequence[Seed] | None]


@dataclass(slots=True)
class Batch:
    """A batch at work. texts: those read so far, of the batch and of the store. wordings: of those
    that were looked at whole. marks: those of each wording of the batch that are not stock, and
    where each begins. known: when each wording was used. shared: what each wording of the batch
    shares with others, as seen from it. labels: where it says who speaks. searched: the wordings
    in the way that seeds need them."""

    texts: dict[int, str]
    wordings: dict[int, Wording]
    marks: dict[int, dict[int, int]]
    stock: Stock
    known: dict[int, Sighting] = field(default_factory=dict)
    shared: dict[int, dict[int, list[Passage]]] = field(default_factory=dict)
    labels: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    searched: dict[int, Searched] = field(default_factory=dict)


def find_echoes(connection: Connection, batch: Sequence[Unsettled], now: datetime) -> None:
    """Finds and stores the echoes of a batch of wordings among all that is stored: a step of
    settling, which needs their stories settled. now: aware, UTC.

    A bounded number of queries, whatever the batch holds; what is read for a wording is bounded by
    its length.
    """
    if not batch:
        return
    connection.execute(_NO_COMPILING)
    work = _begin(connection, batch)
    used = users.users_of(connection, work.marks)
    users.store_marks(connection, work.marks)
    revised = {one.statement_id for one in batch if one.number > 1}
    wanted = {revision for each in used.values() for revision in each} | work.marks.keys()
    work.known |= users.sightings_of(connection, wanted, revised)
    _compare(connection, work, {one: _candidates(one, work, used) for one in work.marks})
    _compare(connection, work, _neighbours(connection, work))
    learned = learning.learn(connection, used, work.known, work.wordings, work.shared, now)
    work.stock.add(learned)
    rows.forget(connection, learned)
    rows.store(connection, _found(work), work.wordings, work.marks.keys())


def _begin(connection: Connection, batch: Sequence[Unsettled]) -> Batch:
    """Notes the marks of the batch, but for those that are stock."""
    wordings = {one.revision_id: wording_of(one.tokens) for one in batch}
    marks = {revision: marked(each) for revision, each in wordings.items()}
    known = stock_among(connection, {mark for each in marks.values() for mark in each})
    for one in batch:
        nothing = known.of(one.source_id)
        if nothing:
            every = marks[one.revision_id].items()
            marks[one.revision_id] = {mark: at for mark, at in every if mark not in nothing}
    return Batch({one.revision_id: one.text for one in batch}, wordings, marks, known)


def _candidates(one: int, work: Batch, used: Users) -> Candidates:
    """Whom to compare a wording with: the first users of most of its marks, then those that share
    most; and its own statement's earlier wordings."""
    me, mine = work.known[one], work.marks[one]
    marks = [mark for mark in mine if mark in used]
    first, shared = Counter[int](), Counter[int]()
    for mark in marks:
        others = [work.known[other] for other in used[mark] if other != one]
        strangers = [other for other in others if other.story_id != me.story_id]
        if strangers:
            leaders = {min(others, key=_rank).revision_id, min(strangers, key=_rank).revision_id}
            first.update(leaders)
            shared.update([stranger.revision_id for stranger in strangers])
    order = sorted(
        first.keys() | shared.keys(), key=lambda other: (-first[other], -shared[other], other)
    )
    most = CANDIDATES + len(mine) // MARKS_A_CANDIDATE
    seeds: dict[int, list[Seed]] = {other: [] for other in order[:most]}
    for mark in marks:
        for other in used[mark].keys() & seeds.keys():
            seeds[other].append(Seed(mine[mark], used[mark][other]))
    return {**seeds, **_own(me, work)} if order else {}


def _own(me: Sighting, work: Batch) -> Candidates:
    """The earlier wordings of a statement."""
    if me.number == 1:
        return {}
    return {
        other.revision_id: None
        for other in work.known.values()
        if other.statement_id == me.statement_id and other.number < me.number
    }


def _rank(one: Sighting) -> tuple[object, ...]:
    return one.rank


def _neighbours(connection: Connection, work: Batch) -> dict[int, Candidates]:
    """Where a wording turns out to be earlier than stored ones (a backfill): whom these echo, and
    who echoes them, for these may all be echoes of it."""
    later = {
        one: [
            other
            for other, passages in shared.items()
            if passages and other not in work.marks and _is_earlier(one, other, work)
        ]
        for one, shared in work.shared.items()
    }
    asked = {other for each in later.values() for other in each}
    if not asked:
        return {}
    near = users.neighbours_of(connection, asked)
    unknown = {other for each in near.values() for other in each} - work.known.keys()
    work.known |= users.sightings_of(connection, unknown, ())
    found = {one: {n for other in each for n in near.get(other, ())} for one, each in later.items()}
    return {
        one: dict.fromkeys(sorted(each - {one})[: users.NEIGHBOURS])
        for one, each in found.items()
        if each
    }


def _is_earlier(one: int, other: int, work: Batch) -> bool:
    return work.known[one].precedes(work.known[other])


def _compare(connection: Connection, work: Batch, candidates: Mapping[int, Candidates]) -> None:
    """Reads the candidates that are not read yet, and notes what each shares with its wording."""
    unread = {other for each in candidates.values() for other in each} - work.texts.keys()
    if unread:
        work.texts.update(users.texts_of(connection, unread))
    for one, others in candidates.items():
        shared = work.shared.setdefault(one, {})
        for other, seeds in others.items():
            if other in shared or other not in work.texts:
                continue
            likely = seeds is None or _may_share(work, one, other, seeds)
            shared[other] = passages = _told(work, one, other) if likely else []
            if other in work.marks:
                turned = [passage.turned() for passage in passages]
                work.shared.setdefault(other, {})[one] = turned


def _may_share(work: Batch, one: int, other: int, seeds: Sequence[Seed]) -> bool:
    for read in (one, other):
        if read in work.wordings and read not in work.searched:
            work.searched[read] = Searched(work.wordings[read])
    return work.searched[one].may_share(work.searched.get(other, work.texts[other]), seeds)


def _told(work: Batch, one: int, other: int) -> list[Passage]:
    """What two wordings share, in the words of one speaker, that is more than names."""
    original, wording = work.texts[one], work.wordings[one]
    if other not in work.wordings:
        work.wordings[other] = wording_of(tokenize_columns(work.texts[other]))
    passages = shared_passages(wording, work.wordings[other])
    if passages and one not in work.labels:
        work.labels[one] = labels_of(original, wording)
    spoken = within_turns(passages, wording, work.labels.get(one, ()))
    return [passage for passage in spoken if not is_names(original, wording, passage)]


def _found(work: Batch) -> list[Found]:
    """The echoes of the batch that are more than stock."""
    every = united(
        found
        for one, shared in work.shared.items()
        for found in weigh(work.known[one], shared, work.known)
    )
    sources = {one: known.source_id for one, known in work.known.items()}
    return [
        found
        for found in every
        if work.stock.leaves(
            work.wordings[found.later],
            found.passage,
            (sources[found.later], sources[found.earlier]),
        )
    ]


# A query over so many marks looks costly enough to PostgreSQL to be compiled, which takes longer.
_NO_COMPILING = text("SET LOCAL jit = off")
