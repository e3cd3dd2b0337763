"""Many wordings proved, and those that need a closer look given one.

A reader is told what the listing said of a statement. The store keeps what the first listing said;
a later visit may have heard otherwise, and a date may have been put right by a later visit that
read the same wording. So what differs is tried again with what the archive has of that visit before
it is called a failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Engine, text

from communique.evidence.claims import Claim, Wanted, claims, claims_of, lost, without_bytes
from communique.evidence.members import Damage, Member, walk
from communique.evidence.passing import LARGEST, nowhere, passed, pieces
from communique.evidence.proving import Proof, differences, proof_of, prove
from communique.evidence.reading import Bytes, as_spelt
from scrapers.errors import ScrapeError
from scrapers.sources import Source
from scrapers.values import Entry
from scrapers.warc import read_bytes

Verified = Proof | Damage

_LISTINGS = text("""
    SELECT DISTINCT warc, record_id FROM communique.captures
    WHERE run_id = :run AND source_id = :source AND listing IS NOT NULL AND entries > 0
      AND warc IS NOT NULL
    ORDER BY warc, record_id LIMIT 20
""")
# Readings of the statement after the one that proves its wording, the newest first.
_LATER = text("""
    SELECT c.run_id, c.url, c.final_url, c.fetched_at, c.warc, c.record_id,
           a.url AS place,
           a.listed, v.started_at
    FROM communique.addresses a
    JOIN communique.captures c ON c.address_id = a.id AND c.fetched_at > :after
    LEFT JOIN communique.coverage v ON v.run_id = c.run_id AND v.source_id = c.source_id
    WHERE a.statement_id = :statement AND c.status = 200 AND c.warc IS NOT NULL
      AND c.outcome IN ('new', 'revised', 'unchanged', 'implausible')
    ORDER BY c.fetched_at DESC LIMIT 5
""")


def verify_statement(
    engine: Engine, sources: Mapping[str, Source], statement: int, *, limit: int = LARGEST
) -> list[Proof]:
    """The proof of each wording of a statement, in their order; empty: there is no such statement.
    sources: by id. limit: bytes of a page."""
    proofs = [
        _closer(engine, sources, proof, limit)
        for piece in pieces(claims_of(engine, statement), sources, limit=limit)
        for proof in prove(piece)
    ]
    return sorted([*proofs, *_lost(engine, statement)], key=lambda proof: proof.number)


def verify_all(
    engine: Engine,
    sources: Mapping[str, Source],
    *,
    limit: int = LARGEST,
    processes: int | None = None,
    share: tuple[int, int] = (0, 1),
) -> Iterator[Verified]:
    """The proof of every wording in the store, in no certain order, and every place of the files
    that is damaged. Streams: memory holds what is under way. share: only that share of the files
    (`Wanted`); wordings without a file, or lost, are looked at with every share."""
    yield from _lost(engine)
    for claim in without_bytes(engine):
        yield proof_of(claim, problems=[nowhere(claim)])
    wanted = Wanted(share=share)
    for one in passed(engine, wanted, sources, prove, limit=limit, processes=processes):
        yield one if isinstance(one, Damage) else _closer(engine, sources, one, limit)


def record(warc: str, record_id: str, limit: int = LARGEST) -> Bytes | None:
    """A record of the archive; None where it is not there, or not whole."""
    try:
        for one in walk(warc):
            if isinstance(one, Member) and one.record_id == record_id.strip("<>"):
                response = read_bytes(warc, one.offset, one.data, limit)
                return Bytes(response) if response.error is None else None
    except (OSError, ScrapeError):
        return None
    return None


def _lost(engine: Engine, statement: int | None = None) -> Iterator[Proof]:
    for one in lost(engine, statement):
        yield Proof(
            **asdict(one),
            revision=0,
            today=None,
            capture=0,
            warc=None,
            record_id=None,
            body=None,
            problems=("the store has lost this wording",),
        )


def _closer(engine: Engine, sources: Mapping[str, Source], proof: Proof, limit: int) -> Proof:
    """A closer look at a reading that differs though its reader is the same."""
    if proof.holds or proof.reading not in ("differs", "unread"):
        return proof
    found = claims(engine, [proof.revision])
    source = sources.get(proof.source)
    if not found or source is None or proof.warc is None or proof.record_id is None:
        return proof
    bytes_ = record(proof.warc, proof.record_id, limit)
    if bytes_ is None:
        return proof
    claim = found[0]
    left = _least(engine, source, claim, bytes_, limit, proof.differs or ("title", "text"))
    if not left:
        said = "read with what the listing said of it at that visit"
        return replace(proof, reading="same", differs=(), problems=(), notes=(said,))
    if left == ("date",) and _dated_later(engine, source, claim, limit):
        said = "its date was put right by a later reading of the same wording"
        return replace(proof, reading="same", differs=(), problems=(), notes=(said,))
    return proof


def _least(
    engine: Engine,
    source: Source,
    claim: Claim,
    found: Bytes,
    limit: int,
    differs: tuple[str, ...],
) -> tuple[str, ...]:
    """What still differs with what any listing of that visit said of it."""
    least = differs
    for entry in _entries(engine, source, claim, limit):
        for now in claim.moments:
            least = min(least, _differs(claim, source, found, now, entry) or least, key=len)
            if not least:
                return ()
    return least


def _differs(
    claim: Claim, source: Source, found: Bytes, now: Any, entry: Entry | None
) -> tuple[str, ...] | None:
    """What differs in this reading; None: nothing was read."""
    try:
        by = claim.reader.split("/")[0]
        return differences(claim, found.statement(claim, source, now, by, entry))
    except ScrapeError:
        return None


def _entries(engine: Engine, source: Source, claim: Claim, limit: int) -> Iterator[Entry]:
    """What the listings that its run visited said of its address, and, last, nothing at all."""
    with engine.connect() as connection:
        asked = {"run": claim.run, "source": claim.source}
        rows = connection.execute(_LISTINGS, asked).all()
    for row in rows:
        listing = record(row.warc, row.record_id, limit)
        for now in claim.moments if listing is not None else ():
            for named in listing.named(source, now) if listing is not None else ():
                if (entry := named.get(claim.address or "")) is not None:
                    yield as_spelt(entry, claim)
    yield Entry(claim.asked)


def _dated_later(engine: Engine, source: Source, claim: Claim, limit: int) -> bool:
    """Whether a later reading of the same wording brought the date that is stored."""
    with engine.connect() as connection:
        asked = {"statement": claim.statement, "after": claim.captured_at}
        rows = connection.execute(_LATER, asked).all()
    for row in rows:
        later = replace(
            claim,
            run=row.run_id,
            asked=row.url,
            final_url=row.final_url,
            captured_at=row.fetched_at,
            address=row.place,
            listed=row.listed or {},
            moments=tuple(at for at in (row.started_at, row.fetched_at) if at is not None),
        )
        found = record(row.warc, row.record_id, limit)
        if found is None:
            continue
        first = next(iter(later.moments))
        differs = _differs(later, source, found, first, None)
        if differs == () or (differs and not _least(engine, source, later, found, limit, differs)):
            return True
    return False
