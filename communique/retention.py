"""Captures lie in a partition for each month (UTC); the old ones that nothing rests on may go.

A month is made when its first capture comes, a month ahead for what is fetched now, and for a
replay of 2020 the months of 2020. What finds no month lies in `captures_rest`: nothing is lost
where a month could not be made. See docs/decisions/011-captures-by-month.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, text

log = logging.getLogger(__name__)

# Rows that are looked at in one transaction.
WINDOW = 5000
# A listing's state is judged by its last thirty readings (communique/turns.py).
READINGS = 30

_ENSURE = text("SELECT communique.ensure_captures_month(:at)")
_DROP = text("SELECT communique.drop_captures_month(:at)")
_MONTHS = text("""
    SELECT DISTINCT date_trunc('month', fetched_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month
    FROM communique.captures WHERE fetched_at < :before
    UNION
    SELECT to_timestamp(right(relname, 7) || ' +00', 'YYYY_MM TZH') FROM pg_class
    WHERE relnamespace = 'communique'::regnamespace AND relkind = 'r'
      AND relname ~ '^captures_\\d{4}_\\d{2}$'
    ORDER BY month
""")
_WINDOW = text("""
    SELECT max(id), count(*) FROM (
        SELECT id FROM communique.captures
        WHERE fetched_at >= :first AND fetched_at < :next AND id > :after
        ORDER BY id LIMIT :window
    ) w
""")
# Spared are: the evidence of a wording; the newest visit of an address, and the newest that read
# it, by which a statement's date is proved; the last readings of a page of a listing; what waits
# for its second opinion.
_OLD = """
    FROM communique.captures c
    WHERE c.fetched_at >= :first AND c.fetched_at < :next AND c.id > :after AND c.id <= :last
      AND c.checked IS DISTINCT FROM false
      AND NOT EXISTS (SELECT FROM communique.revisions r
                      WHERE r.capture_id = c.id AND r.captured_at = c.fetched_at)
      AND CASE WHEN c.listing IS NULL THEN
          EXISTS (SELECT FROM communique.captures n
                  WHERE n.address_id = c.address_id
                    AND (n.fetched_at, n.id) > (c.fetched_at, c.id))
          AND (c.status IS DISTINCT FROM 200
               OR c.outcome NOT IN ('new', 'revised', 'unchanged', 'implausible')
               OR EXISTS (SELECT FROM communique.captures n
                          WHERE n.address_id = c.address_id AND n.status = 200
                            AND n.outcome IN ('new', 'revised', 'unchanged', 'implausible')
                            AND (n.fetched_at, n.id) > (c.fetched_at, c.id)))
      ELSE
          EXISTS (SELECT FROM communique.captures n
                  WHERE n.source_id = c.source_id AND n.url = c.url AND n.listing IS NOT NULL
                    AND n.fetched_at > c.fetched_at
                  ORDER BY n.fetched_at OFFSET :readings - 1)
      END
"""
_COUNT = text(f"SELECT count(*) {_OLD}")
_DELETE = text(
    f"WITH old AS (SELECT c.id, c.fetched_at {_OLD}) "  # noqa: S608 (constants of ours)
    "DELETE FROM communique.captures d USING old "
    "WHERE d.id = old.id AND d.fetched_at = old.fetched_at "
    "AND d.fetched_at >= :first AND d.fetched_at < :next"
)


@dataclass(frozen=True, slots=True)
class PrunedMonth:
    """What a prune did, or would do, with a month. month: its first moment (UTC). removed, kept:
    captures. dropped: its partition is gone, or would be."""

    month: datetime
    removed: int
    kept: int
    dropped: bool


def ensure_months(engine: Engine, moments: Iterable[datetime]) -> None:
    """Makes the partitions that captures fetched at these moments (aware) belong into.

    To be called before the transaction that stores them: making one waits for those who write to
    the tables that captures refer to. Asks the store only for months that this process has not met
    yet. Where one cannot be made now, its captures lie in `captures_rest`, and the next process
    tries again.
    """
    known = _known(engine)
    for month in sorted({month_of(at) for at in moments} - known):
        with engine.begin() as connection:
            for at in (month, next_month(month)):
                if not connection.execute(_ENSURE, {"at": at}).scalar_one():
                    log.warning("captures of %s lie in captures_rest", f"{at:%Y-%m}")
        known.add(month)


@lru_cache(maxsize=8)
def _known(engine: Engine) -> set[datetime]:
    """The months that this process has met in a store. One that was pruned since does no harm."""
    del engine
    return set()


def month_of(at: datetime) -> datetime:
    """The first moment of the month, in UTC, that a moment (aware) lies in."""
    utc = at.astimezone(timezone.utc)
    return utc.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(month: datetime) -> datetime:
    """The first moment of the month after it; of the last month there is, that one."""
    if (month.year, month.month) == (9999, 12):
        return month
    return month_of(month + timedelta(days=32))


def oldest_kept(now: datetime, keep_months: int) -> datetime:
    """The first moment that is kept: the beginning of the month `keep_months` months before that
    of `now` (aware)."""
    months = max(now.year * 12 + now.month - 1 - keep_months, 12)
    return month_of(now).replace(year=months // 12, month=months % 12 + 1)


def prune(
    engine: Engine,
    now: datetime,
    keep_months: int,
    *,
    dry_run: bool = False,
    watch: Callable[[int], None] | None = None,
) -> Iterator[PrunedMonth]:
    """Removes captures of months that ended more than keep_months months ago, month by month, the
    oldest first, and yields what became of each. now: aware.

    Never removes what a wording rests on, the newest visit and the newest reading of an address,
    the last readings of a listing's page, or anything from the archive. In transactions of a few
    thousand rows; one that is stopped in between goes on where it left off. A month that is left
    empty loses its partition. watch: told how many rows were looked at.
    """
    before = oldest_kept(now, keep_months)
    with engine.connect() as connection:
        months = connection.execute(_MONTHS, {"before": before}).scalars().all()
    for month in months:
        if month < before:
            yield _pruned(engine, month, dry_run=dry_run, watch=watch)


def _pruned(
    engine: Engine, month: datetime, *, dry_run: bool, watch: Callable[[int], None] | None
) -> PrunedMonth:
    span = {"first": month, "next": next_month(month), "readings": READINGS}
    removed = seen = after = 0
    while True:
        with engine.begin() as connection:
            last, rows = _next_window(connection, span | {"after": after})
            if not rows:
                break
            key = span | {"after": after, "last": last}
            if dry_run:
                removed += connection.execute(_COUNT, key).scalar_one()
            else:
                removed += connection.execute(_DELETE, key).rowcount
        seen, after = seen + rows, last
        if watch is not None:
            watch(rows)
    if dry_run or seen > removed:
        return PrunedMonth(month, removed, seen - removed, dropped=seen == removed)
    with engine.begin() as connection:
        dropped = bool(connection.execute(_DROP, {"at": month}).scalar_one())
    return PrunedMonth(month, removed, 0, dropped)


def _next_window(connection: Connection, key: dict[str, Any]) -> tuple[int, int]:
    last, rows = connection.execute(_WINDOW, key | {"window": WINDOW}).one()
    return int(last or 0), int(rows)
