"""When an address is looked at again, and when it is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from communique.due import SLACK
from communique.rows import clean
from scrapers.values import Finding, Outcome

# A statement is looked at again this many days after it was first seen.
REVISIT_DAYS = (1, 2, 4, 7, 14, 30)
# One that a backfill found is old: it is looked at once more.
REVISIT_DAYS_OLD = (30,)
# A second look confirms that a page is gone, no sooner than this.
CONFIRM_AFTER = timedelta(hours=6)
# An address that cannot be read is tried at every run this often, then less and less.
EAGER_VISITS = 5
LONGEST_PAUSE_DAYS = 30
GONE = (Outcome.GONE, Outcome.SOFT_404)
# Outcomes of a look that found the statement there.
READ = (Outcome.NEW, Outcome.REVISED, Outcome.UNCHANGED, Outcome.IMPLAUSIBLE)
SETTLED = (Outcome.DUPLICATE_ADDRESS,)

# Outcomes that whoever serves a page answers for all of a site while it is down or moved.
DEAD = (*GONE, Outcome.BLOCKED, Outcome.BROKEN)

_HEARD = text("""
    SELECT source_id, max(fetched_at) FILTER (WHERE outcome = ANY(CAST(:well AS text[]))) AS well,
           max(fetched_at) FILTER (WHERE listing AND outcome <> 'listed'
                                      OR outcome = ANY(CAST(:dead AS text[]))) AS ill
    FROM (
        SELECT source_id, fetched_at, outcome, true AS listing FROM communique.captures
        WHERE source_id = ANY(CAST(:sources AS text[])) AND listing IS NOT NULL
          AND (outcome <> 'listed' OR entries > 0) AND fetched_at > :since
        UNION ALL
        SELECT source_id, fetched_at, outcome, false FROM communique.captures
        WHERE source_id = ANY(CAST(:sources AS text[])) AND run_id = ANY(CAST(:runs AS bigint[]))
          AND listing IS NULL AND fetched_at > :since
    ) AS heard GROUP BY source_id
""")


@dataclass(frozen=True, slots=True)
class Heard:
    """When (aware, UTC) something of a source was last read, and when it last failed as a site does
    that is down. None: not lately."""

    well: datetime | None = None
    ill: datetime | None = None

    def is_down(self, since: datetime) -> bool:
        """Whether nothing was read since (aware), though it was asked for."""
        return not _after(self.well, since) and _after(self.ill, since)


def heard_of(
    connection: Connection, sources: Iterable[str], runs: Iterable[int], since: datetime
) -> dict[str, Heard]:
    """What was heard of sources since (aware), by source: of their listings, and in these runs of
    their pages. A listing with an address for every day may have none for one: that is no failure,
    and says nothing."""
    asked = {
        "sources": sorted(sources),
        "runs": sorted(runs),
        "since": since,
        "well": ["listed", *map(str, READ)],
        "dead": [*map(str, DEAD)],
    }
    rows = connection.execute(_HEARD, asked)
    return {row.source_id: Heard(row.well, row.ill) for row in rows}


def next_visit(
    now: datetime,
    finding: Finding,
    address: Mapping[str, Any],
    outcome: Outcome,
    heard: Heard,
) -> dict[str, Any]:
    """The address's values after a visit: outcome, validators, doubts, when to look again.
    heard: of its source, since the look before.

    Validators are kept only of a page that was read: a 304 to a page that no reader could read
    would hide it for ever. So are doubts: those about a reading that was refused say nothing of
    the wording that stands. An alias is looked at again as a statement is: all pages of a site may
    lead to one for a day. None for next_visit_at: only if a listing names it.
    """
    read = finding.statement is not None
    values: dict[str, Any] = {
        "outcome": str(outcome),
        "visits": address["visits"] + 1,
        "last_visit_at": now,
        "next_visit_at": _again(now, address, outcome, heard, read=read),
    }
    if read:
        values["suspect"] = clean(finding.suspect) if finding.suspect else None
    if finding.entry is not None and finding.entry.body is not None:
        # What a feed carries whole is read from the feed: its page would be another wording.
        values["next_visit_at"] = None
    elif read and finding.capture is not None:
        for name, header in (("etag", "etag"), ("last_modified", "last-modified")):
            said = finding.capture.headers.get(header)
            values[name] = said if said is None else clean(said)
    return values


def _again(
    now: datetime,
    address: Mapping[str, Any],
    outcome: Outcome,
    heard: Heard,
    *,
    read: bool,
) -> datetime | None:
    visits = address["visits"] + 1
    if outcome in GONE:
        if _second_look(address, now, heard):
            return now + timedelta(days=min(2**visits, LONGEST_PAUSE_DAYS)) - SLACK
        waited = now - address["last_visit_at"] if address["outcome"] in GONE else timedelta()
        pause = min(2 * waited, timedelta(days=LONGEST_PAUSE_DAYS)) - SLACK
        return now + max(pause, CONFIRM_AFTER)
    if read or address["statement_id"] is not None or outcome in SETTLED:
        first = address["first_listed_at"]
        days = REVISIT_DAYS_OLD if address["backfilled"] else REVISIT_DAYS
        looks = (first + timedelta(days=day) - SLACK for day in days)
        return next((look for look in looks if look > now), None)
    if visits < EAGER_VISITS:
        return now
    pause = min(2 ** (visits - EAGER_VISITS), LONGEST_PAUSE_DAYS)
    return now + timedelta(days=pause) - SLACK


def confirmed_gone(
    finding: Finding, address: Mapping[str, Any], now: datetime, heard: Heard
) -> bool:
    """Whether this is the second look, hours after the first, that finds the page gone. heard: of
    its source, since the first: while a site answers for nothing that it has, as one that is moved
    or shut for a weekend may, none of it was taken down, and a later look decides."""
    error = finding.error
    return error is not None and error.outcome in GONE and _second_look(address, now, heard)


def _second_look(address: Mapping[str, Any], now: datetime, heard: Heard) -> bool:
    before, first = address["outcome"], address["last_visit_at"]
    if before not in GONE or now - first < CONFIRM_AFTER:
        return False
    return address["statement_id"] is None or not heard.is_down(first)


def _after(moment: datetime | None, since: datetime) -> bool:
    return moment is not None and moment > since
