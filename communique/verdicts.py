"""Whether a wording is news to a subscription, and if not, why. Pure: knows no store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from enum import StrEnum
from typing import Any

from communique.mail.dates import time_zone
from communique.passages import Wording, matched_passages, words_of
from communique.rules import Hit

LATE_AFTER_DAYS = 7


class Held(StrEnum):
    """Why a match is not told."""

    BACKFILL = "backfill"
    SAME_STORY = "same story"
    SAME_PASSAGE = "same passage"
    REREAD = "read by another reader: no edit of the publisher's"
    SEVERITY = "below the subscription's severity"
    RULES = "other rules are subscribed to"
    COUNTRIES = "other countries are subscribed to"
    UNCONFIRMED = "address not confirmed"
    PAUSED = "subscription paused"
    ENDED = "subscription ended"
    DISABLED = "address disabled"
    RESTORED = "told before the store was restored"
    RETURNED = "stood again before its withdrawal was told"


@dataclass(frozen=True, slots=True)
class Finding:
    """What chosen rules found in a wording, and in the one before it.

    first: it is the statement's first wording. edited: a matched passage was changed, put in or
    taken out, or another rule holds now. change: names the edit: equal for the same edit of the
    same passages that makes the same rules hold.
    """

    first: bool
    backfilled: bool
    hits: tuple[Hit, ...]
    before: tuple[Hit, ...] = ()
    edited: bool = True
    change: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """kind: of the delivery, `new` or `wording`. held: why it is not sent; None: it is."""

    kind: str
    held: Held | None


def compared(
    wording: Wording,
    hits: tuple[Hit, ...],
    earlier: Wording,
    before: tuple[Hit, ...],
    *,
    backfilled: bool,
) -> Finding:
    """What rules found in an edited wording (hits) and in the one before it."""
    words, words_before = _words(wording, hits), _words(earlier, before)
    another = {_name(hit) for hit in hits} - {_name(hit) for hit in before}
    edited = words != words_before or bool(another)
    change = _digest(words_before, words, another)
    return Finding(False, backfilled, hits, before, edited, change)


def verdict(finding: Finding, *, told: bool, reread: bool = False) -> Verdict:
    """The verdict for one subscription. told: it was told of the story before. reread: another
    reader, or another version of it, has read the wording before.

    The first wording of a statement is `new`, once per story. An edit is `wording` where it
    touches a passage that matched, or makes a rule hold in a story that was told; where nothing of
    the story was told and nothing matched before, the story is new after all. What another reader
    reads otherwise is no edit; a story that only it has read so that a rule holds is new.
    """
    edit = Held.REREAD if reread else None
    if finding.before:
        kind, held = "wording", edit if finding.edited else Held.SAME_PASSAGE
    elif told:
        kind, held = ("new", Held.SAME_STORY) if finding.first else ("wording", edit)
    else:
        kind, held = "new", None
    return Verdict(kind, Held.BACKFILL if finding.backfilled else held)


def is_late(published_on: date | None, first_seen_at: datetime, zone: str) -> bool:
    """Whether a statement was first seen (aware) more than a week after its day of publication in
    `zone`. Unknown dates are not late."""
    if published_on is None:
        return False
    seen_on = first_seen_at.astimezone(time_zone(zone) or timezone.utc).date()
    return (seen_on - published_on).days > LATE_AFTER_DAYS


def spans_of(hits: Iterable[Hit]) -> list[dict[str, Any]]:
    """The hits' spans as the store keeps them."""
    return [
        {"field": span.field, "start": span.start, "end": span.end}
        for hit in hits
        for span in hit.spans
    ]


def _name(hit: Hit) -> tuple[str, str]:
    return hit.rule.watchlist, hit.rule.id


def _words(wording: Wording, hits: Sequence[Hit]) -> frozenset[tuple[str, str]]:
    return words_of(wording, matched_passages(wording, spans_of(hits)))


def _digest(*parts: Iterable[tuple[str, str]]) -> str:
    readable = repr([sorted(part) for part in parts])
    return hashlib.sha256(readable.encode("utf-8", "surrogatepass")).hexdigest()[:12]
