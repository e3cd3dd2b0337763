"""Promise: a store of an earlier version keeps every capture, each in its month."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url, text

from communique.database import upgrade
from communique.settings import project_folder

BEFORE = """
INSERT INTO communique.sources (id, desk, publisher, kind, time_zone, enabled)
VALUES ('one', 'china', 'One', 'embassy', 'UTC', true);
INSERT INTO communique.runs (kind, key, started_at) VALUES ('collect', 'first', now());
INSERT INTO communique.stories (created_at) VALUES (now());
INSERT INTO communique.statements (source_id, url, story_id, revision_number, title, text, language,
    date_precision, date_zone, date_zone_assumed, first_seen_at, last_seen_at, reader, backfilled)
VALUES ('one', 'https://one.example/1', 1, 1, 't', 'x', 'en', 'unknown', 'UTC', true, now(), now(),
        'r/1', false);
INSERT INTO communique.captures (run_id, source_id, listing, url, fetched_at, outcome)
SELECT 1, 'one', 'l', 'l', at, 'listed' FROM generate_series(
    timestamptz '2019-11-30 23:30+00', '2020-03-01', interval '10 days') at;
INSERT INTO communique.revisions (statement_id, number, title, text, sha256, seen_at, capture_id,
    captured_at, reader, backfilled)
SELECT 1, 1, 't', 'x', 's', now(), id, fetched_at, 'r/1', false
FROM communique.captures WHERE id = 2;
CREATE SCHEMA IF NOT EXISTS ours;
CREATE VIEW ours.mine AS SELECT count(*) AS captures FROM communique.captures;
"""


def test_captures_move_into_their_months_with_all_that_hangs_on_them(migrated: str) -> None:
    address = make_url(migrated)
    admin = create_engine(address.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE before_months"))
    engine = create_engine(address.set(database="before_months"))
    config = Config()
    config.set_main_option("script_location", str(project_folder("sql") / "migrations"))
    with engine.begin() as connection:
        for schema in ("communique", "analyst"):
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.exec_driver_sql(BEFORE)
    upgrade(engine)
    with engine.begin() as connection:
        asked = "SELECT tableoid::regclass::text, count(*) FROM communique.captures GROUP BY 1"
        found = {
            str(name).split(".")[-1]: number for name, number in connection.execute(text(asked))
        }
        assert found == {
            "captures_2019_11": 1,
            "captures_2019_12": 3,
            "captures_2020_01": 3,
            "captures_2020_02": 3,
        }
        assert connection.execute(text("SELECT captures FROM ours.mine")).scalar_one() == 10
        following = (
            "INSERT INTO communique.captures (run_id, source_id, listing, url, fetched_at, outcome)"
            " VALUES (1, 'one', 'l', 'l', '1999-01-01', 'listed') RETURNING id"
        )
        assert connection.execute(text(following)).scalar_one() == 11
        proof = "SELECT capture_id FROM analyst.revisions"
        assert connection.execute(text(proof)).scalars().all() == [2]
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE before_months WITH (FORCE)"))
    admin.dispose()
