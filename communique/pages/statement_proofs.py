"""A statement's evidence, proved or packed while somebody waits: within bounds, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fastapi import HTTPException
from sqlalchemy import Engine

from communique.database import StoreError
from communique.evidence.bundle import bundle
from communique.evidence.claims import claims_of
from communique.evidence.proving import Proof
from communique.evidence.verifying import verify_statement
from communique.settings import Settings
from scrapers.errors import SourceFactsError
from scrapers.facts import load_sources
from scrapers.sources import Source
from scrapers.storage import size_of

# More than this is the command line's work: wordings, and bytes of the files that they lie in.
MOST_WORDINGS, LARGEST_FILES = 40, 400_000_000
# Each reads whole files and parses pages; more at once would starve who only wants to look.
_TURNS = threading.BoundedSemaphore(2)
_PATIENCE = 10.0  # seconds that somebody waits for his turn


def proofs_of(engine: Engine, settings: Settings, statement: int) -> list[Proof]:
    """The proof of each wording. Raises HTTPException: 404 no such statement, 409 more than may be
    done here, 503 others are at it."""
    with _bounded(engine, statement, f"communique verify {statement}"):
        sources = _sources(settings)
        return verify_statement(engine, sources, statement, limit=settings.max_body)


def bundle_of(engine: Engine, settings: Settings, statement: int) -> bytes:
    """The zip of its evidence. Raises HTTPException, as above, and 409 where it does not hold."""
    with _bounded(engine, statement, f"communique export --evidence {statement}"):
        try:
            return bundle(engine, _sources(settings), statement, limit=settings.max_body)
        except StoreError as error:
            raise HTTPException(409, str(error)) from error


@contextmanager
def _bounded(engine: Engine, statement: int, command: str) -> Iterator[None]:
    found = claims_of(engine, statement)
    if not found:
        raise HTTPException(404, f"There is no statement {statement}.")
    size = sum(map(_size, {claim.warc for claim in found if claim.warc}))
    if len(found) > MOST_WORDINGS or size > LARGEST_FILES:
        raise HTTPException(
            409,
            f"Its {len(found)} wordings lie in {size:,} bytes of archive: too much to be read "
            f"through while you wait. On the command line: {command}",
        )
    if not _TURNS.acquire(timeout=_PATIENCE):
        raise HTTPException(503, "Others are having evidence verified. Try again in a minute.")
    try:
        yield
    finally:
        _TURNS.release()


def _sources(settings: Settings) -> Mapping[str, Source]:
    try:
        return {source.id: source for source in load_sources(settings.sources)}
    except SourceFactsError as error:
        said = f"The source facts cannot be used, so that nothing is read again: {error}"
        raise HTTPException(409, said) from error


def _size(warc: str) -> int:
    """Bytes of a file of the archive; 0 where it is not there, which the proof will say."""
    try:
        return size_of(warc)
    except Exception:  # whatever a store of files raises; the proof says what
        return 0
