"""What the demonstration shows at its end, and whether that is the story it is meant to tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, text

from communique.cli.common import print_table
from communique.stack_demo import READERS, Day, Demo
from communique.stack_show import console

FAILING = "demo_us_embassy_de"
STATEMENTS = 17
# What each reader is told, in order of day: kind and title.
MAILS = Counter[tuple[str, str]]()
_COVERAGE = text("""
    SELECT source, publisher, state, sum(new) AS new, sum(revised) AS revised,
           sum(unchanged) AS unchanged, max(newest) AS newest, max(error) AS error
    FROM analyst.coverage GROUP BY source, publisher, state ORDER BY state, source
""")
_STATEMENTS = text("""
    SELECT source, coalesce(published_on::text, date_precision) AS published, language AS lang,
           array_to_string(topics, ' ') AS topics, revisions AS wordings, title
    FROM analyst.statements ORDER BY first_seen_at, source, id
""")
_ALERTS = text("""
    SELECT a.kind, a.status, string_agg(DISTINCT a.rule, ' ') AS rules, s.source, s.title,
           max(a.held_because) AS held_because, a.tries, a.message_id
    FROM analyst.alerts a JOIN analyst.statements s ON s.id = a.statement_id
    WHERE a.recipient = :reader
    GROUP BY a.delivery_id, a.kind, a.status, s.source, s.title, a.tries, a.message_id
    ORDER BY a.delivery_id
""")


def rows(engine: Engine, query: Any, **parameters: object) -> list[dict[str, Any]]:
    """The rows of a query over the views."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query, parameters).mappings()]


def alerts(engine: Engine, reader: str) -> list[dict[str, Any]]:
    """What was queued for a reader, sent or held, in that order."""
    return rows(engine, _ALERTS, reader=reader)


def print_report(demo: Demo) -> None:
    """Coverage, statements and alerts, as an analyst would read them from the views."""
    _heading("Coverage (analyst.coverage), both days")
    numbers = ("new", "revised", "unchanged")
    covered = rows(demo.engine, _COVERAGE)
    print_table(("source", "state", *numbers, "newest"), covered, right=numbers)
    for row in covered:
        if row["error"]:
            console.print(f"{row['source']}: {row['error']}", markup=False, style="red")
    _heading("Statements (analyst.statements)")
    columns = ("source", "published", "lang", "wordings", "topics", "title")
    print_table(columns, rows(demo.engine, _STATEMENTS), right=("wordings",))
    _heading(f"Alerts for {READERS[0]} (analyst.alerts)")
    columns = ("kind", "status", "rules", "source", "title", "held_because")
    print_table(columns, alerts(demo.engine, READERS[0]))


def _heading(words: str) -> None:
    console.print(f"\n[bold]{words}[/bold]")


def unmet(demo: Demo, days: Sequence[Day]) -> Iterator[str]:
    """What did not come out as it should, in words; nothing if all is well."""
    for number, day in enumerate(days, 1):
        for (dag_id, run_id), state in day.collected.items():
            wanted = "failed" if dag_id == "collect_united_states" else "success"
            if state != wanted:
                yield f"day {number}: {dag_id} ({run_id}) ended as {state}, not {wanted}"
        for (dag_id, run_id), state in day.alerted.items():
            if state != "success":
                yield f"day {number}: {dag_id} ({run_id}) ended as {state}"
    failing = {row["source"] for row in rows(demo.engine, _COVERAGE) if row["state"] != "ok"}
    if failing != {FAILING}:
        yield f"failing sources: {sorted(failing)}, not {FAILING} alone"
    stored = len(rows(demo.engine, _STATEMENTS))
    if stored != STATEMENTS:
        yield f"{stored} statements are stored, not {STATEMENTS}"
    for reader in READERS:
        told = Counter(
            (row["kind"], row["title"])
            for row in alerts(demo.engine, reader)
            if row["status"] == "sent"
        )
        for kind, title in MAILS - told:
            yield f"{reader} was not told: {kind}, {title}"
        for kind, title in told - MAILS:
            yield f"{reader} was told and should not have been: {kind}, {title}"
