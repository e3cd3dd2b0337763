"""Rows that alerting starts from: what collecting leaves in the store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from communique.schema import (
    CaptureRow,
    Revision,
    Run,
    SourceRow,
    StatementRow,
    StoryRow,
)

NOW = datetime(2026, 3, 2, 6, 10, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Post:
    """A statement as a source posts it. on: None is an unknown date."""

    title: str = "On the so-called network plan"
    text: str = "We regret the plan. A clean network shuts nobody out. Talks go on."
    source: str = "embassy_one"
    url: str = "https://one.example/eng/1.htm"
    seen: datetime = NOW
    on: date | None = date(2026, 3, 1)
    at: datetime | None = None
    precision: str = "day"
    zone: str = "Asia/Shanghai"
    zone_assumed: bool = True
    date_text: str | None = "2026-03-01"
    backfilled: bool = False
    story: int | None = None
    language: str = "en"


@dataclass(frozen=True)
class Posted:
    """Ids of what was stored."""

    statement: int
    revision: int
    story: int


def post(engine: Engine, posted: Post | None = None, **changed: Any) -> Posted:
    """Stores a statement's first wording; `story` joins it to an earlier one."""
    what = replace(posted or Post(), **changed)
    with engine.begin() as connection:
        capture = _capture(connection, what)
        story = what.story or _id(connection, StoryRow, created_at=what.seen)
        statement = _id(
            connection,
            StatementRow,
            source_id=what.source,
            url=what.url,
            story_id=story,
            revision_number=1,
            title=what.title,
            text=what.text,
            language=what.language,
            published_at=what.at,
            published_on=what.on,
            date_precision=what.precision if what.on else "unknown",
            date_zone=what.zone,
            date_zone_assumed=what.zone_assumed,
            date_text=what.date_text,
            first_seen_at=what.seen,
            last_seen_at=what.seen,
            reader="test/1",
            backfilled=what.backfilled,
        )
        return Posted(statement, _revision(connection, statement, 1, what, capture), story)


def edit(engine: Engine, posted: Posted, title: str, text: str, **changed: Any) -> Posted:
    """Stores the next wording of a statement."""
    what = replace(Post(title=title, text=text, seen=NOW + timedelta(hours=5)), **changed)
    with engine.begin() as connection:
        number = connection.execute(
            update(StatementRow)
            .where(StatementRow.id == posted.statement)
            .values(revision_number=StatementRow.revision_number + 1, title=title, text=text)
            .returning(StatementRow.revision_number)
        ).scalar_one()
        capture = _capture(connection, what)
        return replace(
            posted, revision=_revision(connection, posted.statement, number, what, capture)
        )


def _revision(connection: Connection, statement: int, number: int, what: Post, capture: int) -> int:
    digest = hashlib.sha256(f"{what.title}\n{what.text}".encode()).hexdigest()
    return _id(
        connection,
        Revision,
        statement_id=statement,
        number=number,
        title=what.title,
        text=what.text,
        sha256=digest,
        seen_at=what.seen,
        capture_id=capture,
        captured_at=what.seen,
        reader="test/1",
        backfilled=what.backfilled,
    )


def _capture(connection: Connection, what: Post) -> int:
    source = {
        "id": what.source,
        "desk": "china",
        "publisher": f"Chinese {what.source.replace('_', ' ').title()}",
        "kind": "embassy",
        "country": "CN",
        "host_country": "MK",
        "time_zone": "Asia/Shanghai",
    }
    connection.execute(insert(SourceRow).values(source).on_conflict_do_nothing())
    run = {"kind": "collect", "key": "test", "desk": "china", "started_at": what.seen}
    connection.execute(insert(Run).values(run).on_conflict_do_nothing())
    return _id(
        connection,
        CaptureRow,
        run_id=connection.execute(select(Run.id)).scalars().first(),
        source_id=what.source,
        listing="https://one.example/eng/",
        url=what.url,
        fetched_at=what.seen,
        outcome="listed",
        warc="china/2026-03-02/embassy_one.warc.gz",
        record_id="<urn:uuid:5c7f6f0e-7a36-4f0b-9d0e-0f6a3d6f2b11>",
    )


def _id(connection: Connection, table: Any, **values: Any) -> int:
    made = insert(table.__table__).values(values).returning(table.id)
    return int(connection.execute(made).scalar_one())
