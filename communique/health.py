"""How a source is doing, in one word: the rules alone, over days, counts and words.

ok            its listings read, and it publishes as often as it does
quiet         they read, but its newest statement is older than its cadence, or than 60 days
              where no cadence is known
late          they read, but its newest statement is older than three cadences; or no turn of
              it began within 36 hours, though one is due every day
failing       a listing could not be read, names nothing, less than its floor or far less than
              usual; or no statement visited could be read; or the turn died
blocked       it fails, and what it mostly answers is a refusal; or it refuses most statements
never_worked  it fails, never had a good run, and nothing of it was ever read
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from statistics import median

TROUBLED = ("failing", "blocked", "never_worked")
FINE = ("ok", "quiet", "late")
# What `communique coverage` says of a source that no turn has begun for yet: no state of a run.
NOT_RUN = "not_run"
WORST_FIRST = ("failing", "never_worked", "blocked", "late", "quiet", NOT_RUN, "ok")

# A turn is due every day; half a day of grace, so that a slow run is no alarm.
TURN_WITHIN = timedelta(hours=36)

HISTORY = timedelta(days=180)
LEAST_DAYS = 8
SHORTEST, LONGEST = 2, 60
LATE_AFTER = 3

READINGS = 10
LEAST_READINGS = 5
COLLAPSED_BELOW = 3

_LOCATION = re.compile(r" \[(?:source|address|selector)=.*\]\Z", re.DOTALL)
# A stranger's words reach terminals, where these are commands or turn what follows around.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_EXTENT = re.compile(r"\A(?:none|\d+) of \d+ (?:listings|(?:new )?statements visited)[^:]*: ")
_PARTICULAR = re.compile(
    r"https?://\S+|'[^']*'|\"[^\"]*\"|\b[\w-]+(?:\.[\w-]+)+\b|(?<!says )\b\d+\b"
)


def learned_cadence(days: Iterable[date]) -> int | None:
    """Days within which a source publishes something new, from the days on which it did.

    The 95th percentile (nearest rank: definition 1 of Hyndman and Fan, "Sample Quantiles in
    Statistical Packages", 1996) of the gaps between its publication days in the 180 days up to
    the newest of them, at least 2 and at most 60. Counted back from the newest day, not from
    today: a source that falls silent must not become one of which nothing is known. None with
    fewer than 8 such days: too little to expect anything.
    """
    known = sorted(set(days))
    recent = [day for day in known if day > known[-1] - HISTORY]
    if len(recent) < LEAST_DAYS:
        return None
    gaps = sorted((b - a).days for a, b in pairwise(recent))
    return min(max(gaps[ceil(0.95 * len(gaps)) - 1], SHORTEST), LONGEST)


def publishing(newest: date | None, today: date, cadence: int | None) -> str:
    """`ok`, `quiet` or `late`, of a source that reads. newest: its newest statement's day; today:
    in the same zone; cadence: days; None: not known, and then silence of more than the longest
    cadence that can be learned is `quiet`, or a frozen page would be `ok` for ever."""
    if newest is None:
        return "ok"
    age = (today - newest).days
    if cadence is None:
        return "quiet" if age > LONGEST else "ok"
    if age > LATE_AFTER * cadence:
        return "late"
    return "quiet" if age > cadence else "ok"


def usual_entries(entries: int, earlier: Sequence[tuple[int, bool]]) -> int | None:
    """How many entries the first page of a listing usually names, where `entries` are so few that
    its layout must have changed: under a third of the median of its last 10 good readings. None
    where they are not, or fewer than 5 good readings are known.

    earlier: readings before this one, newest first: how many entries, and whether that counted as
    good. A listing that fell as low before and came back varies, and is no alarm; one that stays
    low keeps failing, however long it lasts.
    """
    good = [number for number, was_good in earlier if was_good]
    if len(good) < LEAST_READINGS:
        return None
    usual = median(good[:READINGS])
    back = next(i for i, (_, was_good) in enumerate(earlier) if was_good)
    lows = [number for number, was_good in earlier[back:] if not was_good]
    if entries * COLLAPSED_BELOW >= usual or any(low <= entries for low in lows):
        return None
    return round(usual)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the verdict on a turn rests on.

    by_listing: False where only addresses were visited. listings: outcomes of the pages of
    listings that were visited; named: how many entries they had in all. read: statements read;
    unread: outcomes of the others that should have been, each with how many. read_new, unread_new:
    how many of these had never been read before. afresh: any of the unread failed for the first
    time; afresh_new: one that had never been read did. outstanding: addresses, visited now or
    not, that never could be read. blind: the state in which the last turn left the source for its
    statements' sake, if it did.
    """

    by_listing: bool
    listings: Mapping[str, int]
    named: int
    read: int
    read_new: int
    unread: Mapping[str, int]
    unread_new: int
    afresh: bool
    afresh_new: bool
    outstanding: int
    blind: str | None

    @property
    def listings_failed(self) -> int:
        """Pages of listings that could not be read."""
        return sum(number for name, number in self.listings.items() if name != "listed")


def listing_trouble(seen: Seen) -> str | None:
    """`failing` or `blocked` where a listing could not be read or all name nothing, else None."""
    failed, blocked = seen.listings_failed, seen.listings.get("blocked", 0)
    if failed or (seen.by_listing and not seen.named):
        return "blocked" if 2 * blocked > failed else "failing"
    return None


def statement_trouble(seen: Seen) -> str | None:
    """`failing` or `blocked` where no statement visited could be read, or of several new ones not
    one could (old pages may well stand in an old layout), or most were refused; else None.

    Addresses that never could be read and are tried again say nothing new: alone they change
    nothing. Nor does a turn without anything to read end such a state.
    """
    missing, refused = sum(seen.unread.values()), seen.unread.get("blocked", 0)
    still = seen.blind is not None
    if 2 * refused > missing + seen.read and (seen.afresh or still):
        return "blocked"
    none = bool(missing) and not seen.read and (seen.afresh or still)
    none_new = seen.unread_new > 1 and not seen.read_new and seen.afresh_new
    if none or none_new:
        return "blocked" if 2 * refused > missing else "failing"
    if still and not seen.read_new and (seen.outstanding > 1 or not seen.read):
        return "blocked" if seen.blind == "blocked" else "failing"
    return None


def plain(error: str, limit: int = 300) -> str:
    """An error as one line of plain words: without source, address and selector in brackets."""
    words = " ".join(_CONTROL.sub(" ", _LOCATION.sub("", error)).split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def alike(error: str) -> str:
    """What errors of one kind have in common: without addresses, hosts, quotations and numbers,
    but with what a server says."""
    return " ".join(_PARTICULAR.sub("…", _EXTENT.sub("", plain(error))).split())
