"""What the JSON API reads of the store, each a bounded page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from communique.schema import OUTCOMES

LARGEST_ID = 2**63 - 1
Row = Mapping[str, Any]

_STORY = text("SELECT * FROM analyst.stories WHERE id = :id")
_POSTS = text("""
    SELECT s.id AS statement_id, s.source_id AS source, o.publisher, o.country, s.language,
           coalesce(s.published_on, CAST(s.first_seen_at AT TIME ZONE 'UTC' AS date)) AS day,
           s.title, s.url, s.withdrawn_at
    FROM communique.statements s JOIN communique.sources o ON o.id = s.source_id
    WHERE s.story_id = :id
    ORDER BY day, coalesce(s.published_at, s.first_seen_at), s.id OFFSET :after LIMIT :most
""")
_SOURCES = text("""
    SELECT * FROM analyst.sources
    WHERE source > :after
      AND (CAST(:country AS text) IS NULL OR country = :country)
      AND (CAST(:desk AS text) IS NULL OR desk = :desk)
      AND (CAST(:state AS text) IS NULL OR state = :state)
    ORDER BY source LIMIT :most
""")
_TURNS = text("""
    SELECT c.*, c.source_id AS source, u.kind AS run_kind, u.key AS run_key, o.publisher, o.desk
    FROM communique.coverage c
    JOIN communique.runs u ON u.id = c.run_id
    JOIN communique.sources o ON o.id = c.source_id
    WHERE (c.run_id, c.source_id) < (:run, :source)
      AND (CAST(:only AS text) IS NULL OR c.source_id = :only)
      AND (CAST(:state AS text) IS NULL OR c.state = :state)
    ORDER BY c.run_id DESC, c.source_id DESC LIMIT :most
""")
_ALERTS = text("""
    SELECT d.id, d.kind, d.statement_id, d.story_id, v.number AS revision, v.title, d.recipient,
           d.status, d.held_because, d.late, d.created_at, d.sent_at, d.message_id
    FROM communique.deliveries d LEFT JOIN communique.revisions v ON v.id = d.revision_id
    WHERE d.id < :before AND d.kind <> 'source_health'
      AND (CAST(:status AS text) IS NULL OR d.status = :status)
      AND (CAST(:since AS date) IS NULL OR d.created_at >= CAST(:since AS date))
    ORDER BY d.id DESC LIMIT :most
""")
_HELD = text("""
    SELECT d.delivery_id, m.watchlist, m.rule, m.rule_version AS version, m.severity, m.words
    FROM communique.delivery_matches d JOIN analyst.matches m ON m.id = d.match_id
    WHERE d.delivery_id = ANY(CAST(:ids AS bigint[]))
    ORDER BY d.delivery_id, m.watchlist, m.rule, version
""")


@dataclass(frozen=True, slots=True)
class Paged:
    """Rows, and what to go on from; None: there are no more."""

    rows: Sequence[Row]
    next: str | None


def story(connection: Connection, story_id: int, after: int, most: int) -> Row | None:
    """A story with its posts from position `after` on; None: there is none of that number."""
    known = connection.execute(_STORY, {"id": story_id}).mappings().one_or_none()
    if known is None:
        return None
    asked = {"id": story_id, "after": after, "most": most + 1}
    posts = [
        {**row, "position": number}
        for number, row in enumerate(connection.execute(_POSTS, asked).mappings(), after + 1)
    ]
    following = str(after + most) if len(posts) > most else None
    return {**known, "posts": posts[:most], "next": following}


def sources(connection: Connection, most: int, *, after: str, **only: str | None) -> Paged:
    """Sources by id. only: country, desk, state; None: any."""
    rows = connection.execute(_SOURCES, {**only, "after": after, "most": most + 1})
    return _paged([dict(row) for row in rows.mappings()], most, lambda row: str(row["source"]))


def turns(
    connection: Connection,
    most: int,
    *,
    before: tuple[int, str] | None,
    source: str | None,
    state: str | None,
) -> Paged:
    """Turns, the newest run first. before: a run and a source of it, to go on from."""
    run, last = before or (LARGEST_ID, "")
    asked = {"run": run, "source": last, "only": source, "state": state, "most": most + 1}
    rows = [
        {**row, "outcomes": {name: row[name] for name in OUTCOMES}}
        for row in connection.execute(_TURNS, asked).mappings()
    ]
    return _paged(rows, most, lambda row: f"{row['run_id']}.{row['source']}")


def alerts(
    connection: Connection, most: int, *, before: int, status: str | None, since: date | None
) -> Paged:
    """Alerts and digests, the newest first, with the rules that they tell of. since: a day (UTC)
    on which they were recorded, or later."""
    asked = {"before": before, "status": status, "since": since, "most": most + 1}
    rows = [dict(row) for row in connection.execute(_ALERTS, asked).mappings()]
    page = _paged(rows, most, lambda row: str(row["id"]))
    held = defaultdict[int, list[Row]](list)
    for row in connection.execute(_HELD, {"ids": [each["id"] for each in page.rows]}).mappings():
        held[row["delivery_id"]].append(dict(row))
    return Paged([{**row, "rules": held[row["id"]]} for row in page.rows], page.next)


def _paged(rows: Sequence[Row], most: int, place: Callable[[Row], str]) -> Paged:
    """One row more than fits was asked for: whether there is one tells whether there is a page."""
    shown = rows[:most]
    return Paged(shown, place(shown[-1]) if len(rows) > most else None)
