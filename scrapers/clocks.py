"""Reading the time of day, and the zone, that follow a date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta, timezone

# Abbreviations that mean one thing. CST, IST, BST, AST do not, and are left unread.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3,
    "hkt": 8, "beijing time": 8, "北京时间": 8, "kst": 9, "jst": 9,
    "est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
_FURTHEST = 14 * 60

_BEFORE_NOON = {"am", "上午", "오전", "午前", "ص", "صباح"}
_AFTER_NOON = {"pm", "下午", "오후", "午後", "م", "مساء"}

_CLOCK = re.compile(
    r"""
    (?P<joint>T|[\s,،|·•(/–—-]{0,6}(?:(?:at|um|à|kl\.?|klo|ore|alle|às|Posted|时间[:：]?)\s)?\s?)
    (?:(?P<half_first>上午|下午|오전|오후|午前|午後)\s?)?
    (?P<h>\d{1,2})\s?(?P<colon>[:：h时時点點시])\s?(?P<m>\d{2})(?!\d)
    (?:[:：分](?P<s>\d{2})(?!\d)(?:[.,]\d{1,9})?)?[分분]?
    (?:\s?(?P<half>[ap]\.?\s?m\b\.?|صباح|مساء|[صم](?!\w)))?
    (?:\s?\(?(?P<zone>
        (?:GMT|UTC)\s?[+−-]\s?\d{1,2}(?::?\d{2})?
      | [+−-]\d{2}:?\d{2}(?!\d)
      | (?:ZONES)(?![^\W_])
    )\)?)?
    """.replace("ZONES", "|".join(map(re.escape, sorted(_ZONES, key=len, reverse=True)))),
    re.VERBOSE | re.IGNORECASE,
)
# "23:03, 21-Sep-2020"; behind a mark or a label, never in prose ("meets at 10:00, 3 July 2020").
_CLOCK_BEFORE = re.compile(
    r"""
    (?:^|[)）\]】|:：>])\s*(?:(?:last\s)?(?:updated|published|posted)[:：]?\s+)?
    (?P<clock>(?P<h>\d{1,2})[:：](?P<m>\d{2})(?:[:：](?P<s>\d{2}))?(?:\s?(?P<half>[ap]\.?\s?m\b\.?))?)
    [\s,|]{1,4}$
    """,
    re.VERBOSE | re.IGNORECASE,
)
_COMPACT_CLOCK = re.compile(
    r"T(?P<h>\d{2})(?P<m>\d{2})(?P<s>\d{2})?(?P<zone>Z|[+-]\d{2}:?\d{2})?(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day. offset: what it is ahead of UTC, None where not stated. end: where it ends."""

    time: time
    offset: timedelta | None
    end: int


def read_clock(text: str, start: int) -> Clock | None:
    """The time of day that stands in `text` right at `start`, where a date has ended; or None."""
    match = _COMPACT_CLOCK.match(text, start) or _CLOCK.match(text, start)
    if match is None:
        return None
    groups = match.groupdict()
    hour = _hour(int(groups["h"]), groups.get("half_first") or groups.get("half"))
    minute, second = int(groups["m"]), int(groups["s"] or 0)
    if hour is None or minute > 59 or second > 60:
        return None
    zone, end = groups["zone"], match.end()
    if zone and _is_a_range(groups):
        zone, end = None, match.start("zone")
    return Clock(time(hour, minute, min(second, 59)), _offset(zone), end)


def read_clock_before(text: str, end: int) -> tuple[Clock, int] | None:
    """The time of day that stands in `text` right before `end`, where a date begins, and where
    itself it begins; None for none. No zone is read there."""
    match = _CLOCK_BEFORE.search(text, max(0, end - 60), end)
    if match is None:
        return None
    hour = _hour(int(match["h"]), match["half"])
    minute, second = int(match["m"]), int(match["s"] or 0)
    if hour is None or minute > 59 or second > 60:
        return None
    return Clock(time(hour, minute, min(second, 59)), None, end), match.start("clock")


def zone_name(offset: timedelta) -> str:
    """An offset as it is kept with a date: "UTC", "+08:00", "-03:30"."""
    if not offset:
        return "UTC"
    return str(timezone(offset)).removeprefix("UTC")


def _hour(hour: int, half: str | None) -> int | None:
    mark = re.sub(r"[.\s]", "", half or "").lower()
    if mark in _AFTER_NOON and hour < 12:
        hour += 12
    elif mark in _BEFORE_NOON and hour == 12:
        hour = 0
    return hour if hour <= 23 else None


def _is_a_range(groups: dict[str, str | None]) -> bool:
    """ "10:00-12:00" says until when, not in which zone: an offset that looks so stands after T or
    seconds. No range has a plus."""
    zone = groups["zone"] or ""
    bare = zone[0] in "-−" and ":" in zone
    return bare and groups.get("joint") not in ("T", "t") and groups["s"] is None


def _offset(zone: str | None) -> timedelta | None:
    if not zone:
        return None
    hours = _ZONES.get(zone.lower())
    if hours is not None:
        return timedelta(hours=hours)
    digits = re.search(r"([+−-])\s?(\d{1,2}):?(\d{2})?$", zone)
    if digits is None:
        return None
    minutes = int(digits[2]) * 60 + int(digits[3] or 0)
    if minutes > _FURTHEST:
        return None
    return timedelta(minutes=minutes if digits[1] == "+" else -minutes)
