"""Promise: old captures go by the month, and never one that something rests on."""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy import Engine, create_engine, text

from communique.retention import ensure_months, month_of, next_month, oldest_kept
from tests.communique.evidence.ministry import Ministry, article


def parts(engine: Engine) -> set[str]:
    query = (
        "SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = 'communique.captures'::regclass"
    )
    with engine.connect() as connection:
        return {str(name).split(".")[-1] for name in connection.execute(text(query)).scalars()}


def test_the_application_makes_the_months_it_needs_and_no_other_table(
    engine: Engine, database_url: str
) -> None:
    app = create_engine(database_url, connect_args={"options": "-c role=communique_app"})
    moments = (datetime(2020, 2, 29, 23, 59, 59, tzinfo=timezone.utc),)
    for _ in range(2):
        ensure_months(app, moments)
    assert {"captures_2020_02", "captures_2020_03", "captures_rest"} <= parts(engine)
    with app.connect() as connection:
        mine = "has_schema_privilege('communique_app', 'communique', 'CREATE')"
        others = "has_function_privilege('communique_analyst', p.oid, 'EXECUTE')"
        query = (
            f"SELECT {mine}, bool_or({others}) FROM pg_proc p WHERE p.proname ~ 'captures_month'"
        )
        assert tuple(connection.execute(text(query)).one()) == (False, False)
    app.dispose()
    assert month_of(datetime(2020, 1, 1, tzinfo=timezone.utc)).month == 1
    last = datetime(9999, 12, 1, tzinfo=timezone.utc)
    assert next_month(last) == last
    assert oldest_kept(datetime(2026, 2, 20, tzinfo=timezone.utc), 3) == datetime(
        2025, 11, 1, tzinfo=timezone.utc
    )


def test_what_nothing_rests_on_goes_and_everything_else_still_verifies(ministry: Ministry) -> None:
    for day in (1, 5, 20):
        ministry.collect(f"2026-01-{day:02}T06:00:00Z")
    ministry.web.pages["/press/t1.shtml"] = article(1, last="It was said otherwise later.")
    ministry.collect("2026-02-20T06:00:00Z")
    ministry.moment = "2026-06-15T06:00:00Z"
    before = ministry.rows("SELECT count(*) FROM communique.captures")
    proving = ministry.rows("SELECT capture_id, captured_at FROM communique.revisions ORDER BY 1")
    would = ministry.ask("db", "prune", "--keep-months", "2", "--dry-run")
    assert ministry.rows("SELECT count(*) FROM communique.captures") == before
    done = ministry.ask("db", "prune", "--keep-months", "2")
    assert done["removed"] == would["removed"] > 0
    assert ministry.rows("SELECT count(*) FROM communique.captures") == [
        (before[0][0] - done["removed"],)
    ]
    kept = ministry.rows("SELECT id, fetched_at FROM communique.captures ORDER BY 1")
    assert set(proving) <= set(kept)
    newest = (
        "SELECT count(*) FROM communique.addresses a WHERE a.last_visit_at IS NOT NULL AND NOT"
        " EXISTS (SELECT FROM communique.captures c WHERE c.address_id = a.id"
        " AND c.fetched_at >= a.last_visit_at - interval '1 hour')"
    )
    assert ministry.rows(newest) == [(0,)]
    assert ministry.ask("db", "prune", "--keep-months", "2")["removed"] == 0
    assert ministry.ask("verify", "--all")["failed"] == []
    ministry.ask("coverage", "--source", "ministry", status=1)  # nobody has collected since
    assert "captures_2026_03" not in parts(ministry.store)
    ministry.run("db", "prune", "--keep-months", "0", status=2)
