"""A small store in which something of everything was missed, is late, or is stuck."""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy import Engine, text

from communique.retention import ensure_months
from communique.runs import register_sources
from scrapers.sources import Source

NOW = datetime(2026, 3, 20, 12, tzinfo=timezone.utc)
SOURCES = tuple(
    Source(id=name, desk=desk, publisher="A ministry", kind="ministry", languages=("en",))
    for name, desk in (("well", "china"), ("failing", "china"), ("never", "media"))
)
_COVERAGE = """
INSERT INTO communique.coverage (run_id, source_id, started_at, finished_at, listings_read,
    listings_failed, listed, known, new, revised, unchanged, gone, blocked, soft_404, broken,
    unreadable, implausible, disallowed, duplicate_address, not_in_archive, state, since)
VALUES (:run, :source, :now - CAST(:ago AS interval), :now - CAST(:ago AS interval)
        + interval '10 minutes' * :long, 1, :bad, 5, 0, :new, 0, 0, 0, :blocked,
        0, 0, 0, 0, 0, 0, 0, :state, :now - CAST(:ago AS interval))
"""
_TURNS = (
    (1, "well", "6 hours", 1, 0, 3, 0, "ok"),
    (2, "failing", "54 hours", 6, 0, 1, 0, "ok"),  # over an hour later
    (3, "failing", "30 hours", 1, 2, 0, 4, "blocked"),
    (1, "failing", "6 hours", 1, 2, 0, 4, "failing"),
    (1, "never", "6 hours", 1, 1, 0, 0, "never_worked"),
)
_REST = (
    "INSERT INTO communique.runs (kind, key, desk, started_at, finished_at) VALUES "
    "('collect', 'a', 'china', :now - interval '6 hours', :now - interval '350 minutes'),"
    "('collect', 'b', 'china', :now - interval '54 hours', :now - interval '53 hours'),"
    "('collect', 'c', 'china', :now - interval '30 hours', :now - interval '29 hours'),"
    "('collect', 'd', 'media', :now - interval '9 hours', NULL),"
    "('collect', 'e', 'china', :now - interval '6 hours', :now - interval '350 minutes')",
    "INSERT INTO communique.gaps (source_id, run_id, kind, listing, after, before, found_at) "
    "VALUES ('failing', 1, 'number', 'l', '1', '3', :now)",
    "INSERT INTO communique.stories (created_at) VALUES (:now)",
    "INSERT INTO communique.addresses (source_id, url, fetch_url, suspect, first_listed_at) "
    "VALUES ('well', 'https://a.example/1', 'https://a.example/1', 'odd', :now)",
    "INSERT INTO communique.captures (run_id, source_id, address_id, url, fetched_at, outcome) "
    "VALUES (1, 'well', 1, 'https://a.example/1', :now, 'new')",
    "INSERT INTO communique.statements (source_id, url, story_id, revision_number, title, text, "
    "language, date_precision, date_zone, date_zone_assumed, first_seen_at, last_seen_at, reader, "
    "backfilled) VALUES ('well', 'https://a.example/1', 1, 1, 'T', 'x', 'en', 'day', 'UTC', false, "
    ":now - interval '4 hours', :now, 'generic/1', false)",
    "INSERT INTO communique.revisions (statement_id, number, title, text, sha256, seen_at, "
    "capture_id, captured_at, reader, backfilled, settled_at, judged_at) VALUES (1, 1, 'T', 'x', "
    "'a', :now - interval '4 hours', 1, :now, 'generic/1', false, :now, NULL)",
    "INSERT INTO communique.changes (statement_id, kind, at, revision_id) "
    "VALUES (1, 'withdrawn', :now - interval '1 hour', 1)",
    "INSERT INTO communique.subscriptions (recipient, watchlist, created_at, confirmed_at) "
    "VALUES ('reader@example.org', 'w', :now, :now)",
    "INSERT INTO communique.recipients (address, disabled_at) VALUES ('gone@example.org', :now)",
    "INSERT INTO communique.mails (key, recipient, kind, status, created_at, sent_at, last_error) "
    "VALUES ('1', 'reader@example.org', 'alert', 'sent', :now - interval '221 minutes', "
    ":now - interval '220 minutes', NULL),"
    "('2', 'reader@example.org', 'alert', 'pending', :now - interval '2 hours', NULL, 'away'),"
    "('3', 'reader@example.org', 'alert', 'failed', :now - interval '2 days', NULL, 'no such'),"
    "('4', 'canary@example.org', 'canary', 'sent', :now - interval '5 hours', "
    ":now - interval '299 minutes', NULL),"
    "('5', 'canary@example.org', 'canary', 'pending', :now - interval '1 hour', NULL, 'away')",
    "INSERT INTO communique.deliveries (dedupe_key, subscription_id, story_id, statement_id, "
    "revision_id, mail_id, kind, recipient, status, created_at, next_try_at) VALUES "
    "('1', 1, 1, 1, 1, 1, 'new', 'reader@example.org', 'sent', :now, NULL),"
    "('2', 1, 1, 1, 1, NULL, 'new', 'reader@example.org', 'pending', :now - interval '1 hour', "
    ":now - interval '30 minutes')",
)


def fill_all(engine: Engine) -> None:
    """Puts it into an empty store, as of NOW."""
    register_sources(engine, SOURCES, NOW)
    ensure_months(engine, [NOW])
    with engine.begin() as connection:
        for query in _REST:
            connection.execute(
                text(query.replace(":now", "CAST(:now AS timestamptz)")), {"now": NOW}
            )
        names = ("run", "source", "ago", "long", "bad", "new", "blocked", "state")
        for turn in _TURNS:
            query = _COVERAGE.replace(":now", "CAST(:now AS timestamptz)")
            connection.execute(text(query), {"now": NOW, **dict(zip(names, turn, strict=True))})
