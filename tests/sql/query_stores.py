"""Stores that questions are asked of: the labelled texts of the corpus, and many made up."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timezone
from itertools import count, groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from communique.alerting import judge
from communique.database import upgrade
from communique.runs import open_run, register_sources
from communique.settings import Settings
from communique.store import record_findings
from communique.subscriptions import subscribe
from communique.topics import topics_of
from communique.watchlists import load_watchlists
from communique.wordings import Intake
from scrapers.sources import Source
from scrapers.values import Capture, Finding, Precision, Published, Statement

NOW = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
_numbers = count(1)


@contextmanager
def cloned(migrated: str) -> Iterator[Engine]:
    """An engine on a database of one's own, which outlasts a test."""
    name, template = f"asked_{next(_numbers)}", make_url(migrated)
    admin = create_engine(template.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template.database}"))
    engine = create_engine(template.set(database=name))
    upgrade(engine)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def load_texts(engine: Engine, path: Path) -> None:
    """Takes the labelled texts in as if their publishers had been read today, and judges them."""
    texts = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    texts.sort(key=_source_id)
    by_source = {name: list(each) for name, each in groupby(texts, _source_id)}
    sources = [_source(name, each[0]) for name, each in by_source.items()]
    register_sources(engine, sources, NOW)
    loaded = load_watchlists(Settings().watchlists)
    run = open_run(engine, "collect", "texts", None, NOW)
    for source in sources:
        intake = Intake(engine, run, source.id, NOW, backfilled=False, topics=topics_of(loaded))
        record_findings(intake, [_finding(source.id, each) for each in by_source[source.id]])
    with engine.begin() as connection:
        subscribe(connection, "ana@example.org", "*", NOW)
    assert not judge(engine, loaded, NOW).problems


def _source_id(said: dict[str, Any]) -> str:
    name = f"{said['host']} {said['publisher']}".encode("ascii", "ignore").decode()
    return "s_" + re.sub(r"\W+", "_", name).lower()[:50]


def _source(name: str, said: dict[str, Any]) -> Source:
    country = said["country"] if re.fullmatch("[A-Z]{2}", said["country"] or "") else None
    return Source(
        id=name,
        desk="elsewhere",
        publisher=said["publisher"] or "unknown",
        kind="embassy" if "mbassy" in said["publisher"] else "ministry",
        country=country,
        languages=("en",),
    )


def _finding(source: str, said: dict[str, Any]) -> Finding:
    day = re.fullmatch(r"\d{4}-\d\d-\d\d", said["published"] or "")
    published = (
        Published(Precision.DAY, on=date.fromisoformat(day[0]), text=day[0])
        if day
        else Published(Precision.UNKNOWN)
    )
    url = f"{said['url']}#{said['id']}"
    title = said["title"] or said["id"]
    statement = Statement(source, url, title, said["text"], said["lang"], published, "test/1")
    capture = Capture(url, url, NOW, 200, {}, b"body", "a.warc.gz", f"<urn:uuid:{said['id']}>")
    return Finding(source, url, capture=capture, statement=statement, fetch_url=url)


