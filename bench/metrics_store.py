"""A store as years of running leave it, for what reads all of it: wide tables, made by PostgreSQL
itself. What is in it means nothing; how much there is, and when, is as it would be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from communique.retention import ensure_months
from communique.runs import register_sources
from scrapers.sources import Source

# A row every ten minutes: 50,000 of them are a year.
APART = "interval '10 minutes'"
DAYS_APART = 10 / (24 * 60)

_RUNS = """
INSERT INTO communique.runs (kind, key, desk, started_at, finished_at)
SELECT CASE n % 4 WHEN 0 THEN 'collect' ELSE 'revisit' END, 'run ' || n, (:desks)[n / 4 % :d + 1],
       CAST(:now AS timestamptz) - (:n / 10 - n) * 10 * {apart},
       CAST(:now AS timestamptz) - (:n / 10 - n) * 10 * {apart} + interval '7 minutes'
FROM generate_series(1, :n / 10) n
"""
_COVERAGE = """
INSERT INTO communique.coverage (run_id, source_id, started_at, finished_at, listings_read,
    listings_failed, listed, known, new, revised, unchanged, gone, blocked, soft_404, broken,
    unreadable, implausible, disallowed, duplicate_address, not_in_archive, state, since)
SELECT u.id, s.id, u.started_at, u.finished_at, 2, 0, 30, 20, 3, 1, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0,
       CASE hashtext(s.id) % 4 WHEN 0 THEN 'failing' ELSE 'ok' END, u.started_at
FROM communique.runs u JOIN communique.sources s ON s.desk = u.desk
"""
_SAID = (
    "INSERT INTO communique.stories (created_at) SELECT {at} FROM {n}",
    """INSERT INTO communique.addresses (source_id, url, fetch_url, outcome, visits,
        first_listed_at, statement_id)
    SELECT {source}, 'https://a.example/' || n, 'https://a.example/' || n, 'new', 1, {at}, n
    FROM {n}
    """,
    """INSERT INTO communique.captures (run_id, source_id, address_id, url, fetched_at, outcome,
        warc, record_id, size)
    SELECT 1 + n / 20, {source}, n, 'https://a.example/' || n, {at}, 'new', 'file:///w/' || n / 50,
        'urn:' || n, 30000 FROM {n}
    """,
    """INSERT INTO communique.statements (source_id, url, story_id, revision_number, title, text,
        language, published_on, date_precision, date_zone, date_zone_assumed, first_seen_at,
        last_seen_at, reader, backfilled)
    SELECT {source}, 'https://a.example/' || n, n, 1, 'A title ' || n, repeat('words of it ', 40),
        'en', {at}, 'day', 'UTC', false, {at}, {at}, 'generic/1', n % 9 = 0 FROM {n}
    """,
    """INSERT INTO communique.revisions (statement_id, number, title, text, sha256, seen_at,
        capture_id, captured_at, reader, backfilled, settled_at, judged_at)
    SELECT n, 1, 'A title ' || n, repeat('words of it ', 40), md5(n::text), {at}, n, {at},
        'generic/1', false, {at}, {at} FROM {n}
    """,
    """INSERT INTO communique.changes (statement_id, kind, at, revision_id)
    SELECT n, 'withdrawn', {at}, n FROM {n} WHERE n % 10 = 0
    """,
    """INSERT INTO communique.rules (watchlist, rule, version, name, severity, query, not_inside,
        created_at)
    SELECT 'w', 'rule ' || n, 1, 'A rule', 'info', 'huawei', '{{}}', now()
    FROM generate_series(1, 5) n
    """,
    """INSERT INTO communique.matches (revision_id, rule_id, spans, created_at)
    SELECT n, 1 + n % 5, '[]', {at} FROM {n}
    """,
    """INSERT INTO communique.subscriptions (recipient, watchlist, created_at, confirmed_at)
    SELECT 'reader' || n || '@example.org', 'w', now(), now() FROM generate_series(1, 50) n
    """,
    """INSERT INTO communique.mails (key, recipient, kind, status, tries, created_at, sent_at)
    SELECT 'mail ' || n, 'reader' || 1 + n % 50 || '@example.org', 'alert', 'sent', 1,
        {at} + interval '5 minutes', {at} + interval '6 minutes' FROM {n}
    """,
    """INSERT INTO communique.deliveries (dedupe_key, subscription_id, story_id, statement_id,
        revision_id, mail_id, kind, recipient, status, held_because, created_at, sent_at)
    SELECT k || ' ' || n, 1 + n % 50, n, n, n, CASE k WHEN 1 THEN n END, 'new',
        'reader' || 1 + n % 50 || '@example.org', CASE k WHEN 1 THEN 'sent' ELSE 'held' END,
        CASE k WHEN 2 THEN 'story_told' END, {at} + interval '4 minutes',
        CASE k WHEN 1 THEN {at} + interval '6 minutes' END FROM {n}, generate_series(1, 2) k
    """,
)


def fill_many(engine: Engine, sources: Sequence[Source], many: int, now: datetime) -> None:
    """Puts `many` statements of these sources into an empty store, with captures, matches,
    deliveries, mails, and the turns in which they were read, the newest at `now` (aware)."""
    register_sources(engine, sources, now)
    ensure_months(engine, _months(many, now))
    desks = sorted({source.desk for source in sources})
    given = {"now": now, "n": many, "desks": desks, "d": len(desks)}
    given |= {"ids": [source.id for source in sources], "s": len(sources)}
    words = {
        "apart": APART,
        "at": f"(CAST(:now AS timestamptz) - (:n - n) * {APART})",
        "source": "(CAST(:ids AS text[]))[1 + n % :s]",
        "n": "generate_series(1, :n) n",
    }
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for query in (_RUNS.replace(":desks", "CAST(:desks AS text[])"), _COVERAGE, *_SAID):
            connection.execute(text(query.format_map(words)), given)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))


def _months(many: int, now: datetime) -> list[datetime]:
    days = int(many * DAYS_APART) + 2
    return [now - timedelta(days=day) for day in (*range(-1, days, 10), days)]
