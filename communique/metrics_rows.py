"""What the metrics read of the store: a few queries, none of which reads a large table whole.

What is counted over a time comes out of an index on that time, or off a table's newest end, so many
rows and no more; what waits comes out of the partial indexes that whoever works on it uses too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from communique.schema import OUTCOMES

Rows = Sequence[Row[*tuple[Any, ...]]]

DAY = timedelta(days=1)
# Turns of a source that are looked through for a good one, runs for the newest of each kind.
TURNS, RUNS = 200, 5_000
# Mails and deliveries off the newest end; things that wait, which are not counted any further.
NEWEST, MOST_WAITING = 10_000, 10_000

_OF_COLLECTS = "u.kind NOT IN ('backfill', 'revisit')"
_GOOD = text(f"""
    SELECT o.id AS source,
           coalesce(good.finished_at, good.started_at,
                    CASE WHEN last.state <> 'never_worked' THEN last.since END) AS at
    FROM communique.sources o
    CROSS JOIN LATERAL (
        SELECT c.state, c.since FROM communique.coverage c JOIN communique.runs u ON u.id = c.run_id
        WHERE c.source_id = o.id AND {_OF_COLLECTS} ORDER BY c.started_at DESC, c.id DESC LIMIT 1
    ) last
    LEFT JOIN LATERAL (
        SELECT t.finished_at, t.started_at
        FROM (SELECT * FROM communique.coverage c WHERE c.source_id = o.id
              ORDER BY c.started_at DESC, c.id DESC LIMIT {TURNS}) t
        JOIN communique.runs u ON u.id = t.run_id
        WHERE t.state IN ('ok', 'quiet', 'late') AND {_OF_COLLECTS}
        ORDER BY t.started_at DESC, t.id DESC LIMIT 1
    ) good ON true
    WHERE o.id = ANY(:ids)
""")  # noqa: S608 (nothing but this module's own words)
_SUMS = ", ".join(f"coalesce(sum(c.{name}), 0) AS {name}" for name in OUTCOMES)
_VISITS = text(f"""
    SELECT o.id AS source, v.*
    FROM communique.sources o
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(c.listings_read), 0) AS listings_read,
               coalesce(sum(c.listings_failed), 0) AS listings_failed, {_SUMS}
        FROM communique.coverage c WHERE c.source_id = o.id AND c.started_at > :since
    ) v
    WHERE o.id = ANY(:ids)
