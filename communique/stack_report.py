"""What the demonstration shows at its end, and whether that is the story it is meant to tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, text

from communique.health import TROUBLED
from communique.stack_demo import READERS, Day, Demo
from communique.stack_show import console, table

FAILING = "demo_us_embassy_de"
STATEMENTS = 17
_BRIEFING = "Foreign Ministry Spokesperson's Regular Press Conference on March {}, 2026"
# What each reader is told: kind and title. The second embassy's repost is held back, and neither
# five grams of salt nor a song that 升华为 a memory is about 5G or Huawei.
MAILS = Counter(
    [
        ("new", _BRIEFING.format(2)),
        ("new", "Embassy Spokesperson on a Press Report about Huawei and 5G"),
        ("new", "Welcoming Two New Partners to the Clean Network"),
        ("new", "Guidance for Operators on High-Risk Vendors in Mobile Networks"),
        ("new", "Carrier Picks Second Supplier for 5G Core"),
        ("new", _BRIEFING.format(3)),
        ("new", "Joint Statement on Open and Secure 5G"),
        ("wording", _BRIEFING.format(2)),
    ]
)
# The briefing's two language versions are one story: whichever is stored first is told.
VERSIONS = {"2026年3月2日外交部发言人主持例行记者会": _BRIEFING.format(2)}
_COVERAGE = text("""
    SELECT DISTINCT ON (source) source, state,
           sum(new) OVER who AS new, sum(revised) OVER who AS revised,
           sum(unchanged) OVER who AS unchanged, sum(listings_failed) OVER who AS listings_failed,
           newest, publisher, error
    FROM analyst.coverage WINDOW who AS (PARTITION BY source)
    ORDER BY source, started_at DESC
""")
_STATEMENTS = text("""
    SELECT source, coalesce(published_on::text, date_precision) AS published,
           revisions AS wordings, array_to_string(topics, ' ') AS topics, title
    FROM analyst.statements ORDER BY first_seen_at, source, id
""")
_ALERTS = text("""
    SELECT a.kind, a.status, a.held_because, string_agg(DISTINCT a.rule, ' ') AS rules,
           s.source, s.title, a.tries, a.message_id
    FROM analyst.alerts a JOIN analyst.statements s ON s.id = a.statement_id
    WHERE a.recipient = :reader
    GROUP BY a.delivery_id, a.kind, a.status, a.held_because, s.source, s.title, a.tries,
             a.message_id
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
    covered = rows(demo.engine, _COVERAGE)
    table("Coverage of both days (analyst.coverage)", "publisher", covered, hide=("error",))
    for row in covered:
        if row["error"]:
            console.print(row["error"], style="red", markup=False, highlight=False)
    table("Statements (analyst.statements)", "title", rows(demo.engine, _STATEMENTS))
    table(
        f"Alerts for {READERS[0]} (analyst.alerts); {READERS[1]} hears of the same",
        "title",
        alerts(demo.engine, READERS[0]),
        hide=("tries", "message_id"),
    )


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
    failing = {row["source"] for row in rows(demo.engine, _COVERAGE) if row["state"] in TROUBLED}
    if failing != {FAILING}:
        yield f"failing sources: {sorted(failing)}, not {FAILING} alone"
    stored = len(rows(demo.engine, _STATEMENTS))
    if stored != STATEMENTS:
        yield f"{stored} statements are stored, not {STATEMENTS}"
    for reader in READERS:
        told = Counter(
            (row["kind"], VERSIONS.get(row["title"], row["title"]))
            for row in alerts(demo.engine, reader)
            if row["status"] == "sent"
        )
        for kind, title in MAILS - told:
            yield f"{reader} was not told: {kind}, {title}"
        for kind, title in told - MAILS:
            yield f"{reader} was told and should not have been: {kind}, {title}"
