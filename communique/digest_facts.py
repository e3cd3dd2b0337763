"""What a digest tells beside its alerts, as plain values fit for JSON: who was checked, how much
was said against the usual, which formulations rise. What the digests of one run share is worked
out once. Every query is bounded by the period or by an index, however much is stored."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any, TypeVar

from sqlalchemy import Engine, text

from communique.echoes.phrases import Phrase, phrases
from communique.health import TROUBLED
from communique.health_changes import changes
from communique.mail.clean import shown
from communique.standing import Standing, standings
from communique.usual import Count, counts
from scrapers.sources import Source

# Sources that are named in each state, formulations, and followers of one.
MOST_NAMED = 10
MOST_PHRASES = 5
MOST_FOLLOWERS = 4
LEAST_USERS = 3
# No turn takes longer; one that ended within a period began at most so long before it.
LONGEST_TURN = timedelta(hours=5)
# What rises is looked for in so much time, however long an outage was.
LONGEST_RISE = timedelta(days=28)

_TURNS = text("""
    SELECT o.id, bool_or(c.state <> ALL(:troubled)) AS read
    FROM unnest(CAST(:ids AS text[])) AS o(id)
    CROSS JOIN LATERAL (
        SELECT c.state FROM communique.coverage c JOIN communique.runs u ON u.id = c.run_id
        WHERE c.source_id = o.id AND u.kind NOT IN ('backfill', 'revisit')
          AND c.started_at > :earliest AND c.started_at <= :until
          AND coalesce(c.finished_at, c.started_at) > :since
          AND coalesce(c.finished_at, c.started_at) <= :until
    ) c GROUP BY o.id
""")
_NEW = text("""
    SELECT source_id, 'new' AS kind, count(*) AS number FROM communique.statements
    WHERE first_seen_at > :since AND first_seen_at <= :until AND NOT backfilled GROUP BY 1
""")
_CHANGED = text("""
    SELECT s.source_id, c.kind, count(*) AS number
    FROM communique.changes c JOIN communique.statements s ON s.id = c.statement_id
    WHERE c.at > :since AND c.at <= :until GROUP BY 1, 2
""")
# As `communique.schema` names them, and as a digest does.
_KINDS = {"new": "new", "edited": "revised", "restored": "revised", "withdrawn": "withdrawn"}

Value = TypeVar("Value")


@dataclass(frozen=True)
class Facts:
    """The facts of one run of the digests, at `now` (aware, UTC)."""

    engine: Engine
    sources: tuple[Source, ...]
    now: datetime
    known: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def coverage(self, since: datetime) -> dict[str, Any]:
        """Who was checked from `since` until now, how each stands, and what came of it."""
        return self._once(("coverage", since), lambda: self._coverage(since))

    def usual(self, since: datetime, length: timedelta) -> tuple[Count, ...]:
        """How many stories each rule in force found, and how many it usually does. length: of a
        usual period."""

        def count() -> tuple[Count, ...]:
            with self.engine.connect() as connection:
                return counts(connection, since, self.now, length)

        return self._once(("usual", since, length), count)

    def rising(self, since: datetime) -> list[dict[str, Any]]:
        """The formulations that gained most users since that day (UTC), of four weeks at most, and
        who they are."""
        first = max(since, self.now - LONGEST_RISE).astimezone(timezone.utc).date()
        return self._once(("rising", first), lambda: self._rising(first))

    def standings(self) -> tuple[Standing, ...]:
        """How each source stands now."""
        return self._once(("standings",), lambda: standings(self.engine, self.sources, self.now))

    def _once(self, key: tuple[Any, ...], work: Callable[[], Value]) -> Value:
        if key not in self.known:
            self.known[key] = work()
        found: Value = self.known[key]
        return found

    def _coverage(self, since: datetime) -> dict[str, Any]:
        found = self.standings()
        asked = {
            "ids": [each.source for each in found],
            "troubled": list(TROUBLED),
            "since": since,
            "until": self.now,
            "earliest": since - LONGEST_TURN,
        }
        came: dict[str, Counter[str]] = defaultdict(Counter)
        with self.engine.connect() as connection:
            turns = {row.id: row.read for row in connection.execute(_TURNS, asked)}
            period = {"since": since, "until": self.now}
            for query in (_NEW, _CHANGED):
                for row in connection.execute(query, period):
                    came[row.source_id][_KINDS.get(row.kind, row.kind)] += row.number
        total = sum(came.values(), Counter[str]())
        return {
            "watched": len(found),
            "checked": len(turns),
            "read": sum(turns.values()),
            "states": Counter(each.state for each in found),
            "desks": _desks(found, turns, came),
            "sections": _sections(found),
            "newest": _newest(found),
            **{name: total[name] for name in ("new", "revised", "withdrawn", "returned")},
        }

    def _rising(self, first: date) -> list[dict[str, Any]]:
        until = self.now.astimezone(timezone.utc).date()
        with self.engine.connect() as connection:
            found = phrases(
                *(connection, first, until), min_users=LEAST_USERS, limit=4 * MOST_PHRASES
            )
        names = {source.id: source.publisher for source in self.sources}
        rising = [one for one in found if one.users > one.before]
        return [_phrase(one, names) for one in rising[:MOST_PHRASES]]


def _desks(
    found: Sequence[Standing], turns: Mapping[str, bool], came: Mapping[str, Counter[str]]
) -> list[dict[str, Any]]:
    """A line for each desk: how many sources, how they stand, what they brought."""
    rows = []
    for desk in sorted({each.desk for each in found}):
        mine = [each for each in found if each.desk == desk]
        states = Counter(each.state for each in mine)
        brought = sum((came[each.source] for each in mine if each.source in came), Counter[str]())
        rows.append(
            {
                "desk": desk,
                "watched": len(mine),
                "checked": sum(each.source in turns for each in mine),
                "failing": sum(states[state] for state in TROUBLED),
                "late": states["late"],
                "quiet": states["quiet"],
                "newest": _newest(mine),
                **{name: brought[name] for name in ("new", "revised", "withdrawn")},
            }
        )
    return rows


def _sections(found: Iterable[Standing]) -> list[dict[str, Any]]:
    """All that do not stand well, those of one desk that fail alike as one."""
    found = tuple(found)
    newest = {each.source: each.newest for each in found}
    sections = changes(found, None)
    for section in sections:
        every = section["entries"]
        section["entries"] = [
            entry | {"newest": str(newest[entry["source"]] or "")} for entry in every[:MOST_NAMED]
        ]
        section["more"] += len(every) - len(section["entries"])
    return sections


def _newest(found: Iterable[Standing]) -> str:
    return str(max((each.newest for each in found if each.newest), default=""))


def _phrase(one: Phrase, names: Mapping[str, str]) -> dict[str, Any]:
    followers = [
        {
            "publisher": shown(names.get(use.source, use.source), 120),
            "on": use.on.isoformat(),
            "statement": use.statement,
        }
        for use in one.followers
    ]
    starter = one.starter
    return {
        "phrase": shown(one.phrase, 240),
        "users": one.users,
        "before": one.before,
        "starter": {
            "publisher": shown(starter.publisher, 120),
            "on": starter.on.isoformat(),
            "title": shown(starter.title, 160),
            "url": shown(starter.url, 2_000),
            "statement": starter.statement,
        },
        "followers": followers[:MOST_FOLLOWERS],
        "more": max(0, len(followers) - MOST_FOLLOWERS),
        "countries": list(one.countries),
    }
