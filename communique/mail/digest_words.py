"""A digest's frozen facts in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from communique.health import TROUBLED, WORST_FIRST
from communique.mail import dates
from communique.mail.clean import shown, web_address

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STATES = {"never_worked": "never worked", "not_run": "not yet looked at"}
MEANINGS = {
    "failing": "What they publish may be missing here.",
    "never_worked": "They could never be read.",
    "blocked": "They refuse us; what they publish is missing here.",
    "late": "Nobody looked for too long, or nothing new came for far longer than usual.",
    "quiet": "They read well, but nothing new came for longer than usual.",
}
WEIGHTS = {"late": "notice", "quiet": "info"}
# Of a state that is nobody's trouble a few names are enough.
NAMED = {"quiet": 3}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the coverage table, as it is shown. name: of a desk, or all. newest: a day, as
    2026-03-02, or empty."""

    name: str
    checked: str
    failing: str
    late: str
    quiet: str
    new: str
    newest: str


@dataclass(frozen=True, slots=True)
class Blind:
    """A source, or several of a desk that fail alike. since: when that began; newest: the day of
    its newest statement; either may be empty."""

    name: str
    since: str
    said: str
    newest: str


@dataclass(frozen=True, slots=True)
class State:
    """All sources in one state that is not well. more: that are not named; command: names them."""

    name: str
    weight: str
    meaning: str
    number: int
    sources: tuple[Blind, ...]
    more: int
    command: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Who was looked at. summary: in a few words; states: how all stand now; alarm: what the reader
    must know before anything else, where nobody looked or nothing could be read."""

    summary: str
    states: str
    alarm: str
    rows: tuple[Row, ...]
    trouble: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """A rule: how many stories it found, and how many it usually does."""

    name: str
    watchlist: str
    stories: str
    usual: str


@dataclass(frozen=True, slots=True)
class Rising:
    """A formulation on the rise: who began it, and who followed."""

    phrase: str
    users: str
    starter: str
    on: str
    title: str
    url: str
    followers: str


def watch(coverage: Mapping[str, Any]) -> Watch:
    """Who was looked at and how they stand, from the frozen facts."""
    states = coverage["states"]
    told = [f"{states[name]} {STATES.get(name, name)}" for name in WORST_FIRST if states.get(name)]
    return Watch(
        summary=_summary(coverage),
        states=", ".join(told) or "no source is watched",
        alarm=_alarm(coverage),
        rows=tuple(map(_row, _with_sum(coverage))),
        trouble=tuple(map(_state, coverage["sections"])),
    )


def _summary(coverage: Mapping[str, Any]) -> str:
    """Such as "187 sources checked, 3 failing"."""
    checked, watched = coverage["checked"], coverage["watched"]
    of = f" of {watched}" if checked < watched else ""
    failing = sum(coverage["states"].get(state, 0) for state in TROUBLED)
    return f"{checked}{of} source{'' if watched == 1 else 's'} checked, {failing or 'none'} failing"


def _alarm(coverage: Mapping[str, Any]) -> str:
    if not coverage["watched"]:
        return "Nothing could be checked: no source is watched."
    if not coverage["checked"]:
        return (
            f"Nothing could be checked: none of the {coverage['watched']} sources was looked at "
            "in this time. That there is no news here means nothing. Tell your maintainer."
        )
    if not coverage["read"] and (coverage["new"] or coverage["revised"]):
        return (
            f"Nothing could be checked in full: every source that was looked at "
            f"({coverage['checked']}) fails, at least in part. There may be more news than stands "
            "here. Tell your maintainer."
        )
    if not coverage["read"]:
        return (
            f"Nothing could be checked: none of the {coverage['checked']} sources that were looked "
            "at could be read. That there is no news here means nothing. Tell your maintainer."
        )
    return ""


def _with_sum(coverage: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    desks: list[Mapping[str, Any]] = list(coverage["desks"])
    if len(desks) < 2:
        return desks
    names = ("watched", "checked", "failing", "late", "quiet", "new")
    every: dict[str, Any] = {name: sum(desk[name] for desk in desks) for name in names}
    return [*desks, every | {"desk": "all", "newest": coverage["newest"]}]


def _row(desk: Mapping[str, Any]) -> Row:
    name = desk["desk"].replace("_", " ").title()
    failing, late, quiet, new = (
        str(desk[key] or "-") for key in ("failing", "late", "quiet", "new")
    )
    checked = f"{desk['checked']} of {desk['watched']}"
    return Row(name, checked, failing, late, quiet, new, desk["newest"])


def _state(section: Mapping[str, Any]) -> State:
    state, entries = section["state"], section["entries"]
    named = entries[: NAMED.get(state, len(entries))]
    name = STATES.get(state, state)
    return State(
        name=name[:1].upper() + name[1:],
        weight=WEIGHTS.get(state, "urgent"),
        meaning=MEANINGS.get(state, ""),
        number=section["number"],
        sources=(*map(_group, section["groups"]), *map(_entry, named)),
        more=section["more"] + len(entries) - len(named),
        command=f"communique coverage --state {state}",
    )


def _group(group: Mapping[str, Any]) -> Blind:
    desk = group["desk"].replace("_", " ")
    name = f"{group['number']} of {group['watched']} sources of desk {desk}"
    return Blind(name, _moment(group["since"]), shown(group["said"], 240), "")


def _entry(entry: Mapping[str, Any]) -> Blind:
    name = shown(entry["publisher"], 120)
    return Blind(name, _moment(entry["since"]), shown(entry["said"], 240), _day(entry["newest"]))


def came(coverage: Mapping[str, Any]) -> str:
    """What the sources brought, in words."""
    new = coverage["new"]
    changed = [name for name in ("revised", "withdrawn", "returned") if coverage[name]]
    parts = [f"{new} new statement{'' if new == 1 else 's'}"]
    parts += [f"{coverage[name]} {name}" for name in changed] or ["none revised or withdrawn"]
    newest = f"; the newest is of {_day(coverage['newest'])}" if coverage["newest"] else ""
    return f"{', '.join(parts)}{newest}."


def day_of(content: Mapping[str, Any]) -> str:
    """The reader's day on which the digest was put together, such as "Monday 2 March"."""
    there = _there(content["until"], content["zone"])
    return f"{WEEKDAYS[there.weekday()]} {dates.day(there.date()).rsplit(' ', 1)[0]}"


