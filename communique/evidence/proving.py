"""The claim against the bytes: what does not hold, in words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urldefrag, urlsplit

from communique.evidence.claims import Claim, day_of
from communique.evidence.passing import Piece
from communique.evidence.reading import Bytes
from communique.rows import clean, date_values
from scrapers.addresses import canonical
from scrapers.errors import ScrapeError
from scrapers.readers import readers
from scrapers.sources import Source
from scrapers.values import Statement, wording_sha256
from scrapers.warc import ArchivedResponse

Reading = Literal["same", "differs", "unread", "not read"]


@dataclass(frozen=True, slots=True)
class Proof:
    """How a wording's evidence stands.

    problems: what does not hold; none: it is proved. reader: who read it, with the version; today:
    the same reader's version today, None where it is not there any more. reading: what it makes of
    the bytes today, against what is stored: same, differs, unread (nothing any more), or not read.
    Another version may well differ; the same one must not. differs: what does, of title, text and
    date. notes: what else is to be said.
    """

    statement: int
    number: int
    revision: int
    source: str
    url: str
    reader: str
    today: str | None
    capture: int
    warc: str | None
    record_id: str | None
    body: str | None
    reading: Reading = "not read"
    differs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.problems


def prove(piece: Piece) -> list[Proof]:
    """The proofs of all wordings that were read from one record."""
    if piece.response is None:
        return [_missing(claim, piece) for claim in piece.claims]
    found = Bytes(piece.response)
    return [_proof(claim, piece, found) for claim in piece.claims]


def proof_of(
    claim: Claim,
    *,
    reading: Reading = "not read",
    differs: Sequence[str] = (),
    problems: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Proof:
    """The proof of a claim with this result."""
    return Proof(
        claim.statement,
        claim.number,
        claim.revision,
        claim.source,
        claim.url,
        claim.reader,
        today(claim),
        claim.capture,
        claim.warc,
        claim.record_id,
        claim.body,
        reading,
        tuple(differs),
        tuple(problems),
        tuple(notes),
    )


def today(claim: Claim) -> str | None:
    """The reader of that name as it is today; None: there is none."""
    known = readers().get(claim.reader.split("/")[0])
    return known.id if known is not None else None


def differences(claim: Claim, found: Statement) -> tuple[str, ...]:
    """What was read otherwise than it is stored: title, text, date. The date is that of the
    statement, and so of the wording that stands."""
    dated = date_values(found.published)
    parts = {
        "title": clean(found.title) != claim.title,
        "text": clean(found.text) != claim.text,
        "date": claim.stands and any(dated[name] != claim.dated[name] for name in dated),
    }
    return tuple(name for name, differ in parts.items() if differ)


def byte_problems(claim: Claim, response: ArchivedResponse, flaw: str | None) -> list[str]:
    """What speaks against the record itself."""
    place, problems = response.place, [f"the record was changed: {flaw}"] if flaw else []
    if response.intact is False:
        problems.append("the record was changed: its digest is not that of its bytes")
    if response.error is not None:
        problems.append(f"the record was changed: {response.error.reason}")
    elif hashlib.sha256(response.body).hexdigest() != claim.body:
        problems.append("the page's SHA-256 is not the one that was noted when it was fetched")
    if place.fetched_at != claim.captured_at:
        at = f"{place.fetched_at.isoformat()}, noted was {claim.captured_at.isoformat()}"
        problems.append(f"the record's date is {at}")
    if claim.status is not None and place.status != claim.status:
        problems.append(f"the record's status is {place.status}, noted was {claim.status}")
    if not place.rendered and claim.final_url and _place(place.url) != _place(claim.final_url):
        problems.append(f"the record is of {place.url}, noted was {claim.final_url}")
    return problems


def _missing(claim: Claim, piece: Piece) -> Proof:
    reason = piece.reason or "the record is not there"
    if claim.writing:
        return proof_of(claim, notes=[f"{reason}: its run may still be writing the archive"])
    return proof_of(claim, problems=[reason])


def _proof(claim: Claim, piece: Piece, found: Bytes) -> Proof:
    problems = byte_problems(claim, found.response, piece.flaw)
    if not claim.shown:
        problems.append("the statement's row shows another title or text than its wording")
    if wording_sha256(claim.title, claim.text) != claim.wording:
        problems.append("the wording's SHA-256 is not that of its title and text")
    source = piece.sources.get(claim.source)
    if source is not None and not _stands_there(claim, source):
        problems.append(f"the statement's address is not that of its page, {claim.address}")
    if claim.visited_for not in (None, claim.source):
        problems.append(f"its page was fetched for {claim.visited_for}, it is said to be another's")
    if problems:
        return proof_of(claim, problems=problems)
    if source is None:
        said = f"{claim.source} is no longer among the sources: its page was not read again"
        return proof_of(claim, notes=[said])
    return read_proof(claim, source, found)


def read_proof(claim: Claim, source: Source, found: Bytes) -> Proof:
    """The proof of a claim whose bytes hold: they are read again by the reader of its name."""
    now_by = today(claim)
    if now_by is None:
        said = f"reader {claim.reader} is not there any more: its page was not read again"
        return proof_of(claim, notes=[said])
    read, differs = _read(claim, source, found)
    if isinstance(read, str):
        return _judged(claim, "unread", (), f"{now_by} finds nothing in it: {read}")
    if not differs:
        return _judged(claim, "same", (), "")
    return _judged(claim, "differs", differs, _how(claim, read, differs))


def _read(claim: Claim, source: Source, found: Bytes) -> tuple[Statement | str, tuple[str, ...]]:
    """What is read, and what of it differs, at the moment that fits best; or why nothing is."""
    best: tuple[Statement | str, tuple[str, ...]] | None = None
    for now in claim.moments:
        try:
            statement = found.statement(claim, source, now, claim.reader.split("/")[0])
        except ScrapeError as error:
            best = best or (error.reason, ())
            continue
        differs = differences(claim, statement)
        if not differs:
            return statement, ()
        if best is None or isinstance(best[0], str):
            best = (statement, differs)
    return best or ("no moment is known", ())


def _judged(claim: Claim, reading: Reading, differs: Sequence[str], why: str) -> Proof:
    now_by = today(claim)
    if now_by == claim.reader:
        problems = [f"what {now_by} reads in it is not what is stored: {why}"] if why else []
        return proof_of(claim, reading=reading, differs=differs, problems=problems)
    said = {"same": "the same", "differs": why, "unread": why}[reading]
    note = f"read by {claim.reader}, which is {now_by} now: {said}"
    return proof_of(claim, reading=reading, differs=differs, notes=[note])


def _how(claim: Claim, found: Statement, differs: Sequence[str]) -> str:
    said = f"another {' and '.join(differs)}"
    if "date" in differs:
        dated: Mapping[str, object] = date_values(found.published)
        said += f" ({day_of(dated)}, stored is {day_of(claim.dated)})"
    return said


def _stands_there(claim: Claim, source: Source) -> bool:
    """Whether a statement's address is the one that was visited, or the one that this led to. Where
    the store does not say what was visited, nothing speaks against it."""
    if claim.address in (None, claim.url) or claim.final_url is None:
        return True
    try:
        led_to = canonical(claim.final_url, source)
    except ScrapeError:
        led_to = claim.final_url
    return claim.url == led_to or _place(claim.url) == _place(claim.final_url)


def _place(url: str) -> tuple[str, str, str]:
    """An address as an archive may spell it: without scheme and fragment."""
    try:
        parts = urlsplit(urldefrag(url).url)
        return (parts.hostname or "", unquote(parts.path) or "/", unquote(parts.query))
    except ValueError:
        return ("", url, "")
