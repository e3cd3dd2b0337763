"""What judging and collecting leave in the store for a digest to tell."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.dialects.postgresql import insert

from communique.runs import register_sources
from communique.schema import (
    OUTCOMES,
    Coverage,
    Delivery,
    DeliveryMatch,
    MatchRow,
    RuleRow,
    Run,
    Subscription,
)
from scrapers.facts import load_sources
from scrapers.sources import Source
from tests.communique.alert_rows import Post, Posted, post

# A Monday; seven o'clock in Berlin.
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=timezone.utc)
LONG_AGO = NOW - timedelta(days=100)
FACTS = """- id: {id}
  publisher: Chinese {name}
  kind: embassy
  country: CN
  host_country: MK
  languages: [en]
  time_zone: Asia/Shanghai
  reader: generic
  articles: /[0-9]+
  listings: [https://{id}.example/]
"""


def watched(engine: Engine, folder: Path, *names: str) -> tuple[Source, ...]:
    """Sources of desk china that are known since long ago."""
    facts = [FACTS.format(id=name, name=name.replace("_", " ").title()) for name in names]
    folder.mkdir(exist_ok=True)
    (folder / "china.yaml").write_text("".join(facts))
    sources = load_sources(folder)
    register_sources(engine, sources, LONG_AGO)
    with engine.begin() as connection:
        connection.execute(text("UPDATE communique.sources SET added_at = :at"), {"at": LONG_AGO})
    return sources


def subscribed(engine: Engine, recipient: str, **chosen: Any) -> int:
    """A running, confirmed subscription: daily at 7 in Berlin to the watchlist `network`."""
    values = {
        "recipient": recipient,
        "watchlist": "network",
        "how": "daily",
        "zone": "Europe/Berlin",
        "hour": 7,
        "created_at": LONG_AGO,
        "confirmed_at": LONG_AGO,
    }
    return _made(engine, Subscription, values | chosen)


def turn(engine: Engine, source: str, at: datetime, state: str = "ok", **seen: Any) -> None:
    """What a collect saw of a source."""
    with engine.begin() as connection:
        values = {"kind": "collect", "key": f"run {at}", "desk": "china", "started_at": at}
        connection.execute(insert(Run).values(values).on_conflict_do_nothing())
        run = connection.execute(
            text("SELECT id FROM communique.runs WHERE key = :key"), {"key": f"run {at}"}
        ).scalar_one()
        counted = dict.fromkeys((*OUTCOMES, "listings_failed", "listed", "known"), 0)
        row: dict[str, Any] = {
            **counted,
            "run_id": run,
            "source_id": source,
            "started_at": at,
            "finished_at": at + timedelta(minutes=2),
            "listings_read": 1,
            "newest": at.date(),
            "state": state,
            "since": at,
        }
        connection.execute(insert(Coverage).values(row | seen))


def rule(engine: Engine, which: str = "clean", **changed: Any) -> int:
    """A rule of the watchlist `network`, in force."""
    values = {
        "watchlist": "network",
        "rule": which,
        "version": 1,
        "name": which.title(),
        "severity": "notice",
        "query": which,
        "not_inside": [],
        "created_at": LONG_AGO,
    }
    return _made(engine, RuleRow, values | changed)


def matched(engine: Engine, posted: Posted, rule_id: int, at: datetime = NOW) -> int:
    """A rule's match on `clean network` of the text that tests post."""
    start = Post().text.find("clean network")
    span = {"field": "text", "start": start, "end": start + len("clean network")}
    values = {"revision_id": posted.revision, "rule_id": rule_id, "spans": [span], "created_at": at}
    return _made(engine, MatchRow, values)


def waits(engine: Engine, subscription: int, match: int, posted: Posted, **changed: Any) -> int:
    """An alert that was judged for a digest's subscription."""
    with engine.connect() as connection:
        recipient = connection.execute(
            text("SELECT recipient FROM communique.subscriptions WHERE id = :id"),
            {"id": subscription},
        ).scalar_one()
    values = {
        "dedupe_key": f"new:{subscription}:{posted.story}:{posted.revision}",
        "subscription_id": subscription,
        "story_id": posted.story,
        "statement_id": posted.statement,
        "revision_id": posted.revision,
        "kind": "new",
        "recipient": recipient,
        "status": "pending",
        "created_at": NOW - timedelta(hours=3),
    }
    delivery = _made(engine, Delivery, values | changed)
    with engine.begin() as connection:
        link = {"delivery_id": delivery, "match_id": match}
        connection.execute(insert(DeliveryMatch).values(link))
    return delivery


def alerted(engine: Engine, number: int, *subscriptions: int, **changed: Any) -> list[Posted]:
    """Statements that one rule found, which wait for the digests of these subscriptions."""
    rule_id = rule(engine, f"rule{number}{len(changed)}", **changed.pop("rule", {}))
    out = []
    for each in range(number):
        url = f"https://embassy_one.example/{each}-{rule_id}"
        values = {"url": url, "title": f"Statement {each}", "seen": NOW - timedelta(hours=3)}
        posted = post(engine, **(values | changed))
        match = matched(engine, posted, rule_id)
        for subscription in subscriptions:
            waits(engine, subscription, match, posted)
        out.append(posted)
    return out


def _made(engine: Engine, table: Any, values: dict[str, Any]) -> int:
    with engine.begin() as connection:
        made = insert(table.__table__).values(values).returning(table.id)
        return int(connection.execute(made).scalar_one())
