"""The archive passed through once: each file that is wanted opened once, each wanted record handed,
with the wordings that were read from it, to whoever judges them, in several processes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TypeVar

from sqlalchemy import Engine

from communique.evidence.claims import Claim, Wanted, claims
from communique.evidence.members import Damage, Member, walk
from scrapers.errors import NotInArchive
from scrapers.sources import Source
from scrapers.warc import ArchivedResponse, read_bytes

Result = TypeVar("Result")

# So much is handed to a process at once, in wordings and in bytes.
_WORDINGS, _BYTES = 64, 4_000_000
# Fewer wordings are judged here: another process takes a second to begin.
_FEW = 200
_MOST_PROCESSES = 8
# The default limit of a page (COMMUNIQUE_MAX_BODY); what was read was no longer than that.
LARGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """One record, and the wordings that were read from it. response: as archived; None where it is
    not there, for the reason in `reason`. flaw: what is odd about the record. sources: those of
    the claims that are still among the facts."""

    claims: tuple[Claim, ...]
    sources: Mapping[str, Source]
    response: ArchivedResponse | None = None
    flaw: str | None = None
    reason: str | None = None


Judge = Callable[[Piece], list[Result]]


@dataclass(slots=True)
class _Lot:
    """Records to be judged together."""

    records: list[tuple[Member | str, tuple[Claim, ...]]] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)


def passed(
    engine: Engine,
    wanted: Wanted,
    sources: Mapping[str, Source],
    judge: Judge[Result],
    *,
    limit: int = LARGEST,
    processes: int | None = None,
) -> Iterator[Result | Damage]:
    """What `judge` (importable, since other processes call it) makes of every wanted wording, in no
    certain order, and the places of the files that hold no whole record.

    sources: by id. limit: bytes of a page. processes: as many as there are processors, at most
    eight; none where there is little to do. Memory holds a few pages for each process.
    """
    files = wanted.files(engine)
    lots = _lots(engine, wanted, sources, (warc for warc, _ in files))
    most = processes if processes is not None else min(_processors(), _MOST_PROCESSES)
    if most < 2 or sum(number for _, number in files) < _FEW:
        for lot in lots:
            yield from [lot] if isinstance(lot, Damage) else _judged(judge, lot, limit)
        return
    with ProcessPoolExecutor(most, mp_context=get_context("spawn")) as pool:
        under_way: deque[Future[list[Result]]] = deque()
        for lot in lots:
            if isinstance(lot, Damage):
                yield lot
                continue
            under_way.append(pool.submit(_judged, judge, lot, limit))
            while len(under_way) > 3 * most:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()


def pieces(
    found: Iterable[Claim], sources: Mapping[str, Source], *, limit: int = LARGEST
) -> Iterator[Piece]:
    """The records of a few wordings, each with those that were read from it."""
    by_file: dict[str, dict[str, list[Claim]]] = {}
    for claim in found:
        if claim.warc and claim.record_id:
            records = by_file.setdefault(claim.warc, {})
            records.setdefault(claim.record_id.strip("<>"), []).append(claim)
        else:
            yield Piece((claim,), sources, reason=nowhere(claim))
    for warc, records in sorted(by_file.items()):
        for member, ids in _met(warc, set(records)):
            if isinstance(member, Damage):
                continue
            for record_id in ids:
                yield _piece(member, tuple(records[record_id]), sources, limit)


def nowhere(claim: Claim) -> str:
    """Why nothing can be looked up for a claim."""
    if not claim.captured:
        return f"capture {claim.capture} is not in the store"
    return f"capture {claim.capture} names no record of an archive"


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _judged(judge: Judge[Result], lot: _Lot, limit: int) -> list[Result]:
    return [
        result
        for member, found in lot.records
        for result in judge(_piece(member, found, lot.sources, limit))
    ]


def _piece(
    member: Member | str, found: tuple[Claim, ...], sources: Mapping[str, Source], limit: int
) -> Piece:
    if isinstance(member, str):
        return Piece(found, sources, reason=member)
    try:
        response = read_bytes(member.warc, member.offset, member.data, limit)
    except NotInArchive as error:
        return Piece(found, sources, reason=f"the record was changed: {error.reason}")
    return Piece(found, sources, response, member.flaw)


def _lots(
    engine: Engine, wanted: Wanted, sources: Mapping[str, Source], files: Iterable[str]
) -> Iterator[_Lot | Damage]:
    for warc in files:
        ids = wanted.in_file(engine, warc)
        held: list[tuple[Member | str, list[int]]] = []
        for member, records in _met(warc, set(ids)):
            if isinstance(member, Damage):
                yield member
                continue
            held.append((member, [one for record_id in records for one in ids[record_id]]))
            if _is_much(held):
                yield _lot(engine, held, sources)
                held = []
        if held:
            yield _lot(engine, held, sources)


def _is_much(held: list[tuple[Member | str, list[int]]]) -> bool:
    size = sum(len(one.data) for one, _ in held if isinstance(one, Member))
    return size >= _BYTES or sum(len(found) for _, found in held) >= _WORDINGS


def _lot(
    engine: Engine, held: list[tuple[Member | str, list[int]]], sources: Mapping[str, Source]
) -> _Lot:
    found = {one.revision: one for one in claims(engine, [r for _, ids in held for r in ids])}
    records = [
        (member, tuple(found[number] for number in ids if number in found)) for member, ids in held
    ]
    named = {claim.source for claim in found.values()}
    return _Lot(records, {name: sources[name] for name in named if name in sources})


def _met(warc: str, left: set[str]) -> Iterator[tuple[Member | Damage | str, list[str]]]:
    """The records of a file that are wanted, and its damage; in the end, why the rest is not
    there."""
    damaged: list[Damage] = []
    why = "the record is not in the file"
    try:
        for one in walk(warc):
            if isinstance(one, Damage):
                damaged.append(one)
                yield one, []
            elif (record_id := one.record_id) in left:
                left.discard(record_id)
                yield one, [record_id]
    except FileNotFoundError:
        why = "the file is not in the archive"
    except Exception as error:  # whatever a store of files raises where it does not answer
        why = f"the file cannot be read: {type(error).__name__}: {error}"[:300]
    if left:
        where = f"; at byte {damaged[0].offset} it is damaged" if damaged else ""
        yield f"{why}{where}", sorted(left)
