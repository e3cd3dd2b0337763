"""A capture as the store knows it, and its record as the archive has it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, text

from communique.evidence.members import Member
from communique.evidence.records import RecordError, find_record, response_of
from scrapers.look import is_html
from scrapers.values import Capture
from scrapers.warc import ArchivedResponse

Kind = Literal["page", "text", "pdf", "other"]
MOST_OTHERS = 20  # visits of the same address, and wordings, that are listed
_TEXTS = ("json", "xml", "text/")

_CAPTURE = text("""
    SELECT c.*, o.publisher, u.key AS run_key, u.kind AS run_kind, a.statement_id,
           s.title AS statement_title
    FROM communique.captures c
    JOIN communique.sources o ON o.id = c.source_id
    JOIN communique.runs u ON u.id = c.run_id
    LEFT JOIN communique.addresses a ON a.id = c.address_id
    LEFT JOIN communique.statements s ON s.id = a.statement_id
    WHERE c.id = :id AND (CAST(:moment AS timestamptz) IS NULL OR c.fetched_at = :moment)
""")
# When it was fetched, as far as wordings tell: the planner then looks at that month alone.
_MOMENT = text("SELECT captured_at FROM communique.revisions WHERE capture_id = :id LIMIT 1")
_WORDINGS = text("""
    SELECT r.statement_id, r.number, r.title, r.reader, s.language,
           r.number = s.revision_number AS stands
    FROM communique.revisions r JOIN communique.statements s ON s.id = r.statement_id
    WHERE r.capture_id = :id ORDER BY r.statement_id, r.number LIMIT :most
""")
_VISITS = text("""
    SELECT id, fetched_at, status, outcome FROM communique.captures
    WHERE address_id = :address AND id <> :id ORDER BY fetched_at DESC LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a capture. wordings: those read from it; visits: other captures of
    the same address, the latest first; at most MOST_OTHERS of each."""

    facts: Mapping[str, Any]
    wordings: Sequence[Mapping[str, Any]]
    visits: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Archived:
    """What the archive has of a capture."""

    member: Member
    response: ArchivedResponse

    @property
    def kind(self) -> Kind:
        """What can be made of it: only a web page is shown as one."""
        body, said = self.response.body, self.content_type.lower()
        if body.startswith(b"%PDF"):
            return "pdf"
        if is_html(_capture(self.response)):
            return "page"
        return "text" if any(each in said for each in _TEXTS) else "other"

    @property
    def content_type(self) -> str:
        """As the server said, or empty."""
        return self.response.headers.get("content-type", "")


def known_capture(connection: Connection, capture: int) -> Known | None:
    """What the store knows of a capture; None: there is none of that number."""
    moment = connection.execute(_MOMENT, {"id": capture}).scalar()
    found = connection.execute(_CAPTURE, {"id": capture, "moment": moment})
    facts = found.mappings().one_or_none()
    if facts is None:
        return None
    asked = {"id": capture, "address": facts["address_id"], "most": MOST_OTHERS}
    visits = connection.execute(_VISITS, asked) if facts["address_id"] is not None else None
    return Known(
        facts=dict(facts),
        wordings=[dict(row) for row in connection.execute(_WORDINGS, asked).mappings()],
        visits=[dict(row) for row in visits.mappings()] if visits is not None else (),
    )


def record_of(known: Known) -> Member:
    """The record of a capture as it lies in the archive. Raises RecordError."""
    facts = known.facts
    if not facts["warc"] or not facts["record_id"]:
        because = f": {facts['error']}" if facts["error"] else ""
        raise RecordError(f"Nothing was archived at this visit{because}.")
    return find_record(facts["warc"], facts["record_id"])


def archived(known: Known, limit: int) -> Archived:
    """What the server answered at a capture, as far as it is what was noted then. limit: bytes of
    the page. Raises RecordError where it is not there, not whole, or not the same."""
    member = record_of(known)
    response = response_of(member, limit)
    if response.error is not None:
        raise RecordError(f"The archived page is not whole: {response.error.reason}")
    noted = known.facts["sha256"]
    if noted and hashlib.sha256(response.body).hexdigest() != noted:
        raise RecordError(
            "The archived page is not the one that was fetched: its SHA-256 is not the one that "
            "was noted then. The record can be downloaded all the same."
        )
    return Archived(member, response)


def _capture(response: ArchivedResponse) -> Capture:
    return Capture(
        url=response.place.url,
        final_url=response.place.url,
        fetched_at=response.fetched_at,
        status=response.status,
        headers=response.headers,
        body=response.body,
    )
