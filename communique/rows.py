"""Values as columns, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from scrapers.values import Capture, Entry, Precision, Published, Statement


def wording_values(found: Statement, topics: Sequence[str], now: datetime) -> dict[str, Any]:
    """The columns of a statement that belong to its current wording."""
    return date_values(found.published) | {
        "title": clean(found.title),
        "text": clean(found.text),
        "language": found.language,
        "last_seen_at": now,
        "topics": list(topics),
        "reader": found.reader,
    }


def date_values(published: Published) -> dict[str, Any]:
    """The columns of a statement that tell its date."""
    return {
        "published_at": published.at,
        "published_on": published.on,
        "date_precision": str(published.precision),
        "date_zone": published.zone,
        "date_zone_assumed": published.zone_assumed,
        "date_text": clean(published.text) if published.text else None,
    }


def capture_values(
    capture: Capture | None,
    url: str | None,
    error: Exception | None,
    now: datetime,
    suspect: str | None = None,
) -> dict[str, Any]:
    """The columns of a capture; without one (robots.txt said no) what was asked for, and when."""
    row: dict[str, Any] = {
        "url": clean(url or ""),
        "fetched_at": now,
        "error": clean(str(error)) if error else None,
        "suspect": clean(suspect) if suspect else None,
    }
    if capture is None:
        return row
    return row | {
        "final_url": clean(capture.final_url),
        "fetched_at": capture.fetched_at,
        "status": capture.status,
        "sha256": capture.sha256 if capture.body else None,
        "size": len(capture.body),
        "warc": capture.warc,
        "record_id": capture.record_id,
    }


def listed_facts(entry: Entry) -> dict[str, Any]:
    """What a listing said of an address, so that a later visit knows it too."""
    facts: dict[str, Any] = {}
    if entry.title:
        facts["title"] = clean(entry.title)
    if entry.published:
        facts["published"] = {
            "precision": str(entry.published.precision),
            "on": entry.published.on.isoformat() if entry.published.on else None,
            "at": entry.published.at.isoformat() if entry.published.at else None,
            "text": clean(entry.published.text) if entry.published.text else None,
            "zone": entry.published.zone,
            "zone_assumed": entry.published.zone_assumed,
        }
    return facts


def clean(value: str) -> str:
    """The text as PostgreSQL can hold it: no NUL, no lone surrogate."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def listed_entry(url: str, listed: Mapping[str, Any]) -> Entry:
    """The entry that `listed_facts` was made from."""
    facts = listed.get("published")
    published = None
    if facts:
        published = Published(
            precision=Precision(facts["precision"]),
            on=date.fromisoformat(facts["on"]) if facts["on"] else None,
            at=datetime.fromisoformat(facts["at"]) if facts["at"] else None,
            text=facts["text"],
            zone=facts["zone"],
            zone_assumed=facts["zone_assumed"],
        )
    return Entry(url=url, title=listed.get("title"), published=published)
