"""One record of the archive, for somebody who wants to see it now: found or not, and then why."""

from __future__ import annotations

import time
import zlib

from communique.evidence.members import Damage, Member, walk
from scrapers.errors import NotInArchive
from scrapers.warc import ArchivedResponse, read_bytes

# Seconds that a file is read through for a record: nobody waits longer for a page.
PATIENCE = 15.0


class RecordError(Exception):
    """There is no such record, or it is not what it was; the message says what to do."""


def find_record(warc: str, record_id: str, patience: float = PATIENCE) -> Member:
    """The record of an archive, by the address of its file and its id (urn:uuid:...). Reads the
    file from its start, for at most so many seconds. Raises RecordError."""
    wanted, damaged = record_id.strip("<>"), list[Damage]()
    until = time.monotonic() + patience
    try:
        for one in walk(warc):
            if isinstance(one, Damage):
                damaged.append(one)
            elif one.record_id == wanted:
                return one
            if time.monotonic() > until:
                raise RecordError(
                    f"{warc} is so large that the record was not reached in {patience:g} seconds. "
                    "communique verify reads it without haste."
                )
    except FileNotFoundError as error:
        raise RecordError(
            f"{warc} is not in the archive. Was it moved, or pruned? COMMUNIQUE_ARCHIVE_URL says "
            "where new files go; the store keeps the address that each had."
        ) from error
    except RecordError:
        raise
    except Exception as error:  # whatever a store of files raises where it does not answer
        raise RecordError(
            f"{warc} cannot be read: {type(error).__name__}: {error}"[:500]
        ) from error
    where = f"; it is damaged at byte {damaged[0].offset:,}" if damaged else ""
    raise RecordError(
        f"{warc} holds no whole record {wanted}{where}. A copy of the archive may still have it; "
        "communique verify --all names all that is damaged."
    )


def response_of(member: Member, limit: int) -> ArchivedResponse:
    """What the server answered, as the record has it. limit: bytes of the page. Raises RecordError
    where the record is damaged, or its digest says that it is not what was written."""
    try:
        found = read_bytes(member.warc, member.offset, member.data, limit)
    except NotInArchive as error:
        raise RecordError(f"The record is damaged: {error.reason}") from error
    if found.intact is False:
        raise RecordError("The record was changed: its digest is not that of its bytes.")
    return found


def gzipped(member: Member) -> bytes:
    """A record as a WARC file of its own, as it lies in the archive where that is gzipped."""
    if member.raw is not member.data:
        return member.raw
    pack = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return pack.compress(member.data) + pack.flush()
