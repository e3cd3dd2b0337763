"""A statement as it was read, against what is known of it: new, revised or unchanged, dated, gone
or back. Only the ledger changes here; what it says is written when the batch is through."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from communique.ledger import CaptureNote, Ledger, Place, Standing, Wording
from communique.rows import clean, date_values, wording_values
from scrapers.values import Outcome, Published, Statement

# From the least to the best known date.
PRECISIONS = ("unknown", "inferred", "day", "minute")

# By which the days of two zones may differ.
_A_DAY = timedelta(days=1)

log = logging.getLogger(__name__)

Topics = Callable[[Statement], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Intake:
    """What every record of one source's turn needs.

    backfilled: this run looks for what is old, which never alerts. collected_at: when a collect
    last looked at the source; what was published since is news, whoever finds it. topics: tells
    the topics of a statement; fixed for the run.
    """

    engine: Engine
    run_id: int
    source_id: str
    now: datetime
    backfilled: bool
    topics: Topics
    collected_at: datetime | None = None
    missed: tuple[tuple[date, date], ...] = ()

    @property
    def keys(self) -> dict[str, Any]:
        return {"run_id": self.run_id, "source_id": self.source_id}


def is_stale(intake: Intake, address: Mapping[str, Any]) -> bool:
    """Whether what is replayed here is older than what is known: it adds, and changes nothing."""
    last = address["last_visit_at"]
    return last is not None and intake.now < last


def store_statement(
    ledger: Ledger, intake: Intake, found: Statement, proof: CaptureNote, place: Place
) -> tuple[Outcome, Standing]:
    """Takes a statement as it was read into the ledger, and says how it ended.

    proof: the capture it was read from; place: the address it was read at.
    """
    key = (found.source, clean(found.url))
    standing = ledger.statements.get(key)
    if standing is None:
        return Outcome.NEW, _begin(ledger, intake, found, proof, place)
    sha256, before = found.sha256, standing.current
    stale = is_stale(intake, place.row)
    if before.sha256 == sha256:
        if not stale:
            stands(ledger, standing, intake.now)
            _redate(standing, found)
            if standing.row["reader"] != found.reader:
                standing.set({"reader": found.reader})
        return Outcome.UNCHANGED, standing
    earlier = standing.wording(sha256)
    wording = earlier or _add(standing, intake, found, proof, backfilled=stale)
    if not stale:
        _returned(ledger, standing, intake.now)
        if standing.row["reader"] == found.reader:  # or the publisher may have edited nothing
            kind = "restored" if earlier else "edited"
            ledger.change(kind, intake.now, standing, wording, before)
        values = wording_values(found, intake.topics(found), intake.now)
        standing.set(values | {"revision_number": wording.number, "withdrawn_at": None})
    return Outcome.REVISED, standing


def stands(ledger: Ledger, standing: Standing | None, now: datetime) -> None:
    """Its page was read, or has not changed: it stands, whatever an earlier look found."""
    if standing is not None:
        _returned(ledger, standing, now)
        standing.set({"last_seen_at": now, "withdrawn_at": None})


def withdraw(ledger: Ledger, standing: Standing | None, now: datetime) -> None:
    """A second look has confirmed that its page is gone."""
    if standing is not None and standing.row["withdrawn_at"] is None:
        ledger.change("withdrawn", now, standing, standing.current)
        standing.set({"withdrawn_at": now})


def _returned(ledger: Ledger, standing: Standing, now: datetime) -> None:
    if standing.row["withdrawn_at"] is not None:
        ledger.change("returned", now, standing, standing.current)


def _begin(
    ledger: Ledger, intake: Intake, found: Statement, proof: CaptureNote, place: Place
) -> Standing:
    backfilled = _is_old(intake, found, place.row)
    row = wording_values(found, intake.topics(found), intake.now) | {
        "source_id": found.source,
        "url": clean(found.url),
        "revision_number": 1,
        "first_seen_at": intake.now,
        "withdrawn_at": None,
        "backfilled": backfilled,
    }
    standing = ledger.begin((found.source, row["url"]), row)
    _add(standing, intake, found, proof, backfilled=backfilled)
    return standing


def _add(
    standing: Standing,
    intake: Intake,
    found: Statement,
    proof: CaptureNote,
    *,
    backfilled: bool,
) -> Wording:
    """A wording that never stood here before."""
    number = max((wording.number for wording in standing.wordings), default=0) + 1
    row = {
        "number": number,
        "title": clean(found.title),
        "text": clean(found.text),
        "sha256": found.sha256,
        "seen_at": intake.now,
        "captured_at": proof.row["fetched_at"],
        "reader": found.reader,
        "backfilled": backfilled,
    }
    standing.wordings.append(Wording(number, found.sha256, row=row, proof=proof))
    return standing.wordings[-1]


def _is_old(intake: Intake, found: Statement, address: Mapping[str, Any]) -> bool:
    """Whether a statement seen for the first time is a backfill's find, and so no news: what was
    published since somebody last looked for news, or missed then, is news all the same."""
    if not (intake.backfilled or address["backfilled"]):
        return False
    looked = intake.collected_at if intake.backfilled else address["first_listed_at"]
    return _is_older(intake, looked, found.published)


def is_old_find(intake: Intake, published: Published | None) -> bool:
    """Whether what a listing names and dates so is, as far as that goes, a backfill's find."""
    return intake.backfilled and _is_older(intake, intake.collected_at, published)


def _is_older(intake: Intake, looked: datetime | None, published: Published | None) -> bool:
    on = published.on if published is not None else None
    if looked is None or on is None:
        return True
    missed = any(first - _A_DAY <= on <= last for first, last in intake.missed)
    return not missed and on < looked.date() - _A_DAY


def _redate(standing: Standing, found: Statement) -> None:
    """A date that the publisher, or a mended reader, has put right is taken over; one that is
    known less well than the one we have is not."""
    before, now = standing.row["date_precision"], str(found.published.precision)
    dated = date_values(found.published)
    if PRECISIONS.index(now) >= PRECISIONS.index(before) and any(
        standing.row[name] != value for name, value in dated.items()
    ):
        on = standing.row["published_on"]
        log.info("%s: dated %s instead of %s", found.url, found.published, on)
        standing.set(dated)
