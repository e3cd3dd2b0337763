"""The archive read again, after a reader was mended: what of the wordings that stand would change,
and, where it is wanted, the change.

A reread is no edit of the publisher's. Its wording is a revision like any other, proved by the same
capture, but read by another version of the reader: `analyst.revisions.reread` says so, alerting
holds it back for that reason, and `changes`, which tells what became of a statement, has no row of
it. Nor has anybody seen the page again: when it was last seen, and whether it was withdrawn, stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, text

from communique.evidence.claims import Claim, Wanted, day_of
from communique.evidence.members import Damage
from communique.evidence.passing import LARGEST, Piece, passed
from communique.evidence.proving import byte_problems, differences
from communique.evidence.reading import Bytes
from communique.evidence.verifying import record
from communique.ledger import CaptureNote, Standing, Wording, open_ledger
from communique.ledger_rows import Overtaken, write_ledger
from communique.rows import clean, date_values, wording_values
from communique.wordings import PRECISIONS, Topics
from scrapers.errors import ScrapeError
from scrapers.sources import Source
from scrapers.values import Statement

Result = Literal["equal", "differs", "unread", "doubtful", "same version", "no evidence"]

GENERIC = "generic"

_LATER = text("""
    SELECT c.url, c.final_url, c.fetched_at, c.warc, c.record_id, a.url AS address, a.listed
    FROM communique.addresses a
    JOIN communique.captures c ON c.address_id = a.id AND c.fetched_at > :after
    WHERE a.statement_id = :statement AND c.status = 200 AND c.warc IS NOT NULL
      AND c.outcome IN ('new', 'revised', 'unchanged', 'implausible')
    ORDER BY c.fetched_at DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Reread:
    """A wording that stands, read again by today's reader.

    result: equal; differs, in `differs` (title, text, date); unread: today's reader finds nothing
    in the page; doubtful: the generic reader disagrees with what it finds; same version: the very
    version that read it reads it otherwise, which explains nothing; no evidence: the bytes are not
    in the archive, or not whole. found: what was read, where it differs. why: for a person.
    """

    claim: Claim
    result: Result
    differs: tuple[str, ...] = ()
    found: Statement | None = None
    why: str = ""


def reread(
    engine: Engine,
    wanted: Wanted,
    sources: Mapping[str, Source],
    *,
    limit: int = LARGEST,
    processes: int | None = None,
) -> Iterator[Reread]:
    """Reads the wanted wordings again, those that stand, in no certain order, and changes nothing.
    sources: by id. limit: bytes of a page. Streams, in as many processes as there are processors.
    """
    found = passed(
        engine, replace(wanted, standing=True), sources, judge, limit=limit, processes=processes
    )
    for one in found:
        if not isinstance(one, Damage):
            yield _with_newest_date(engine, sources, one, limit)


def judge(piece: Piece) -> list[Reread]:
    """What was read from one record, read again."""
    if piece.response is None:
        return [Reread(claim, "no evidence", why=piece.reason or "") for claim in piece.claims]
    found = Bytes(piece.response)
    return [_judged(claim, piece, found) for claim in piece.claims]


def apply(
    engine: Engine, rereads: Sequence[Reread], topics: Topics, now: datetime
) -> tuple[int, int]:
    """Writes down those that differ, all of these or none, and says how many wordings were stored
    anew, and how many statements only dated anew. now: aware, UTC.

    A statement that has changed since it was read again is left as it is; so nothing is written
    twice, and whoever is killed in between leaves every statement as it was, or as it is now.
    """
    wanted = {(one.claim.source, one.claim.url): one for one in rereads if one.result == "differs"}
    with engine.begin() as connection:
        return _apply(connection, wanted, topics, now)


def _apply(
    connection: Connection,
    wanted: Mapping[tuple[str, str], Reread],
    topics: Topics,
    now: datetime,
) -> tuple[int, int]:
    ledger = open_ledger(connection, {}, wanted.keys(), ())
    reworded = dated = 0
    for key, one in wanted.items():
        standing = ledger.statements.get(key)
        if standing is None or one.found is None or standing.current.id != one.claim.revision:
            continue
        values: dict[str, Any] = {}
        if one.found.sha256 != one.claim.wording:
            wording = standing.wording(one.found.sha256) or _add(standing, one, one.found, now)
            values = wording_values(one.found, topics(one.found), now)
            values |= {"revision_number": wording.number}
            values = {name: values[name] for name in values if name not in _OF_SIGHT}
            reworded += 1
        elif "date" in one.differs:
            dated += 1
        if "date" in one.differs:
            values |= date_values(one.found.published)
        standing.set(values)
    try:
        write_ledger(connection, ledger)
    except Overtaken as error:  # nothing here is new
        raise RuntimeError(str(error)) from error
    return reworded, dated


