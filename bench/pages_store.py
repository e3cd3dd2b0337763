"""What the analysts' pages show besides statements, for a store that bench.many_store has filled:
turns of every source for two months, matches of the shipped rules, fifty readers, what they were
told in ten years, echoes, subscriptions."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, text

from bench.many import NOW
from communique.database import upgrade
from communique.rulebook import sync_rules
from communique.selections import EVERY
from communique.settings import Settings
from communique.subscriptions import subscribe
from communique.watchlists import load_watchlists

READERS, DAYS = 50, 60
# Each speaks of :now, of rows that are there, and of nothing that chance decides.
TOLD = (
    "INSERT INTO communique.runs (kind, key, desk, started_at, finished_at) SELECT 'collect', "
    "'collect_' || desk || '\\:scheduled__' || n, desk, at, at + interval '1 hour' "
    "FROM generate_series(0, :days) n, (SELECT DISTINCT desk FROM communique.sources) d, "
    "LATERAL (SELECT CAST(:now AS timestamptz) - (24 * n + 2) * interval '1 hour' AS at) t",
    "INSERT INTO communique.coverage (run_id, source_id, started_at, finished_at, listings_read, "
    "listings_failed, listed, known, new, revised, unchanged, gone, blocked, soft_404, broken, "
    "unreadable, implausible, disallowed, duplicate_address, not_in_archive, newest, state, since, "
    "error, cadence_days) SELECT r.id, s.id, r.started_at, r.started_at + interval '1 minute', 1, "
    "(hashtext(s.id) % 20 = 0)::int, 20, 19, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
    "r.started_at::date, CASE hashtext(s.id) % 20 WHEN 0 THEN 'failing' WHEN 1 THEN 'quiet' "
    "ELSE 'ok' END, r.started_at, CASE hashtext(s.id) % 20 WHEN 0 THEN 'It answered 503.' END, 7 "
    "FROM communique.runs r JOIN communique.sources s USING (desk)",
    "INSERT INTO communique.matches (revision_id, rule_id, spans, created_at) SELECT r.id, u.id, "
    "'[{\"field\": \"text\", \"start\": 0, \"end\": 9}]', r.seen_at FROM communique.statements s "
    "JOIN communique.revisions r ON r.statement_id = s.id JOIN communique.rules u "
    "ON u.topic = ANY(s.topics) WHERE s.topics <> '{}'",
    "INSERT INTO communique.matches (revision_id, rule_id, spans, created_at) SELECT r.id, "
    "(SELECT u.id FROM communique.rules u ORDER BY u.id OFFSET r.id / 13 % (SELECT count(*) FROM "
    "communique.rules) LIMIT 1), '[{\"field\": \"title\", \"start\": 0, \"end\": 5}]', r.seen_at "
    "FROM communique.revisions r WHERE r.id % 13 = 0 ON CONFLICT DO NOTHING",
    "INSERT INTO communique.deliveries (dedupe_key, subscription_id, story_id, statement_id, "
    "revision_id, kind, recipient, status, message_id, created_at, sent_at) SELECT DISTINCT ON "
    "(u.id, s.story_id) 'new:' || u.id || ':' || s.story_id, u.id, s.story_id, s.id, r.id, 'new', "
    "u.recipient, 'sent', '<' || u.id || '.' || s.story_id || '@example.org>', m.created_at, "
    "m.created_at FROM communique.matches m JOIN communique.revisions r ON r.id = m.revision_id "
    "JOIN communique.statements s ON s.id = r.statement_id JOIN communique.subscriptions u "
    "ON u.id % 25 = m.id % 25",
    "INSERT INTO communique.delivery_matches (delivery_id, match_id) SELECT d.id, m.id "
    "FROM communique.deliveries d JOIN communique.matches m ON m.revision_id = d.revision_id",
    "INSERT INTO communique.echoes (revision_id, earlier_revision_id, start, \"end\", "
    "earlier_start, earlier_end, words, first) SELECT id, 1 + (id * 7919) % (id - 1), 0, 90, 0, "
    "90, 12, true FROM communique.revisions WHERE id % 5 = 0 AND id > 100",
    "CREATE TABLE communique.bench_told (at timestamptz)",
)  # fmt: skip


def tell(engine: Engine, settings: Settings) -> None:
    """Adds it, where it has not been added before."""
    upgrade(engine)
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('communique.bench_told')")):
            return
    began = NOW - timedelta(days=7300)
    with engine.begin() as connection:
        sync_rules(connection, load_watchlists(settings.watchlists), began)
        for number in range(READERS):
            subscribe(connection, f"reader{number}@example.org", EVERY, began)
        for statement in TOLD:
            connection.execute(text(statement), {"now": NOW, "days": DAYS})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
