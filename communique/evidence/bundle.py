"""One statement's evidence in a file, for somebody who has nothing of this: a zip that is verified
with unzip, sha256sum, zcat and warcio. The same statement gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from string import Template
from typing import Any

from sqlalchemy import Engine

from communique.database import StoreError
from communique.evidence.claims import Claim, claims_of
from communique.evidence.members import Member, walk
from communique.evidence.passing import LARGEST
from communique.evidence.proving import Proof
from communique.evidence.records import gzipped
from communique.evidence.verifying import verify_statement
from scrapers.sources import Source
from scrapers.warc import ArchivedResponse, read_bytes

# A zip knows no time before it; the evidence's own times are in the statement.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_WARC = "evidence.warc.gz"
_SUFFIXES = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/pdf": "pdf",
    "application/json": "json",
    "application/rss+xml": "xml",
    "application/atom+xml": "xml",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/plain": "txt",
}


@dataclass(frozen=True, slots=True)
class _Record:
    """A response of the bundle: where it begins in the bundle's WARC file, and its page."""

    response: ArchivedResponse
    offset: int
    name: str


def bundle(
    engine: Engine, sources: Mapping[str, Source], statement: int, *, limit: int = LARGEST
) -> bytes:
    """The zip of a statement's evidence. sources: by id. limit: bytes of a page.

    Raises StoreError where there is no such statement, or where its evidence does not hold, saying
    what does not: a bundle that proves nothing is none.
    """
    found = claims_of(engine, statement)
    if not found:
        raise StoreError(f"There is no statement {statement}.")
    proofs = verify_statement(engine, sources, statement, limit=limit)
    broken = [proof for proof in proofs if not proof.holds or proof.body is None]
    if broken:
        why = "; ".join(f"wording {one.number}: {', '.join(one.problems)}" for one in broken)
        raise StoreError(f"The evidence of statement {statement} does not hold: {why}")
    warc, records = _archive(found, limit)
    publisher = sources[found[0].source].publisher if found[0].source in sources else None
    said = _statement(found, proofs, records, publisher)
    files = {f"payload/{one.name}": one.response.body for one in records.values()}
    files |= {_WARC: warc, "statement.json": _json(said)}
    files["README.txt"] = _readme(found, said, records)
    sums = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    files["SHA256SUMS"] = "".join(sums).encode()
    return _zip(f"statement-{statement}", files)


def _archive(found: Sequence[Claim], limit: int) -> tuple[bytes, dict[str, _Record]]:
    """The records as they lie in the archive, each response with its request, and its file's
    description before them."""
    wanted: dict[str, set[str]] = {}
    for claim in found:
        if claim.warc and claim.record_id:
            wanted.setdefault(claim.warc, set()).add(claim.record_id.strip("<>"))
    out, records = io.BytesIO(), dict[str, _Record]()
    for warc, ids in sorted(wanted.items()):
        for member in _of(warc, ids):
            if member.record_id in ids and member.record_id not in records:
                response = read_bytes(warc, member.offset, member.data, limit)
                name = f"page-{len(records) + 1}.{_suffix(response)}"
                records[member.record_id] = _Record(response, out.tell(), name)
            out.write(gzipped(member))
    return out.getvalue(), records


def _of(warc: str, ids: set[str]) -> list[Member]:
    """What belongs to these responses in a file, in its order."""
    kept: list[Member] = []
    for one in walk(warc):
        if not isinstance(one, Member):
            continue
        fields = one.fields
        about = fields.get("warc-concurrent-to", "").strip("<>")
        described = fields.get("warc-type") == "warcinfo" and not kept
        if one.record_id in ids or about in ids or described:
            kept.append(one)
    return kept


def _suffix(response: ArchivedResponse) -> str:
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if response.body.startswith(b"%PDF"):
        return "pdf"
    return _SUFFIXES.get(kind, "bin")


def _statement(
    found: Sequence[Claim],
    proofs: Sequence[Proof],
    records: Mapping[str, _Record],
    publisher: str | None,
) -> dict[str, Any]:
    last = next((claim for claim in found if claim.stands), found[-1])
    return {
        "statement": last.statement,
        "source": last.source,
        "publisher": publisher,
        "url": last.url,
        "current_wording": last.number,
        "date_of_publication": dict(last.dated),
        "wordings": [
            _wording(claim, proof, records) for claim, proof in zip(found, proofs, strict=True)
        ],
    }


def _wording(claim: Claim, proof: Proof, records: Mapping[str, _Record]) -> dict[str, Any]:
    record = records[(claim.record_id or "").strip("<>")]
    digest = record.response.payload_digest
    return {
        "number": claim.number,
        "title": claim.title,
        "text": claim.text,
        "sha256_of_wording": claim.wording,
        "first_seen_at": claim.seen_at,
        "read_by": claim.reader,
        "read_again_by": proof.today,
        "read_again": proof.reading,
        "notes": list(proof.notes),
        "capture": {
            "number": claim.capture,
            "address_asked_for": claim.asked,
            "address_that_answered": record.response.place.url,
            "fetched_at": claim.captured_at,
            "http_status": claim.status,
            "http_headers": dict(record.response.headers),
            "sha256_of_page": claim.body,
            "page": f"payload/{record.name}",
            "warc_file": _WARC,
            "warc_offset": record.offset,
            "warc_record_id": claim.record_id,
            "warc_payload_digest": digest,
            "rendered_by_a_browser": record.response.place.rendered,
            "archived_in": (claim.warc or "").rsplit("/", 1)[-1],
        },
    }


def _readme(
    found: Sequence[Claim], said: Mapping[str, Any], records: Mapping[str, _Record]
) -> bytes:
    checks = "\n".join(
        f"    python -m warcio.cli extract --payload {_WARC} {one.offset} | sha256sum\n"
        f"        expected: {hashlib.sha256(one.response.body).hexdigest()} (payload/{one.name})"
        for one in records.values()
    )
    template = (Path(__file__).parent / "README.template.txt").read_text(encoding="utf-8")
    return (
        Template(template)
        .substitute(
            statement=said["statement"],
            url=said["url"],
            publisher=said["publisher"] or said["source"],
            wordings=len(found),
            checks=checks,
        )
        .encode()
    )


def _json(value: object) -> bytes:
    written = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=False, default=_plain)
    return f"{written}\n".encode("utf-8", "replace")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _zip(folder: str, files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in ("README.txt", *sorted(set(files) - {"README.txt"})):
            info = zipfile.ZipInfo(f"{folder}/{name}", _EPOCH)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, files[name], compresslevel=9)
    return out.getvalue()
