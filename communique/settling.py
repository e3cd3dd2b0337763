"""Settling: where a new wording stands among all that is known.

A wording waits with `settled_at` empty until this module has found its story, its versions in
other languages, its echoes and its search terms, all in one transaction. Only then is it judged.
So a rerun, a second worker or a death in the middle changes nothing. Workers settle one after the
other, or two of them could begin the same story twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, Row, select, text, update

from communique.changes import make_diffs, make_missing_diffs
from communique.echoes import find_echoes
from communique.mail.clean import shown
from communique.refusals import begun_again, is_away, is_collision
from communique.schema import Revision, SourceRow, StatementRow
from communique.search.indexing import index_terms
from communique.stories import group
from communique.text import Tokens, tokenize_columns
from communique.translations import pair
from scrapers.about import about

# Whoever settles, or puts stories right by hand, holds it; any constant of our own will do.
SETTLING_LOCK = 0x53544C45

# No more characters are settled at once, or texts of ten megabytes would fill the memory.
LARGEST = 4_000_000

log = logging.getLogger(__name__)

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A wording to be settled, with what is known of its statement. number: 1 is its first
    wording. title_tokens, tokens: of title and text. first_seen_at: aware, UTC."""

    revision_id: int
    statement_id: int
    number: int
    source_id: str
    publisher: str
    language: str
    published_on: date | None
    first_seen_at: datetime
    title: str
    text: str
    title_tokens: Tokens
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Settled:
    """How many wordings were settled. problems: those of which something could not be told."""

    wordings: int
    problems: tuple[str, ...]


# Works on a batch, oldest first, inside the transaction that settles it; now is aware, UTC.
Step: TypeAlias = Callable[[Connection, Sequence[Unsettled], datetime], None]

# In this order: echoes are of other stories, so stories come first.
STEPS: tuple[Step, ...] = (group, pair, find_echoes, index_terms, make_diffs)


def settle(
    engine: Engine, now: datetime, *, batch: int = 200, steps: Sequence[Step] = STEPS
) -> Settled:
    """Settles every wording that waits, in the order they were stored. now: aware, UTC.

    Safe to run twice, or two at once. A wording that breaks a step is settled without it, so that
    it is judged all the same, and named in `problems`. Raises only where the store itself fails;
    what was not settled by then waits for the next run.
    """
    settled, problems = 0, list[str]()
    while waiting := _waiting(engine, batch):
        try:
            settled += _settle_together(engine, waiting, now, steps)
        except Exception as error:
            if is_away(error):
                raise
            log.exception("a batch of %d wordings is settled one by one", len(waiting))
            for one in waiting:
                problems += _settle_alone(engine, one, now, steps)
            settled += len(waiting)
    return Settled(settled, (*problems, *make_missing_diffs(engine)))


def lock_stories(connection: Connection) -> None:
    """Waits until nobody else settles, until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SETTLING_LOCK})


def not_too_large(rows: Iterable[_Row], size: Callable[[_Row], int]) -> list[_Row]:
    """The first of these, at least one where there is one, as far as their characters together are
    no more than is settled at once."""
    taken, characters = list[_Row](), 0
    for row in rows:
        characters += size(row)
        if taken and characters > LARGEST:
            break
        taken.append(row)
    return taken


def _waiting(engine: Engine, batch: int) -> Sequence[Unsettled]:
    """The next wordings, at least one, as far as they are not too large together."""
    with engine.connect() as connection:
        few = connection.execution_options(yield_per=10)
        rows = not_too_large(few.execute(_UNSETTLED.limit(batch)), lambda row: len(row.text))
    return list(map(_unsettled, rows))


_UNSETTLED = (
    select(
        *(Revision.id.label("revision_id"), Revision.statement_id, Revision.number),
        *(Revision.title, Revision.text_.label("text"), StatementRow.source_id),
        *(SourceRow.publisher, StatementRow.language, StatementRow.published_on),
        StatementRow.first_seen_at,
    )
    .join(StatementRow, StatementRow.id == Revision.statement_id)
    .join(SourceRow, SourceRow.id == StatementRow.source_id)
    .where(Revision.settled_at.is_(None))
    .order_by(Revision.id)
)


def _unsettled(row: Row[*tuple[Any, ...]]) -> Unsettled:
    return Unsettled(
        **row._mapping,
        title_tokens=tokenize_columns(row.title),
        tokens=tokenize_columns(row.text),
    )


def _settle_together(
    engine: Engine, waiting: Sequence[Unsettled], now: datetime, steps: Sequence[Step]
) -> int:
    """As `_settle_batch`; begins again where another worker stood in the way."""
    return begun_again(
        lambda: _settle_batch(engine, waiting, now, steps), f"{len(waiting)} wordings are settled"
    )


def _settle_batch(
    engine: Engine, waiting: Sequence[Unsettled], now: datetime, steps: Sequence[Step]
) -> int:
    with engine.begin() as connection:
        lock_stories(connection)
        ids = [one.revision_id for one in waiting]
        mine = (Revision.id.in_(ids), Revision.settled_at.is_(None))
        left = set(connection.execute(select(Revision.id).where(*mine)).scalars())
        batch = [one for one in waiting if one.revision_id in left]
        for step in steps:
            step(connection, batch, now)
        connection.execute(update(Revision).where(*mine).values(settled_at=now))
    return len(batch)


def _settle_alone(
    engine: Engine, one: Unsettled, now: datetime, steps: Sequence[Step]
) -> list[str]:
    try:
        _settle_together(engine, [one], now, steps)
    except Exception as error:
        if is_away(error) or is_collision(error):
            raise
        with about(source=one.source_id):
            log.exception("revision %d cannot be settled whole", one.revision_id)
        _settle_batch(engine, [one], now, ())
        reason = shown(f"{type(error).__name__}: {error}", 300)
        return [
            f"Revision {one.revision_id} (statement {one.statement_id}, source {one.source_id}) "
            f"is judged without its story and echoes: {reason}"
        ]
    return []
