"""A store of its own for texts to be grouped: what collecting would have left there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine, create_engine, text

from communique.database import upgrade
from communique.embedded import server

NOW = datetime(2026, 3, 2, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Posted:
    """A text as a source posts it."""

    title: str
    text: str
    language: str = "en"


@contextmanager
def empty_store() -> Iterator[Engine]:
    """An engine on a migrated store of its own that vanishes afterwards."""
    with TemporaryDirectory() as folder, server(Path(folder)) as url:
        engine = create_engine(url)
        upgrade(engine)
        yield engine
        engine.dispose()


def post(engine: Engine, texts: Iterable[Posted]) -> list[int]:
    """Stores texts as first wordings that nobody has settled; the numbers of their statements."""
    with engine.begin() as connection:
        capture = connection.execute(_CAPTURE, {"now": NOW}).scalar_one()
        return [_post(connection, one, capture) for one in texts]


def _post(connection: Connection, posted: Posted, capture: int) -> int:
    values = {"title": posted.title, "text": posted.text, "language": posted.language}
    return int(connection.execute(_POST, values | {"now": NOW, "capture": capture}).scalar_one())


def standing(engine: Engine) -> Mapping[int, tuple[int, int | None]]:
    """Statement to its story, and to the statement it is a part of."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, story_id, part_of FROM communique.statements"))
        return {row.id: (row.story_id, row.part_of) for row in rows}


_CAPTURE = text("""
WITH run AS (
    INSERT INTO communique.runs (kind, key, desk, started_at)
    VALUES ('collect', gen_random_uuid(), 'china', :now) RETURNING id
), source AS (
    INSERT INTO communique.sources (id, desk, publisher, kind, country, time_zone)
    VALUES ('bench', 'china', 'A ministry', 'ministry', 'CN', 'UTC') ON CONFLICT DO NOTHING
    RETURNING id
)
INSERT INTO communique.captures (run_id, source_id, listing, url, fetched_at, outcome)
SELECT run.id, 'bench', 'https://bench.example/', 'https://bench.example/', :now, 'listed'
FROM run LEFT JOIN source ON true
RETURNING id
""")
_POST = text("""
WITH story AS (
    INSERT INTO communique.stories (created_at) VALUES (:now) RETURNING id
), statement AS (
    INSERT INTO communique.statements (
        source_id, url, story_id, revision_number, title, text, language, date_precision,
        date_zone, date_zone_assumed, first_seen_at, last_seen_at, reader, backfilled
    )
    SELECT 'bench', 'https://bench.example/' || gen_random_uuid(), id, 1, :title, :text, :language,
           'unknown', 'UTC', false, :now, :now, 'bench/1', false
    FROM story RETURNING id
)
INSERT INTO communique.revisions (
    statement_id, number, title, text, sha256, seen_at, capture_id, captured_at, reader, backfilled
)
SELECT id, 1, :title, :text, '', :now, :capture, :now, 'bench/1', false FROM statement
RETURNING statement_id
""")
