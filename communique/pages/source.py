"""What one source's page tells of it besides its facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from communique import source_history
from communique.gaps import Gap, gaps_of
from communique.health_changes import without_address
from communique.pages.sources_table import Row
from communique.schema import OUTCOMES
from communique.source_history import Rows, Turn
from communique.standing import Standing, standings_in
from scrapers.addresses import host_of
from scrapers.readers import reader
from scrapers.sources import ListingFacts, Source

# Runs whose captures are shown; and how many are of each kind of row.
LAST = 3
TURNS, RUNS, STATEMENTS, CAPTURES, DOUBTS, ERRORS, GAPS = 30, 10, 10, 20, 20, 5, 20


@dataclass(frozen=True, slots=True)
class ListingSeen:
    """A listing of a source's facts; seen: as it was last visited, None: never. dropped: it is not
    among the facts any more."""

    url: str
    facts: ListingFacts | None
    seen: Mapping[str, Any] | None

    @property
    def dropped(self) -> bool:
        """Whether nobody asks for it any more."""
        return self.facts is None


@dataclass(frozen=True, slots=True)
class Told:
    """A source and its past. turns: its own, the oldest first; runs: whatever asked it last,
    backfills and revisits too, the newest first; outcomes: those that the runs' table needs."""

    row: Row
    inferred: bool
    turns: tuple[Turn, ...]
    runs: tuple[Turn, ...]
    outcomes: tuple[str, ...]
    listings: tuple[ListingSeen, ...]
    errors: Rows
    gaps: tuple[Gap, ...]
    more_gaps: int
    doubts: Rows
    statements: Rows
    captures: Rows
    hosts: Rows

    @property
    def standing(self) -> Standing | None:
        """None: nobody collects it, or it is new to the store."""
        return self.row.standing

    @property
    def state(self) -> str:
        """In one word."""
        return self.row.state

    @property
    def said(self) -> str:
        """Why it is in that state, without the address, which is shown beside it."""
        return without_address(self.standing) if self.standing else ""


def told(connection: Connection, source: Source, now: datetime) -> Told:
    """All that a source's page shows. now: aware."""
    standing = next(iter(standings_in(connection, [source], now)), None)
    own = source_history.turns(connection, source.id, most=TURNS, visits=False)
    runs = source_history.turns(connection, source.id, most=RUNS)
    gaps = gaps_of(connection, source)
    since = min((run.started_at for run in runs[:LAST]), default=now)
    return Told(
        row=Row(source, standing),
        inferred=reader(source.reader).inferred,
        turns=own[::-1],
        runs=runs,
        outcomes=tuple(name for name in OUTCOMES if any(run.counts[name] for run in runs)),
        listings=_listings(connection, source, now),
        errors=_errors(connection, standing),
        gaps=gaps[:GAPS],
        more_gaps=max(0, len(gaps) - GAPS),
        doubts=source_history.doubtful_readings(connection, source.id, DOUBTS),
        statements=source_history.newest_statements(connection, source.id, STATEMENTS),
        captures=source_history.captures(
            connection, source.id, [run.run_id for run in runs[:LAST]], since, CAPTURES
        ),
        hosts=source_history.hosts(connection, _hosts(source)),
    )


def _errors(connection: Connection, standing: Standing | None) -> Rows:
    if standing is None or standing.run_id is None or standing.last_run is None:
        return ()
    run, began = standing.run_id, standing.last_run
    return source_history.first_errors(connection, standing.source, run, began, ERRORS)


def _hosts(source: Source) -> list[str]:
    return sorted({host_of(facts.url) for facts in source.listings})


def _listings(connection: Connection, source: Source, now: datetime) -> tuple[ListingSeen, ...]:
    seen = {row["url"]: row for row in source_history.listings_seen(connection, source.id, now)}
    declared = [ListingSeen(facts.url, facts, _taken(seen, facts.url)) for facts in source.listings]
    return (*declared, *(ListingSeen(url, None, row) for url, row in seen.items()))


def _taken(seen: dict[str, Mapping[str, Any]], url: str) -> Mapping[str, Any] | None:
    """Of what was seen the listing at this address, taken out; of one for each day or year the one
    that was seen last."""
    pattern = re.sub(r"\\\{\w+\\\}", r"\\d+", re.escape(url))
    mine = [seen.pop(one) for one in list(seen) if re.fullmatch(pattern, one)]
    return max(mine, key=lambda row: row["fetched_at"], default=None)
