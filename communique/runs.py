"""Runs and sources as the store knows them: begun, over, brought up to the YAML."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Engine, case, or_, update
from sqlalchemy.dialects.postgresql import insert

from communique.schema import Run, SourceRow
from scrapers.sources import Source


def open_run(engine: Engine, kind: str, key: str, desk: str | None, now: datetime) -> int:
    """The number of the run with this key, started now if it is new, or was over. A retried task
    finds its run again by its key."""
    was_over = Run.finished_at.is_not(None)
    again = {"finished_at": None, "started_at": case((was_over, now), else_=Run.started_at)}
    with engine.begin() as connection:
        return connection.execute(
            insert(Run)
            .values(kind=kind, key=key, desk=desk, started_at=now)
            .on_conflict_do_update(index_elements=["key"], set_=again)
            .returning(Run.id)
        ).scalar_one()


def close_run(engine: Engine, key: str, now: datetime) -> None:
    """Notes that the run with this key is over."""
    with engine.begin() as connection:
        connection.execute(update(Run).where(Run.key == key).values(finished_at=now))


def register_sources(
    engine: Engine, sources: Iterable[Source], now: datetime | None = None
) -> None:
    """Brings table `sources` up to the YAML, so that views can name publishers and countries. A
    row that is as it should be is not written, since every task of a desk comes by here. now: when
    a source that is new here was added (aware); by default the database's time."""
    added = {"added_at": now} if now else {}
    rows = [
        {
            **added,
            "id": source.id,
            "desk": source.desk,
            "publisher": source.publisher,
            "kind": source.kind,
            "country": source.country,
            "host_country": source.host_country,
            "time_zone": source.time_zone,
            "enabled": source.enabled,
        }
        for source in sources
    ]
    if not rows:
        return
    statement = insert(SourceRow).values(rows)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in ("id", "added_at")}
    table = SourceRow.__table__
    differs = or_(*(table.c[name].is_distinct_from(value) for name, value in changed.items()))
    with engine.begin() as connection:
        connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_=changed, where=differs)
        )
