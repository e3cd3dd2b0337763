"""Texts put into a store of a benchmark's own, as collecting would leave them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.dialects.postgresql import insert

from communique.database import upgrade
from communique.embedded import server
from communique.schema import CaptureRow, Revision, Run, SourceRow, StatementRow, StoryRow

SEEN = datetime(2026, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its facts, to be stored. on: None where its date is unknown."""

    url: str
    source: str
    publisher: str
    country: str
    language: str
    title: str
    text: str
    on: date | None


@contextmanager
def empty_store() -> Iterator[Engine]:
    """A store that vanishes afterwards."""
    with TemporaryDirectory() as home, server(Path(home)) as url:
        engine = create_engine(url)
        upgrade(engine)
        yield engine
        engine.dispose()


def store_texts(engine: Engine, texts: Sequence[Text], number: int = 0) -> list[int]:
    """Stores each text as a statement that waits to be settled, in this order; the numbers of
    their wordings. number: how many were stored before."""
    with engine.begin() as connection:
        run = {"kind": "collect", "key": f"bench {number}", "started_at": SEEN}
        run_id = _id(connection, Run, **run)
        return [
            _store(connection, run_id, each, SEEN + timedelta(seconds=number + place))
            for place, each in enumerate(texts)
        ]


def _store(connection: Connection, run_id: int, one: Text, seen: datetime) -> int:
    source = {"id": one.source, "desk": "china", "publisher": one.publisher, "kind": "ministry"}
    source |= {"country": one.country, "time_zone": "UTC"}
    connection.execute(insert(SourceRow).values(source).on_conflict_do_nothing())
    captured = {"run_id": run_id, "source_id": one.source, "url": one.url, "fetched_at": seen}
    capture = _id(connection, CaptureRow, **captured, listing=one.url, outcome="listed")
    wording = {"title": one.title, "text": one.text, "reader": "bench", "backfilled": False}
    dated = {"published_on": one.on, "date_precision": "day" if one.on else "unknown"}
    statement = _id(
        connection,
        StatementRow,
        **wording,
        **dated,
        source_id=one.source,
        url=one.url,
        story_id=_id(connection, StoryRow, created_at=seen),
        revision_number=1,
        language=one.language,
        date_zone="UTC",
        date_zone_assumed=True,
        first_seen_at=seen,
        last_seen_at=seen,
    )
    return _id(
        connection,
        Revision,
        **wording,
        statement_id=statement,
        number=1,
        sha256=hashlib.sha256(f"{one.url} {one.text}".encode()).hexdigest(),
        seen_at=seen,
        capture_id=capture,
        captured_at=seen,
    )


def _id(connection: Connection, table: Any, **values: Any) -> int:
    made = insert(table.__table__).values(values).returning(table.__table__.c.id)
    return int(connection.execute(made).scalar_one())
