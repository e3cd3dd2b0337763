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


@dataclass(frozen=True, slots=True)
class Finding:
    """What one watchlist's rules found in a wording, and in the one before it.

    number: of the revision. edited: a matched passage was changed, put in or taken out, or another
    rule holds now. change: names the edit: equal for the same edit of the same passages.
    """

    watchlist: str
    number: int
    backfilled: bool
    hits: tuple[Hit, ...]
    before: tuple[Hit, ...]
    edited: bool
    change: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """kind: of the delivery, `new` or `wording`. held: why it is not sent; None: it is."""

    kind: str
    held: Held | None


def findings(
    number: int,
    backfilled: bool,
    wording: Wording,
    hits: Sequence[Hit],
    earlier: Wording | None = None,
    before: Sequence[Hit] = (),
) -> tuple[Finding, ...]:
    """One finding per watchlist with a hit in this wording (hits) or in the one before it."""
    watchlists = sorted({hit.rule.watchlist for hit in (*hits, *before)})
    out: list[Finding] = []
    for watchlist in watchlists:
        mine = tuple(hit for hit in hits if hit.rule.watchlist == watchlist)
        theirs = tuple(hit for hit in before if hit.rule.watchlist == watchlist)
        words = _words(wording, mine)
        words_before = _words(earlier, theirs) if earlier else frozenset()
        another = {hit.rule.id for hit in mine} - {hit.rule.id for hit in theirs}
        edited = words != words_before or bool(another)
        change = _digest(words_before, words)
        out.append(Finding(watchlist, number, backfilled, mine, theirs, edited, change))
    return tuple(out)


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
        kind, held = ("new", Held.SAME_STORY) if finding.number == 1 else ("wording", edit)
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


def _words(wording: Wording, hits: Sequence[Hit]) -> frozenset[tuple[str, str]]:
    return words_of(wording, matched_passages(wording, spans_of(hits)))


def _digest(before: frozenset[tuple[str, str]], after: frozenset[tuple[str, str]]) -> str:
    readable = repr((sorted(before), sorted(after)))
    return hashlib.sha256(readable.encode("utf-8", "surrogatepass")).hexdigest()[:12]