# What only a visit may say of a statement, and its date, which is decided by itself.
_OF_SIGHT = frozenset(
    ("last_seen_at", "published_at", "published_on", "date_precision", "date_zone",
     "date_zone_assumed", "date_text")
)  # fmt: skip


def _add(standing: Standing, one: Reread, found: Statement, now: datetime) -> Wording:
    """The wording as a revision, proved by the capture that proved the one before."""
    number = max(wording.number for wording in standing.wordings) + 1
    row = {
        "number": number,
        "title": clean(found.title),
        "text": clean(found.text),
        "sha256": found.sha256,
        "seen_at": now,
        "captured_at": one.claim.captured_at,
        "reader": found.reader,
        "backfilled": one.claim.backfilled,
    }
    proof = CaptureNote({"fetched_at": one.claim.captured_at}, one.claim.capture)
    standing.wordings.append(Wording(number, found.sha256, row=row, proof=proof))
    return standing.wordings[-1]


def _judged(claim: Claim, piece: Piece, found: Bytes) -> Reread:
    source = piece.sources.get(claim.source)
    if source is None:
        why = f"{claim.source} is no longer among the sources"
        return Reread(claim, "no evidence", why=why)
    if problems := byte_problems(claim, found.response, piece.flaw):
        return Reread(claim, "no evidence", why="; ".join(problems))
    try:
        statement, differs, now = _read(claim, source, found)
    except ScrapeError as error:
        return Reread(claim, "unread", why=error.reason)
    if not differs:
        return Reread(claim, "equal")
    if statement.reader == claim.reader:
        why = f"{claim.reader} reads it otherwise than it did: was its version left as it was?"
        return Reread(claim, "same version", differs, statement, why)
    if statement.sha256 != claim.wording and not statement.reader.startswith(f"{GENERIC}/"):
        doubt = found.doubt(claim, source, now)
        if doubt is not None:
            return Reread(claim, "doubtful", differs, statement, doubt)
    return Reread(claim, "differs", differs, statement)


def _read(
    claim: Claim, source: Source, found: Bytes
) -> tuple[Statement, tuple[str, ...], datetime]:
    """What today's reader finds, what of it differs, and at which moment. The generic reader stands
    in for it only where it did so before."""
    first: tuple[Statement, tuple[str, ...], datetime] | None = None
    for now in claim.moments:
        try:
            statement = found.statement(claim, source, now, None)
        except ScrapeError:
            if first is not None:
                continue
            if not claim.reader.startswith(f"{GENERIC}/"):
                raise
            statement = found.statement(claim, source, now, GENERIC)
        differs = _taken_over(claim, statement)
        first = first or (statement, differs, now)
        if not differs:
            return statement, (), now
    if first is None:
        raise ValueError(f"revision {claim.revision} has no moment")
    return first


def _taken_over(claim: Claim, found: Statement) -> tuple[str, ...]:
    """What differs and would be taken over: white space is no difference, and a date that is known
    less well than the one we have is none."""
    differs = differences(claim, found)
    if found.sha256 == claim.wording:
        differs = tuple(part for part in differs if part == "date")
    known = PRECISIONS.index(claim.dated["date_precision"])
    if PRECISIONS.index(str(found.published.precision)) < known:
        differs = tuple(part for part in differs if part != "date")
    return differs


def _with_newest_date(
    engine: Engine, sources: Mapping[str, Source], one: Reread, limit: int
) -> Reread:
    """The date is that of the newest reading of a statement, which may be later than the one that
    proves its wording."""
    if one.result not in ("differs", "same version") or "date" not in one.differs:
        return one
    if one.found is None:
        return one
    claim = one.claim
    with engine.connect() as connection:
        asked = {"statement": claim.statement, "after": claim.captured_at}
        row = connection.execute(_LATER, asked).one_or_none()
    if row is None:
        return one
    later = replace(
        claim, asked=row.url, final_url=row.final_url, captured_at=row.fetched_at,
        address=row.address, listed=row.listed or {}, moments=(row.fetched_at,),
    )  # fmt: skip
    found, differs = record(row.warc, row.record_id, limit), one.differs
    try:
        newest = _read(later, sources[claim.source], found)[0] if found is not None else None
    except ScrapeError:
        newest = None
    if newest is not None:
        one = replace(one, found=replace(one.found, published=newest.published))
        differs = _taken_over(claim, replace(one.found or newest, published=newest.published))
    else:
        differs = tuple(part for part in differs if part != "date")
    return replace(one, differs=differs, result=one.result if differs else "equal")


def described(one: Reread) -> str:
    """A date that would change, for a person."""
    if one.found is None or "date" not in one.differs:
        return ""
    return f"{day_of(one.claim.dated)} -> {day_of(date_values(one.found.published))}"