""")  # noqa: S608
_RUNS = text(f"""
    SELECT DISTINCT ON (kind, desk) kind, coalesce(desk, '') AS desk, started_at,
           CASE WHEN finished_at IS NULL THEN started_at END AS unfinished_since,
           (array_agg(extract(epoch FROM finished_at - started_at)::float)
                FILTER (WHERE finished_at IS NOT NULL) OVER same)[1] AS took
    FROM (SELECT * FROM communique.runs ORDER BY id DESC LIMIT {RUNS}) r
    WHERE kind IN ('collect', 'revisit')
    WINDOW same AS (PARTITION BY kind, desk ORDER BY id DESC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    ORDER BY kind, desk, id DESC
""")  # noqa: S608
_SAID = text("""
    SELECT (SELECT count(*) FROM communique.statements
            WHERE first_seen_at > :since AND NOT backfilled) AS statements,
           (SELECT count(*) FROM communique.statements
            WHERE first_seen_at > :since AND backfilled) AS backfilled,
           (SELECT count(*) FROM communique.matches WHERE created_at > :since) AS matches
""")
_CHANGES = text(
    "SELECT kind, count(*) AS number FROM communique.changes WHERE at > :since GROUP BY 1"
)
_DELIVERIES = text(f"""
    SELECT kind, status, count(*) AS number
    FROM (SELECT kind, status, created_at FROM communique.deliveries
          ORDER BY id DESC LIMIT {NEWEST}) d
    WHERE created_at > :since GROUP BY 1, 2
""")  # noqa: S608
_UNTOLD = text(f"""
    SELECT 'settling' AS stage, count(*) AS number, min(seen_at) AS since
    FROM (SELECT seen_at FROM communique.revisions WHERE settled_at IS NULL
          ORDER BY id LIMIT {MOST_WAITING}) r
    UNION ALL
    SELECT 'judging', count(*), min(seen_at)
    FROM (SELECT seen_at FROM communique.revisions WHERE judged_at IS NULL
          ORDER BY id LIMIT {MOST_WAITING}) r
    UNION ALL
    SELECT 'mailing', count(*), min(next_try_at)
    FROM (SELECT next_try_at FROM communique.deliveries
          WHERE status = 'pending' AND mail_id IS NULL AND next_try_at <= :now
          ORDER BY next_try_at LIMIT {MOST_WAITING}) d
""")  # noqa: S608
_PENDING = text(f"""
    SELECT kind, count(*) AS number, count(last_error) AS put_off, min(created_at) AS since
    FROM (SELECT kind, last_error, created_at FROM communique.mails WHERE status = 'pending'
          LIMIT {MOST_WAITING}) m GROUP BY 1
""")  # noqa: S608
_MAILS = text(f"""
    SELECT kind, status, count(*) AS number
    FROM (SELECT kind, status, created_at FROM communique.mails ORDER BY id DESC LIMIT {NEWEST}) m
    WHERE created_at > :since GROUP BY 1, 2
""")  # noqa: S608
# Of alerts told at once: a digest waits for its hour, and so it should.
_LATENCY = text(f"""
    SELECT percentile_cont(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (ORDER BY took) AS took,
           count(*) AS number
    FROM (
        SELECT extract(epoch FROM m.sent_at - r.seen_at)::float AS took
        FROM (SELECT id, sent_at FROM communique.mails
              WHERE sent_at > :since AND kind = 'alert'
              ORDER BY sent_at DESC LIMIT {NEWEST}) m
        JOIN communique.deliveries d ON d.mail_id = m.id
        JOIN communique.revisions r ON r.id = d.revision_id
        LIMIT {NEWEST}
    ) t
""")  # noqa: S608
_CANARY = text(f"""
    SELECT max(created_at) AS queued, max(sent_at) FILTER (WHERE status = 'sent') AS sent
    FROM (SELECT kind, status, created_at, sent_at FROM communique.mails
          WHERE recipient = :canary ORDER BY created_at DESC LIMIT {NEWEST}) m
    WHERE kind = 'canary'
""")  # noqa: S608
_STANDING = text("""
    SELECT (SELECT count(*) FROM communique.rules WHERE retired_at IS NULL) AS rules,
           (SELECT count(*) FROM communique.subscriptions
            WHERE ended_at IS NULL AND confirmed_at IS NOT NULL) AS subscriptions,
           (SELECT count(*) FROM communique.recipients WHERE disabled_at IS NOT NULL) AS disabled,
           pg_database_size(current_database()) AS bytes
""")
# A table in parts has no rows of its own; PostgreSQL's own estimates, which cost nothing.
_ROWS = text("""
    SELECT coalesce(parent.relname, t.relname) AS name,
           sum(greatest(t.reltuples, 0))::float AS number
    FROM pg_class t
    LEFT JOIN pg_inherits i ON i.inhrelid = t.oid
    LEFT JOIN pg_class parent ON parent.oid = i.inhparent
    WHERE t.relnamespace = 'communique'::regnamespace AND t.relkind = 'r'
      AND coalesce(parent.relname, t.relname) IN ('statements', 'revisions', 'captures',
          'addresses', 'matches', 'deliveries', 'mails', 'coverage', 'stories', 'echoes')
    GROUP BY 1
""")


def last_good(connection: Connection, ids: Sequence[str]) -> Rows:
    """By source: `at`, when its last good collect ended; where that lies further back than TURNS
    turns, when the present trouble began; null: it never worked. Not among them: never collected.
    """
    return connection.execute(_GOOD, {"ids": list(ids)}).all()


def visits(connection: Connection, ids: Sequence[str], now: datetime) -> Rows:
    """By source: visits of the turns that began in the last day, by outcome, and listings."""
    return connection.execute(_VISITS, {"ids": list(ids), "since": now - DAY}).all()


def runs(connection: Connection) -> Rows:
    """Of the newest collect and revisit of each desk: `started_at`, `unfinished_since` (null: it is
    over), and `took`, the seconds of the newest that is over."""
    return connection.execute(_RUNS).all()


def said(connection: Connection, now: datetime) -> Row[*tuple[Any, ...]]:
    """Statements first seen in the last day, backfilled ones apart, and matches."""
    return connection.execute(_SAID, {"since": now - DAY}).one()


def changes(connection: Connection, now: datetime) -> Rows:
    """Edits, withdrawals and returns of the last day, by kind."""
    return connection.execute(_CHANGES, {"since": now - DAY}).all()


def deliveries(connection: Connection, now: datetime) -> Rows:
    """Deliveries made in the last day, by kind and status, of the NEWEST."""
    return connection.execute(_DELIVERIES, {"since": now - DAY}).all()


def untold(connection: Connection, now: datetime) -> Rows:
    """By stage (settling, judging, mailing) what waits for it now, and since when the oldest does;
    what waits for the end of quiet hours, or for its digest, does not wait."""
    return connection.execute(_UNTOLD, {"now": now}).all()


def pending(connection: Connection) -> Rows:
    """Mails in the outbox that are not sent: by kind how many, how many of them after a try that
    failed (`put_off`), and when the oldest was put there."""
    return connection.execute(_PENDING).all()


def mails(connection: Connection, now: datetime) -> Rows:
    """Mails made in the last week, by kind and status, of the NEWEST."""
    return connection.execute(_MAILS, {"since": now - 7 * DAY}).all()


def latency(connection: Connection, now: datetime) -> Row[*tuple[Any, ...]]:
    """Seconds from when a wording was first seen until its mail was sent, of the last day's alerts:
    `took`, the median, the 95th in a hundred and the most (null: none was sent); `number`."""
    return connection.execute(_LATENCY, {"since": now - DAY}).one()


def canary(connection: Connection, recipient: str) -> Row[*tuple[Any, ...]]:
    """When the newest canary was queued, and when the mail server last took one."""
    return connection.execute(_CANARY, {"canary": recipient}).one()


def standing(connection: Connection) -> Row[*tuple[Any, ...]]:
    """Rules in force, subscriptions that are told, recipients disabled, the store's bytes."""
    return connection.execute(_STANDING).one()


def rows(connection: Connection) -> Rows:
    """By table how many rows it has, as PostgreSQL estimates."""
    return connection.execute(_ROWS).all()
