"""Upkeep: what a store and its archive need now and then, each safe to run twice or to interrupt.

What is learned as stock phrases is learned when wordings are settled, so upkeep settles what an
interrupted run has left; PostgreSQL vacuums by itself, but never counts what lies in partitions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine, text

from communique.evidence import Damage, Proof, verify_all
from communique.jobs import Line
from communique.notices import tell_maintainers
from communique.retention import PrunedMonth, ensure_months, month_of, next_month, prune
from communique.settings import Settings
from communique.settling import settle

# In so many days the whole archive is verified, a share of its files each day.
SHARES = 30
# Shares that one run takes on at most, after days without any.
MOST_SHARES = 7
MONTHS_AHEAD = 3
# Damaged places that a report names; how many there are, it says.
MOST_NAMED = 40

_TABLES = text("""
    SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'communique' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND (pg_has_role(c.relowner, 'USAGE') OR CASE
           WHEN CAST(current_setting('server_version_num') AS integer) >= 170000
           THEN has_table_privilege(c.oid, 'MAINTAIN') END)
    ORDER BY c.relname
""")


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of verifying some of the archive. wordings: how many; damage: what does not hold,
    a line each, in a certain order."""

    wordings: int
    damage: tuple[str, ...]


def make_months(engine: Engine, now: datetime) -> tuple[datetime, ...]:
    """Makes the partitions of this month (of `now`, aware, by UTC) and the next ones, and says
    which those are."""
    months = [month_of(now)]
    for _ in range(MONTHS_AHEAD):
        months.append(next_month(months[-1]))
    ensure_months(engine, months)
    return tuple(months)


def prune_old(engine: Engine, settings: Settings, now: datetime) -> tuple[PrunedMonth, ...]:
    """Removes notes of visits older than COMMUNIQUE_KEEP_MONTHS that nothing rests on; nothing
    where that is not set. now: aware."""
    if settings.keep_months is None:
        return ()
    return tuple(prune(engine, now, settings.keep_months))


def count_rows(engine: Engine) -> int:
    """Brings PostgreSQL's statistics up to date and says of how many tables: those that belong to
    who runs this, or that he may maintain (PostgreSQL 17)."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        tables = connection.execute(_TABLES).scalars().all()
        for table in tables:
            connection.exec_driver_sql(f"ANALYZE {table}")
    return len(tables)


def settle_left(engine: Engine, now: datetime) -> tuple[int, tuple[str, ...]]:
    """Settles what an interrupted run has left: how many wordings, and what could not be told.
    now: aware, UTC."""
    done = settle(engine, now)
    return done.wordings, done.problems


def shares_due(day: date, through: date | None) -> tuple[int, ...]:
    """Which shares of the archive are to be verified on a day: its own, and those of the days since
    `through`, the last that was (None: not known), at most a week's. In SHARES days every share has
    its day."""
    missed = (day - through).days if through is not None else 1
    days = max(1, min(missed, MOST_SHARES))
    return tuple(sorted({(day.toordinal() - back) % SHARES for back in range(days)}))


def verify_shares(line: Line, shares: Iterable[int]) -> Verified:
    """Proves the wordings whose evidence lies in these shares of the archive."""
    sources = {source.id: source for source in line.sources}
    wordings, damage = 0, set[str]()
    for share in shares:
        found = verify_all(
            line.engine, sources, limit=line.settings.max_body, share=(share, SHARES)
        )
        for one in found:
            wordings += isinstance(one, Proof)
            if said := _damage(one):
                damage.add(said)
    return Verified(wordings, tuple(sorted(damage)))


def _damage(one: Proof | Damage) -> str:
    if isinstance(one, Damage):
        return f"{one.warc}: damaged at byte {one.offset}: {one.reason}"
    if one.holds:
        return ""
    return f"Statement {one.statement}, wording {one.number}: {'; '.join(one.problems)}"


def tell_of_damage(
    connection: Connection, settings: Settings, damage: Sequence[str], now: datetime
) -> int:
    """Tells the maintainers of damage, once until it is another, and returns how many mails are
    new. now: aware."""
    if not damage:
        return 0
    named = "\n".join(damage).encode("utf-8", "replace")
    lines = [
        f"{len(damage)} places of the archive do not prove what the store says.",
        *damage[:MOST_NAMED],
        *([f"... and {len(damage) - MOST_NAMED} more"] if len(damage) > MOST_NAMED else []),
    ]
    return tell_maintainers(
        connection,
        settings,
        f"damage:{hashlib.sha256(named).hexdigest()[:32]}",
        "The archive is damaged",
        lines,
        "Run communique verify --all, and put the files back from a copy: then all is well again.",
        now,
    )
