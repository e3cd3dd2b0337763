"""A statement as it was read becomes rows: new, revised or unchanged, dated, in its story."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from communique.rows import clean, date_values, wording_values
from communique.schema import Revision, StatementRow, StoryRow, table_of
from scrapers.values import Outcome, Statement

# From the least to the best known date.
PRECISIONS = ("unknown", "inferred", "day", "minute")

# Made once: building a statement costs more than sending it.
_STATEMENTS, _REVISIONS = table_of(StatementRow), table_of(Revision)
_STORIES = table_of(StoryRow)
_CURRENT = (
    select(_STATEMENTS, _REVISIONS.c.sha256)
    .join(
        _REVISIONS,
        (_REVISIONS.c.statement_id == _STATEMENTS.c.id)
        & (_REVISIONS.c.number == _STATEMENTS.c.revision_number),
    )
    .where(_STATEMENTS.c.source_id == bindparam("source"))
    .where(_STATEMENTS.c.url == bindparam("address"))
    .with_for_update(of=_STATEMENTS)
)
_NEW_STATEMENT = insert(_STATEMENTS).on_conflict_do_nothing().returning(_STATEMENTS.c.id)
_NEW_REVISION = insert(_REVISIONS)
_NEW_STORY = insert(_STORIES).returning(_STORIES.c.id)

log = logging.getLogger(__name__)

Topics = Callable[[Statement], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Intake:
    """What every record of one source's turn needs.

    backfilled: this run looks for what is old, which never alerts. collected_at: when a collect
    last looked at the source; what was published since is news, whoever finds it. topics: tells
    the topics of a statement; fixed for the run.
    """

    engine: Engine
    run_id: int
    source_id: str
    now: datetime
    backfilled: bool
    topics: Topics
    collected_at: datetime | None = None

    @property
    def keys(self) -> dict[str, Any]:
        return {"run_id": self.run_id, "source_id": self.source_id}


class Captured(NamedTuple):
    """The capture that proves a wording: its row's number and when it was fetched (UTC)."""

    id: int
    at: datetime


def is_stale(intake: Intake, address: Mapping[str, Any]) -> bool:
    """Whether what is replayed here is older than what is known: it adds, and changes nothing."""
    last = address["last_visit_at"]
    return last is not None and intake.now < last


def _is_old(intake: Intake, found: Statement, address: Mapping[str, Any]) -> bool:
    """Whether a statement seen for the first time is a backfill's find, and so no news: what was
    published since somebody last looked for news is news all the same."""
    if not (intake.backfilled or address["backfilled"]):
        return False
    looked = intake.collected_at if intake.backfilled else address["first_listed_at"]
    on = found.published.on
    return looked is None or on is None or on < looked.date() - timedelta(days=1)


def store_statement(
    connection: Connection,
    intake: Intake,
    found: Statement,
    captured: Captured,
    address: Mapping[str, Any],
) -> tuple[Outcome, int]:
    """Stores a statement as it was read, and says how it ended and under which number.

    address: the locked row of the address it was read at.
    """
    current = _current(connection, found)
    if current is None:
        backfilled = _is_old(intake, found, address)
        statement_id = _new_statement(connection, intake, found, backfilled=backfilled)
        if statement_id is not None:
            values = _revision_values(intake, found, statement_id, captured)
            connection.execute(_NEW_REVISION, values | {"number": 1, "backfilled": backfilled})
            return Outcome.NEW, statement_id
        # Another worker came by another address of it a moment ago.
        current = _current(connection, found)
    stale = is_stale(intake, address)
    if current.sha256 == found.sha256:
        if not stale:
            stands(connection, current.id, intake.now)
            _redate(connection, current, found)
        return Outcome.UNCHANGED, current.id
    number = _revision(connection, intake, found, current.id, captured, backfilled=stale)
    if not stale:
        values = wording_values(found, intake.topics(found), intake.now)
        values |= {"revision_number": number, "withdrawn_at": None}
        touch(connection, current.id, values)
    return Outcome.REVISED, current.id


def _current(connection: Connection, found: Statement) -> Any:
    """The statement's row, locked, with the hash of its current wording; None: it is not known."""
    key = {"source": found.source, "address": clean(found.url)}
    return connection.execute(_CURRENT, key).one_or_none()


def _redate(connection: Connection, current: Any, found: Statement) -> None:
    """A date that the publisher, or a mended reader, has put right is taken over; one that is
    known less well than the one we have is not."""
    before, now = current.date_precision, str(found.published.precision)
    dated = date_values(found.published)
    if PRECISIONS.index(now) >= PRECISIONS.index(before) and any(
        getattr(current, name) != value for name, value in dated.items()
    ):
        log.info("%s: dated %s instead of %s", found.url, found.published, current.published_on)
        touch(connection, current.id, dated)


def _new_statement(
    connection: Connection, intake: Intake, found: Statement, *, backfilled: bool
) -> int | None:
    """The number of a statement stored for the first time; None where it stands already."""
    row = wording_values(found, intake.topics(found), intake.now) | {
        "source_id": found.source,
        "url": clean(found.url),
        "story_id": _story(connection, intake.now),
        "revision_number": 1,
        "first_seen_at": intake.now,
        "backfilled": backfilled,
    }
    return connection.execute(_NEW_STATEMENT, row).scalar_one_or_none()


def _revision(
    connection: Connection,
    intake: Intake,
    found: Statement,
    statement_id: int,
    captured: Captured,
    *,
    backfilled: bool,
) -> int:
    """The number of this wording: a new one, or the one it had when it stood here before."""
    of_statement = Revision.statement_id == statement_id
    earlier = connection.execute(
        select(Revision.number).where(of_statement, Revision.sha256 == found.sha256)
    ).scalar_one_or_none()
    if earlier is not None:
        return earlier
    last = connection.execute(select(func.max(Revision.number)).where(of_statement)).scalar()
    number = (last or 0) + 1
    values = _revision_values(intake, found, statement_id, captured)
    connection.execute(_NEW_REVISION, values | {"number": number, "backfilled": backfilled})
    return number


def _revision_values(
    intake: Intake, found: Statement, statement_id: int, captured: Captured
) -> dict[str, Any]:
    return {
        "statement_id": statement_id,
        "title": clean(found.title),
        "text": clean(found.text),
        "sha256": found.sha256,
        "seen_at": intake.now,
        "capture_id": captured.id,
        "captured_at": captured.at,
        "reader": found.reader,
    }


def _story(connection: Connection, now: datetime) -> int:
    """A story of its own, until the statement is settled."""
    return int(connection.execute(_NEW_STORY, {"created_at": now}).scalar_one())


def touch(connection: Connection, statement_id: int | None, values: Mapping[str, Any]) -> None:
    if statement_id is not None:
        connection.execute(
            update(StatementRow).where(StatementRow.id == statement_id).values(values)
        )


def stands(connection: Connection, statement_id: int | None, now: datetime) -> None:
    """Its page was read, or has not changed: it stands, whatever an earlier look found."""
    touch(connection, statement_id, {"last_seen_at": now, "withdrawn_at": None})
