"""The maintainers' daily mail: what changed since each was last told, as a row of the outbox.

A row's `content` holds all that its mail says and, for the next one, how everything stood. Nobody
is told twice: one row a maintainer and day, and what a queued mail tells is not told again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection, Engine, select, text

from communique.addressees import normal_recipient
from communique.choices import SubscriptionError
from communique.health_changes import changes
from communique.mails import queue_mail
from communique.schema import Mail
from communique.settings import Settings
from communique.standing import Standing, standings
from scrapers.sources import Source

KIND = "source_health"

_GAPS = text("""
    SELECT g.id, g.source_id, g.kind, g.listing, g.after, g.before, g.found_at
    FROM communique.gaps g WHERE g.filled_at IS NULL ORDER BY g.source_id, g.id
""")
_DOUBTS = text("""
    SELECT id, source_id, url, suspect AS why FROM communique.addresses
    WHERE suspect IS NOT NULL ORDER BY source_id, id
""")


@dataclass(frozen=True, slots=True)
class Told:
    """Who has a mail queued, and who could not be told, with what to do about it."""

    queued: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def queue(engine: Engine, sources: Iterable[Source], settings: Settings, now: datetime) -> Told:
    """Queues today's mail (by UTC) for each maintainer for whom something changed; a second call
    on one day queues nothing. now: aware."""
    if not settings.maintainers:
        return Told(problems=("COMMUNIQUE_MAINTAINERS names nobody to tell of failing sources.",))
    found = standings(engine, sources, now)
    queued, problems = [], []
    for maintainer in dict.fromkeys(settings.maintainers):
        try:
            address = normal_recipient(maintainer)
        except SubscriptionError as error:
            problems.append(f"COMMUNIQUE_MAINTAINERS: {error}")
            continue
        with engine.begin() as connection:
            if _queue_one(connection, address, found, now):
                queued.append(address)
    return Told(tuple(queued), tuple(problems))


def _queue_one(
    connection: Connection, recipient: str, found: Sequence[Standing], now: datetime
) -> bool:
    content = _content(connection, recipient, found, now)
    if content is None:
        return False
    day = now.astimezone(timezone.utc).date()
    return queue_mail(connection, KIND, f"{KIND}:{day}:{recipient}", recipient, content, now)


def _content(
    connection: Connection, recipient: str, found: Sequence[Standing], now: datetime
) -> dict[str, Any] | None:
    """All that the mail says and what the next is compared with; None: there is no news."""
    before = _last_told(connection, recipient)
    names = {each.source: each.publisher for each in found}
    gaps = [row for row in connection.execute(_GAPS).mappings() if row["source_id"] in names]
    doubts = [row for row in connection.execute(_DOUBTS).mappings() if row["source_id"] in names]
    known_gaps = set(before.get("known_gaps", ()))
    known_doubts = set(before.get("known_doubts", ()))
    new_gaps = [row for row in gaps if row["id"] not in known_gaps]
    new_doubts = [row for row in doubts if row["id"] not in known_doubts]
    sections = changes(found, before.get("states"))
    if before and not (sections or new_gaps or new_doubts):
        return None
    return {
        "at": now.isoformat(),
        "last_told": before.get("at"),
        "sections": sections,
        "gaps": _by_source(new_gaps, names, _gap),
        "doubts": _by_source(new_doubts, names, lambda doubt: f"{doubt['why']} ({doubt['url']})"),
        "states": {each.source: each.state for each in found},
        "known_gaps": [row["id"] for row in gaps],
        "known_doubts": [row["id"] for row in doubts],
    }


def _last_told(connection: Connection, recipient: str) -> dict[str, Any]:
    """The content of the last mail that reached, or will reach, this maintainer."""
    query = (
        select(Mail.content)
        .where(Mail.kind == KIND, Mail.recipient == recipient, Mail.status.in_(("pending", "sent")))
        .order_by(Mail.created_at.desc(), Mail.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or {}


def _by_source(rows: Sequence[Any], names: Mapping[str, str], words: Any) -> list[dict[str, Any]]:
    """One entry a source: how many there are, and the first in words."""
    entries: dict[str, dict[str, Any]] = {}
    for row in rows:
        source = row["source_id"]
        new = {"source": source, "publisher": names[source], "number": 0, "said": words(row)}
        entries.setdefault(source, new)["number"] += 1
    return list(entries.values())


def _gap(row: Mapping[str, Any]) -> str:
    if row["kind"] == "number":
        what = "a running number was skipped"
    else:
        what = "a listing no longer reaches back to what was known"
    after = f"after {row['after']}, " if row["after"] else ""
    return f"{what}: {after}before {row['before']}, noticed on {row['listing']}"
