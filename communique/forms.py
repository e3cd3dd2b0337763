"""What people fill in to start a backfill or a reread, checked before anything is asked or read:
all that is wrong with it at once, in their words."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


class FormRefused(ValueError):
    """A form cannot be acted on; the message has a line for each thing that is wrong with it."""


@dataclass(frozen=True, slots=True)
class BackfillForm:
    """sources: ids, each once. since, until: days of the source; until None: to this day. restart:
    begin anew where one was interrupted."""

    sources: tuple[str, ...]
    since: date
    until: date | None
    restart: bool


@dataclass(frozen=True, slots=True)
class RereadForm:
    """sources: ids; None: all. reader: only what it has read; since: only pages fetched since that
    day (UTC)."""

    sources: tuple[str, ...] | None
    reader: str | None
    since: date | None


def backfill_form(given: Mapping[str, Any], known: Collection[str], today: date) -> BackfillForm:
    """The form of a backfill. known: the ids of enabled sources. Raises FormRefused."""
    problems: list[str] = []
    sources = _sources(given.get("sources"), known, problems)
    if not sources and not problems:
        problems.append("sources: choose at least one")
    since = _day("since", given.get("since"), problems)
    until = _day("until", given.get("until"), problems)
    if not given.get("since"):
        problems.append("since: say back to which day, such as 2024-01-01")
    if since is not None and since > today:
        problems.append(f"since: {since} lies ahead; today is {today}")
    if since is not None and until is not None and until < since:
        problems.append(f"until: {until} lies before since, {since}")
    if problems or since is None:
        raise FormRefused("\n".join(problems))
    return BackfillForm(sources, since, until, bool(given.get("restart")))


def reread_form(given: Mapping[str, Any], known: Collection[str]) -> RereadForm:
    """The form of a reread. known: the ids of all sources. Raises FormRefused."""
    problems: list[str] = []
    sources = _sources(given.get("sources"), known, problems)
    since = _day("since", given.get("since"), problems)
    reader = str(given.get("reader") or "").strip() or None
    if problems:
        raise FormRefused("\n".join(problems))
    return RereadForm(sources or None, reader, since)


def _sources(given: Any, known: Collection[str], problems: list[str]) -> tuple[str, ...]:
    if not isinstance(given or [], Sequence) or isinstance(given, str):
        problems.append(f"sources: {given!r} is no list of ids")
        return ()
    chosen = tuple(dict.fromkeys(str(one).strip() for one in given or []))
    for one in chosen:
        if one not in known:
            near = difflib.get_close_matches(one, list(known), n=3)
            meant = f"; did you mean {' or '.join(near)}?" if near else ""
            problems.append(f"sources: {one!r} is no enabled source{meant}")
    return chosen


def _day(name: str, given: Any, problems: list[str]) -> date | None:
    if given in (None, ""):
        return None
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        problems.append(f"{name}: {given!r} is no day such as 2024-01-01")
        return None
