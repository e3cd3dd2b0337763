"""Fills a store with many statements, quickly: `python -m bench.many_store HOME 100000`.

Statements are made, and what is derived from them worked out, in as many processes as there are
cores, by the very functions that settle a wording; rows go in by COPY while the tables have
neither indexes nor keys, which are made at the end. Which story a repost belongs to is known from
how it was made. Echoes, parts and language versions are not looked for.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812
from sqlalchemy import Engine, create_engine, text

from bench.many import APART, NOW, Made, Maker
from bench.many_derived import DERIVED, derive
from bench.quick import copy, lay_aside, restore, set_quick
from communique.database import is_current, upgrade
from communique.embedded import server
from communique.retention import ensure_months
from communique.runs import register_sources
from communique.settings import Settings
from scrapers.facts import load_sources

BLOCK = 1_000  # statements that are made and sent at once
# In the order of their foreign keys.
SAID = {
    "stories": "id created_at",
    "statements": (
        "id source_id url story_id revision_number title text language published_on "
        "date_precision date_zone date_zone_assumed first_seen_at last_seen_at topics reader "
        "backfilled"
    ),
    "addresses": (
        "id source_id url fetch_url statement_id outcome visits first_listed_at last_visit_at"
    ),
    "captures": (
        "id run_id source_id address_id url final_url fetched_at status outcome sha256 size warc "
        "record_id"
    ),
    "revisions": (
        "id statement_id number title text sha256 seen_at capture_id captured_at reader "
        "backfilled settled_at judged_at"
    ),
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A store with its statements. seconds: what filling it took, by step."""

    engine: Engine
    maker: Maker
    total: int
    seconds: Mapping[str, float]


@contextmanager
def filled(home: Path, total: int, *, settled: bool = True) -> Iterator[Filled]:
    """A store of `total` statements on an embedded server under `home`, filled if it is not.

    settled: with everything derived, as if settled; else as they were collected, each in a story
    of its own, waiting to be settled.
    """
    sources = load_sources(Settings().sources)
    with server(home, f"many_{total}_{'settled' if settled else 'waiting'}") as url:
        engine = create_engine(url)
        maker = Maker(sources, total)
        seconds: dict[str, float] = {}
        if not _is_filled(engine):
            fill(engine, maker, settled=settled, seconds=seconds)
        yield Filled(engine, maker, total, seconds)
        engine.dispose()


def _is_filled(engine: Engine) -> bool:
    """Whether it was filled to the end; then it gets the tables of today."""
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT to_regclass('communique.bench_filled')")):
            return False
    if not is_current(engine):
        upgrade(engine)
    return True


def fill(engine: Engine, maker: Maker, *, settled: bool, seconds: dict[str, float]) -> None:
    """Fills an empty store. seconds: takes what each step took."""
    with _timed(seconds, "schema"):
        set_quick(engine)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA IF EXISTS communique CASCADE"))
        upgrade(engine)
        register_sources(engine, maker.sources, NOW)
        _note_run(engine)
        ensure_months(engine, _months(maker.total))
    with _timed(seconds, "rows"):
        laid_aside = lay_aside(engine, [*SAID, *DERIVED])
        _in_processes(engine, maker, settled=settled)
    with _timed(seconds, "indexes and keys"):
        restore(engine, laid_aside)
    with _timed(seconds, "vacuum"):
        _finish(engine, maker.total)


def _months(total: int) -> list[datetime]:
    """A moment in each month of these statements, and in the next one."""
    days = (total * APART).days + 30
    return [NOW + timedelta(days=30 - day) for day in range(0, days + 30, 15)]


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[step] = time.perf_counter() - started


def _note_run(engine: Engine) -> None:
    with engine.begin() as connection:
        row = {"at": NOW}
        connection.execute(
            text(
                "INSERT INTO communique.runs (kind, key, started_at) VALUES ('collect', 'b', :at)"
            ),
            row,
        )


def _in_processes(engine: Engine, maker: Maker, *, settled: bool) -> None:
    """Makes and sends all statements, every block by whichever process is free."""
    context = multiprocessing.get_context("fork")  # the maker is shared as it is
    url = address(engine)
    engine.dispose()
    blocks = context.Queue()
    processes = [
        context.Process(target=_work, args=(url, maker, blocks, settled))
        for _ in range(os.cpu_count() or 1)
    ]
    for first in range(1, maker.total + 1, BLOCK):
        blocks.put((first, min(first + BLOCK - 1, maker.total)))
    for process in processes:
        blocks.put(None)
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise SystemExit("a process that fills the store has failed; its reason stands above")


def address(engine: Engine) -> str:
    """The store's address as psycopg2 takes it."""
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _work(url: str, maker: Maker, blocks: Any, settled: bool) -> None:
    with closing(psycopg2.connect(url)) as connection:
        while block := blocks.get():
            send(connection, [maker.made(n) for n in range(block[0], block[1] + 1)], maker, settled)


def send(connection: Connection, made: Sequence[Made], maker: Maker, settled: bool) -> None:
    """Puts statements into the store, with what is derived from them where they are settled."""
    rows = said_rows(made, maker, settled)
    for table, columns in SAID.items():
        copy(connection, table, columns, rows[table])
    if settled:
        for table, derived in derive(made, maker).items():
            copy(connection, table, DERIVED[table], derived)
    connection.commit()


def said_rows(made: Sequence[Made], maker: Maker, settled: bool) -> dict[str, list[Sequence[Any]]]:
    """The rows of these statements, by table, in the order of SAID's columns."""
    rows: dict[str, list[Sequence[Any]]] = {table: [] for table in SAID}
    for one in made:
        sketch = one.sketch
        number, at = sketch.number, sketch.first_seen_at.isoformat()
        source = maker.sources[sketch.source]
        url = f"https://{source.id}.example/{sketch.published_on:%Y/%m}/t{number}.html"
        story = sketch.original if settled and sketch.original else number
        # The true digests cost more than all else here, and nothing looks at them.
        digest = f"{number:064x}"
        archive = f"file:///archive/{sketch.first_seen_at:%Y%m%d}.warc.gz"
        proof = (digest, 50_000, archive, f"urn:uuid:{number:032x}")
        rows["captures"].append((number, 1, source.id, number, url, url, at, 200, "new", *proof))
        rows["addresses"].append((number, source.id, url, url, number, "new", 1, at, at))
        if story == number:
            rows["stories"].append((number, at))
        dated = (sketch.published_on, "day", source.time_zone, "t", at, at)
        topics = "{" + ",".join(sketch.topics) + "}"
        wording = (one.title, one.text)
        said = (number, source.id, url, story, 1, *wording, sketch.language)
        rows["statements"].append((*said, *dated, topics, "generic/1", "f"))
        states = (at, at) if settled else (None, at)
        rows["revisions"].append(
            (number, number, 1, *wording, digest, at, number, at, "generic/1", "f", *states)
        )
    return rows


def _finish(engine: Engine, total: int) -> None:
    """Numbers go on where the statements end; the planner knows what there is."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in SAID:
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :total)"),
                {"table": f"communique.{table}", "total": total},
            )
        connection.execute(text("VACUUM (ANALYZE)"))
        connection.execute(text("CREATE TABLE communique.bench_filled (at timestamptz)"))


def main() -> None:
    """Fills a store and says how long each step took."""
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    with filled(Path(sys.argv[1]), int(sys.argv[2])) as store:
        for step, seconds in store.seconds.items():
            print(f"{step:<20}{seconds:8.1f} s")


if __name__ == "__main__":
    main()