def load_many(engine: Engine, total: int) -> None:
    """Fills an empty store with so many made-up statements, a third of them reposts, with echoes,
    changes, matches, translations, deliveries and coverage, by SQL alone."""
    with engine.begin() as connection:
        for command in _MANY:
            plain = connection.execution_options(no_parameters=True)  # % is one here
            plain.exec_driver_sql(command.replace("TOTAL", str(total)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


_MANY: Sequence[str] = (
    """INSERT INTO communique.sources (id, desk, publisher, kind, country, time_zone, added_at)
    SELECT 's' || n, 'china', 'Publisher ' || n,
           CASE WHEN n < 20 THEN 'ministry' ELSE 'embassy' END,
           chr(65 + n / 26) || chr(65 + n / 2 % 26), 'UTC', now() - interval '9 years'
    FROM generate_series(0, 199) n""",
    """INSERT INTO communique.runs (kind, key, started_at)
    SELECT 'collect', 'r' || n, now() - n * interval '1 day' FROM generate_series(0, 364) n""",
    """INSERT INTO communique.coverage (run_id, source_id, started_at, listings_read,
        listings_failed, listed, known, new, revised, unchanged, gone, blocked, soft_404, broken,
        unreadable, implausible, disallowed, duplicate_address, not_in_archive, state, since,
        newest)
    SELECT r.id, s.id, r.started_at, 1, 0, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'ok', now(),
           current_date
    FROM communique.runs r CROSS JOIN communique.sources s""",
    """INSERT INTO communique.captures (run_id, source_id, listing, url, fetched_at, outcome)
    SELECT (SELECT min(id) FROM communique.runs), 's' || n % 200, 'l', 'u' || n, now(), 'listed'
    FROM generate_series(1, TOTAL) n""",
    "INSERT INTO communique.stories (created_at) SELECT now() FROM generate_series(1, TOTAL)",
    """INSERT INTO communique.statements (source_id, url, story_id, revision_number, title, text,
        language, published_on, date_precision, date_zone, date_zone_assumed, first_seen_at,
        last_seen_at, topics, reader, backfilled, withdrawn_at)
    SELECT 's' || n % 200, 'u' || n, n - n % 3 + 1, 1, 'Title ' || n,
           repeat(md5(n::text) || ' ', 60), CASE n % 2 WHEN 0 THEN 'en' ELSE 'zh' END,
           current_date - n % 2000, CASE n % 500 WHEN 0 THEN 'unknown' ELSE 'day' END, 'UTC', true,
           now() - n % 2000 * interval '1 day', now(),
           CASE n % 50 WHEN 0 THEN '{huawei,5g}'::text[] ELSE '{}' END, 'test/1', false,
           CASE WHEN n % 400 = 0 THEN now() END
    FROM generate_series(1, TOTAL - 3) n""",
    """INSERT INTO communique.revisions (statement_id, number, title, text, sha256, seen_at,
        capture_id, captured_at, reader, backfilled, settled_at, judged_at)
    SELECT s.id, 1, s.title, s.text, md5(s.id::text), s.first_seen_at, c.id, c.fetched_at,
           'test/1', false, now(), now()
    FROM communique.statements s JOIN communique.captures c ON c.url = s.url""",
    """INSERT INTO communique.echoes (revision_id, earlier_revision_id, start, "end",
        earlier_start, earlier_end, words, first)
    SELECT r.id, r.id - d, 0, 80, 0, 80, 9, d = 30
    FROM communique.revisions r, unnest(ARRAY[30, 60]) d WHERE r.id > 60 AND r.id % 3 = 0""",
    """INSERT INTO communique.changes (statement_id, kind, at, revision_id, earlier_revision_id,
        diff)
    SELECT statement_id, 'edited', now(), id, id,
           '[{"field": "text", "op": "insert", "text": "a", "later": [0, 1]}]'
    FROM communique.revisions WHERE id % 40 = 0""",
    """INSERT INTO communique.translations (statement_id, other_id, score, version)
    SELECT id, id + 1, 0.9, 1 FROM communique.statements WHERE id % 30 = 0 AND id < TOTAL - 60""",
    """INSERT INTO communique.rules (watchlist, rule, version, name, severity, query, not_inside,
        topic, created_at)
    VALUES ('5g-huawei', 'clean-network', 1, 'Clean', 'urgent', 'clean', '{}', 'c', now())""",
    """INSERT INTO communique.matches (revision_id, rule_id, spans, created_at)
    SELECT id, (SELECT min(id) FROM communique.rules),
           '[{"field": "text", "start": 0, "end": 5}]', now()
    FROM communique.revisions WHERE id % 20 = 0""",
    """INSERT INTO communique.subscriptions (recipient, watchlist, created_at)
    VALUES ('ana@example.org', '5g-huawei', now())""",
    """INSERT INTO communique.deliveries (dedupe_key, subscription_id, story_id, statement_id,
        revision_id, kind, recipient, status, created_at)
    SELECT 'k' || r.id, (SELECT min(id) FROM communique.subscriptions), s.story_id, s.id, r.id,
           'new', 'ana@example.org', 'sent', now()
    FROM communique.revisions r JOIN communique.statements s ON s.id = r.statement_id
    WHERE r.id % 20 = 0""",
    """INSERT INTO communique.delivery_matches (delivery_id, match_id)
    SELECT d.id, m.id FROM communique.deliveries d
    JOIN communique.matches m ON m.revision_id = d.revision_id""",
)
