"""What fifty digests cost beside what is stored: `python -m bench.digests 10000 1000000`.

For stores of these numbers of statements, as many a day whatever their number (a million in ten
years), with a turn of every source a day, an echo in every fifth and matches in every tenth:

- fifty daily digests of a morning, with the facts that they share, and fifty weekly ones: a limit
  of a minute on this machine;
- the same at a tenth: flat in what is stored;
- which large table any of their queries reads from end to end: at a million none may; in a small
  store, of which two months are a good part, that is quickest.

Bodies are short here: nothing that a digest asks reads them but of its own alerts.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, insert, text

from bench.many import APART, NOW
from bench.quick import lay_aside, restore, set_quick
from communique.database import upgrade
from communique.digests import HOWS, queue_digests
from communique.embedded import server
from communique.retention import ensure_months
from communique.runs import register_sources
from communique.schema import Subscription
from communique.settings import Settings
from scrapers.facts import load_sources
from scrapers.sources import Source

SIZES = (10_000, 100_000)
READERS, LIMIT = 50, 60.0
LARGE = 9_000  # rows from which on a table is not to be read from end to end
TABLES = (
    *("stories", "statements", "captures", "revisions", "rules", "matches", "runs", "coverage"),
    *("echoes", "deliveries", "delivery_matches"),
)
# :total statements, :apart seconds apart, the last at :now; the ids of all rows are their numbers.
FILL = (
    "CREATE TEMP TABLE said AS SELECT n AS id, CAST(:now AS timestamptz) - (:total - n) * "
    ":apart * interval '1 second' AS at, (ARRAY(SELECT id FROM communique.sources ORDER BY id))"
    "[1 + n % :sources] AS source FROM generate_series(CAST(1 AS bigint), :total) n",
    "INSERT INTO communique.stories (id, created_at) OVERRIDING SYSTEM VALUE "
    "SELECT id, at FROM said",
    "INSERT INTO communique.statements (id, source_id, url, story_id, revision_number, title, text,"
    " language, published_on, date_precision, date_zone, date_zone_assumed, first_seen_at, "
    "last_seen_at, reader, backfilled) OVERRIDING SYSTEM VALUE SELECT id, source, "
    "'https://x.example/' || id, id, 1, 'Title ' || id, repeat(md5(id::text), 8), 'en', at::date, "
    "'day', 'UTC', false, at, at, 'generic/1', false FROM said",
    "INSERT INTO communique.runs (id, kind, key, started_at, finished_at) OVERRIDING SYSTEM VALUE "
    "SELECT n, 'collect', 'run ' || n, at, at + interval '1 hour' FROM generate_series(0, :days) n,"
    " LATERAL (SELECT CAST(:now AS timestamptz) - (24 * n + 2) * interval '1 hour' AS at) t",
    "INSERT INTO communique.captures (id, run_id, source_id, listing, url, fetched_at, outcome) "
    "OVERRIDING SYSTEM VALUE SELECT id, least(:days, floor(extract(epoch FROM "
    "CAST(:now AS timestamptz) - at) / 86400)), source, 'l', 'u', at, 'listed' FROM said",
    "INSERT INTO communique.revisions (id, statement_id, number, title, text, sha256, seen_at, "
    "capture_id, captured_at, reader, backfilled, settled_at, judged_at) OVERRIDING SYSTEM VALUE "
    "SELECT id, id, 1, 'Title ' || id, repeat(md5(id::text), 8), md5(id::text), at, id, at, "
    "'generic/1', false, at, at FROM said",
    "INSERT INTO communique.coverage (run_id, source_id, started_at, finished_at, listings_read, "
    "listings_failed, listed, known, new, revised, unchanged, gone, blocked, soft_404, broken, "
    "unreadable, implausible, disallowed, duplicate_address, not_in_archive, newest, state, since) "
    "SELECT r.id, s.id, r.started_at, r.started_at + interval '1 minute', 1, 0, 20, 19, 1, 0, 0, "
    "0, 0, 0, 0, 0, 0, 0, 0, 0, r.started_at::date, 'ok', r.started_at "
    "FROM communique.runs r CROSS JOIN communique.sources s",
    "INSERT INTO communique.rules (id, watchlist, rule, version, name, severity, query, not_inside,"
    " created_at) OVERRIDING SYSTEM VALUE SELECT n, 'list' || n % 5, 'rule' || n, 1, 'Rule ' || n, "
    "'notice', 'q', '{}', CAST(:now AS timestamptz) - interval '20 years' "
    "FROM generate_series(1, 100) n",
    "INSERT INTO communique.matches (id, revision_id, rule_id, spans, created_at) OVERRIDING SYSTEM"
    " VALUE SELECT id, id, 1 + id % 100, "
    "'[{\"field\": \"title\", \"start\": 0, \"end\": 5}]', at FROM said WHERE id % 10 = 0",
    "INSERT INTO communique.echoes (revision_id, earlier_revision_id, start, \"end\", "
    "earlier_start, earlier_end, words, first) SELECT id, 1 + (id * 7919) % (id - 1), 0, 90, 0, "
    "90, 12, true FROM said WHERE id % 5 = 0 AND id > 100",
)  # fmt: skip
# What each reader was told in all those years, and what waits: of the last day.
TOLD = (
    "INSERT INTO communique.deliveries (dedupe_key, subscription_id, story_id, statement_id, "
    "revision_id, kind, recipient, status, created_at) SELECT 'new:' || s.id || ':' || d.id, s.id, "
    "d.id, d.id, d.id, 'new', s.recipient, CASE WHEN d.at > CAST(:now AS timestamptz) - "
    "interval '1 day' THEN 'pending' ELSE 'sent' END, d.at FROM said d "
    "JOIN communique.subscriptions s ON d.id % 10 = 0 AND (d.id / 10) % 20 = s.id % 20",
    "INSERT INTO communique.delivery_matches (delivery_id, match_id) "
    "SELECT id, statement_id FROM communique.deliveries",
)
_ONLY = """
UPDATE communique.subscriptions SET confirmed_at = CASE WHEN how = :how THEN created_at END
"""


def main() -> None:
    """Prints a column for each size."""
    sizes = sorted(int(word) for word in sys.argv[1:] if word.isdigit()) or list(SIZES)
    sources = load_sources(Settings().sources)
    first: dict[str, float] = {}
    for total in sizes:
        with tempfile.TemporaryDirectory() as home, server(Path(home)) as url:
            engine = create_engine(url)
            _fill(engine, sources, total)
            for how in HOWS:
                taken, scans = _measure(engine, sources, how)
                ratio = taken / first.setdefault(how, taken)
                print(
                    f"  {total:>9,} statements: {READERS} {how} digests {taken:6.1f} s, "
                    f"{taken / LIMIT:5.2f} x the limit, {ratio:4.1f} x the smallest store; "
                    f"read whole: {', '.join(sorted(scans)) or 'no large table'}",
                    flush=True,
                )
            engine.dispose()


def _fill(engine: Engine, sources: tuple[Source, ...], total: int) -> None:
    set_quick(engine)
    upgrade(engine)
    register_sources(engine, sources, NOW - timedelta(days=7300))
    days = max(70, (total * APART).days + 1)
    months = [NOW - timedelta(days=n) for n in range(0, days + 45, 15)]
    ensure_months(engine, months)
    again = lay_aside(engine, TABLES)
    values = {
        "total": total,
        "apart": APART.total_seconds(),
        "now": NOW,
        "days": days,
        "sources": len(sources),
    }
    with engine.begin() as connection:
        for how in HOWS:
            connection.execute(insert(Subscription), [_reader(n, how) for n in range(READERS)])
        for statement in (*FILL, *TOLD):
            connection.execute(text(statement), values)
    restore(engine, again)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))


def _reader(number: int, how: str) -> dict[str, Any]:
    return {
        "recipient": f"reader{number}@example.org",
        "watchlist": "*" if number % 3 == 0 else f"list{number % 5}",
        "how": how,
        "hour": (NOW - timedelta(hours=1)).hour,
        "weekday": (NOW - timedelta(hours=1)).weekday(),
        "created_at": NOW - timedelta(days=4000),
        "confirmed_at": NOW - timedelta(days=4000),
    }


def _measure(engine: Engine, sources: tuple[Source, ...], how: str) -> tuple[float, set[str]]:
    """Seconds for the digests of one kind, and the large tables that a query reads whole."""
    with engine.begin() as connection:
        connection.execute(text(_ONLY), {"how": how})
    with _watched(engine) as asked:
        started = time.perf_counter()
        found = queue_digests(engine, Settings(), sources, NOW)
        taken = time.perf_counter() - started
    if found.queued != READERS or found.problems:
        raise SystemExit(f"{found.queued} of {READERS} were queued: {found.problems[:3]}")
    return taken, set().union(*(_scans(engine, *query) for query in asked.items()))


@contextmanager
def _watched(engine: Engine) -> Iterator[dict[str, Any]]:
    """Every query that the engine sends, with the parameters that it had first."""
    asked: dict[str, Any] = {}

    def before(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip()[:6].upper() in ("SELECT", "UPDATE"):
            asked.setdefault(statement, parameters)

    event.listen(engine, "before_cursor_execute", before)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", before)


def _scans(engine: Engine, statement: str, parameters: Any) -> set[str]:
    with engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL jit = off")
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
        sizes: dict[str, float] = dict(
            connection.execute(
                text("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'")
            ).all()  # type: ignore[arg-type]
        )
    named = (row.partition("Seq Scan on ")[2].split(" ")[0] for row in plan)
    return {name for name in named if sizes.get(name, 0) >= LARGE}


if __name__ == "__main__":
    main()