def period(content: Mapping[str, Any]) -> str:
    """What the digest covers, in the reader's time."""
    since, until = (_there(content[name], content["zone"]) for name in ("since", "until"))
    zone = shown(content["zone"], 40)
    return f"{_local(since)} to {_local(until)} ({zone})"


def remarks(content: Mapping[str, Any]) -> tuple[str, ...]:
    """What is not as usual with this period."""
    out = []
    if content["overdue"]:
        since = _local(_there(content["since"], content["zone"]))
        out.append(
            f"No digest went out since {since}: this one holds everything that waited since then."
        )
    for one in content["subscriptions"]:
        if one["began"]:
            name = "every watchlist" if one["watchlist"] == "*" else shown(one["watchlist"], 100)
            began = _local(_there(one["began"], content["zone"]))
            out.append(f"First digest of {name}: its alerts are those since {began}.")
    return tuple(out)


def tallies(counts: Iterable[Mapping[str, Any]]) -> tuple[Tally, ...]:
    """Rules against their usual, in words."""
    return tuple(
        Tally(
            name=shown(one["name"], 80),
            watchlist=shown(one["watchlist"], 80),
            stories=str(one["stories"]),
            usual="no history yet" if one["usual"] is None else f"usually {one['usual']:g}",
        )
        for one in counts
    )


def rising(phrases: Iterable[Mapping[str, Any]]) -> tuple[Rising, ...]:
    """Formulations that gained users, in words."""
    return tuple(map(_rising, phrases))


def _rising(one: Mapping[str, Any]) -> Rising:
    starter = one["starter"]
    names = [f"{each['publisher']} ({_day(each['on'])})" for each in one["followers"]]
    more = f" and {one['more']} more" if one["more"] else ""
    return Rising(
        phrase=shown(one["phrase"], 240),
        users=f"{one['users']} statements of different stories, {one['before']} before",
        starter=starter["publisher"],
        on=_day(starter["on"]),
        title=starter["title"] or "(no title)",
        url=web_address(starter["url"], 500),
        followers=f"{', '.join(names) or 'nobody in this time'}{more}",
    )


def _there(at: str, zone: str) -> datetime:
    return datetime.fromisoformat(at).astimezone(dates.time_zone(zone) or timezone.utc)


def _local(there: datetime) -> str:
    return f"{WEEKDAYS[there.weekday()]}, {dates.day(there.date())}, {there:%H:%M}"


def _moment(at: str) -> str:
    return dates.moment(datetime.fromisoformat(at))


def _day(on: str) -> str:
    return dates.day(date.fromisoformat(on)) if on else ""
