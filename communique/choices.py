"""What a subscriber chooses: read as people write it, refused with what would do."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypedDict
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global

from communique.rules import SEVERITIES
from communique.selections import EVERY

HOWS = ("instant", "daily", "weekly")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_A_DAY = 1_000

# Babel's territories that are no country: currency areas, outliers, made-up locales, unknown.
_NO_COUNTRIES = frozenset({"EZ", "QO", "XA", "XB", "ZZ"})
# Zones of the database that are nobody's.
_NO_ZONES = frozenset({"Factory", "localtime"})
_QUIET = re.compile(r"\s*(\d{1,2})(?::?00)?\s*(?:-|–|to|until)\s*(\d{1,2})(?::?00)?\s*")


class SubscriptionError(ValueError):
    """A subscription that cannot be made, changed or ended; the message says what to do."""


class Choices(TypedDict, total=False):
    """What may be named; what is not stays as it was, or as it is by default.

    severity: the least that is told. rules: ids, alone or as watchlist/id; countries: ISO codes; of
    both, none is all. zone: an IANA name. hour: local, of digests. weekday: its name, or 0 for
    Monday. quiet: local hours such as "22-7" or (22, 7); "none" or None: none. most_a_day: alerts
    told in full.
    """

    severity: str
    rules: Iterable[str]
    countries: Iterable[str]
    zone: str
    hour: int
    weekday: str | int
    quiet: str | tuple[int, int] | None
    most_a_day: int


def columns(
    choices: Choices, how: str, watchlist: str, known: Collection[str] | None = None
) -> dict[str, Any]:
    """The choices as columns of `subscriptions`, checked.

    how: instant, daily or weekly. known: watchlists; where it maps each to its rules, those that
    are chosen must be among them. Raises SubscriptionError.
    """
    if how not in HOWS:
        raise SubscriptionError(f"There is no {how[:40]!r}: a subscription is {_or(HOWS)}.")
    _require_use(choices, how)
    out: dict[str, Any] = {}
    if "severity" in choices:
        out["severity"] = _severity(choices["severity"])
    if "rules" in choices:
        out["rules"] = _rules(choices["rules"], watchlist, known)
    if "countries" in choices:
        out["countries"] = sorted({country(code) for code in choices["countries"]})
    if "zone" in choices:
        out["zone"] = zone(choices["zone"])
    if "hour" in choices:
        out["hour"] = _between(choices["hour"], 0, 23, "an hour of the day")
    if "weekday" in choices:
        out["weekday"] = weekday(choices["weekday"])
    if "quiet" in choices:
        hours = quiet(choices["quiet"])
        out["quiet_from"], out["quiet_until"] = hours or (None, None)
    if "most_a_day" in choices:
        out["most_a_day"] = _between(choices["most_a_day"], 1, MOST_A_DAY, "a number of alerts")
    return out


def zone(name: str) -> str:
    """The IANA time zone of this name, in its own spelling. Raises SubscriptionError."""
    zones = {each.casefold(): each for each in available_timezones() - _NO_ZONES}
    asked = name.strip().replace(" ", "_").casefold()
    if found := zones.get(asked):
        return found
    city = {each.rpartition("/")[2]: each for each in zones}
    close = get_close_matches(asked, zones, n=1, cutoff=0.7)
    close = close or [city[one] for one in get_close_matches(asked, city, n=1, cutoff=0.7)]
    hint = f"Did you mean {zones[close[0]]}?" if close else "Give one such as Europe/Berlin or UTC."
    raise SubscriptionError(f"There is no time zone {name[:60]!r}. {hint}")


def country(code: str) -> str:
    """The ISO 3166 code of a country, in capitals (EU, UN and XK too, which sources have). Raises
    SubscriptionError, which knows countries by name."""
    names = {
        each: str(called)
        for each, called in Locale("en").territories.items()
        if len(each) == 2 and each not in _NO_COUNTRIES
    }
    asked = code.strip().upper()
    if asked in names:
        return asked
    aliases = get_global("territory_aliases").get(asked, [])
    close = [each for each in aliases if each in names][:1] or _by_name(code.strip(), names)
    hint = f"Did you mean {close[0]} ({names[close[0]]})?" if close else "Give one such as DE."
    raise SubscriptionError(f"There is no country of the code {code[:60]!r}. {hint}")


def weekday(day: str | int) -> int:
    """0 for Monday to 6, from a name ("Friday", "fri") or such a number. Raises
    SubscriptionError."""
    if isinstance(day, int):
        return _between(day, 0, 6, "a day of the week")
    asked = day.strip().casefold()
    found = [
        number
        for number, name in enumerate(WEEKDAYS)
        if len(asked) >= 2 and name.casefold().startswith(asked)
    ]
    if len(found) != 1:
        raise SubscriptionError(f"There is no weekday {day[:40]!r}: it is {_or(WEEKDAYS)}.")
    return found[0]


def quiet(hours: str | tuple[int, int] | None) -> tuple[int, int] | None:
    """Local hours from and until, the second not included, from "22-7"; "none": none. Raises
    SubscriptionError."""
    if hours is None or (isinstance(hours, str) and hours.strip().casefold() in ("none", "off")):
        return None
    if isinstance(hours, str):
        found = _QUIET.fullmatch(hours)
        if not found:
            raise SubscriptionError(
                f"{hours[:40]!r} are no quiet hours. Give two such as 22-7, or none."
            )
        hours = (int(found[1]), int(found[2]))
    begin = _between(hours[0], 0, 24, "an hour of the day") % 24
    end = _between(hours[1], 0, 24, "an hour of the day") % 24
    if begin == end:
        raise SubscriptionError(
            f"Quiet hours from {begin} to {end} have no end. Give two hours such as 22-7, or pause."
        )
    return begin, end


def require_known(watchlist: str, known: Collection[str]) -> None:
    """Raises SubscriptionError, with the nearest, for a watchlist that is not among these."""
    if watchlist == EVERY or watchlist in known:
        return
    listed = ", ".join(sorted(known)) or "none"
    raise SubscriptionError(
        f"There is no watchlist {watchlist[:100]!r}.{_hint(watchlist, known)} Known: {listed}; "
        f"or {EVERY} for all."
    )


def _require_use(choices: Choices, how: str) -> None:
    """A choice that would change nothing is a mistake."""
    if "weekday" in choices and how != "weekly":
        raise SubscriptionError("A weekday is for weekly digests: choose weekly, or leave it out.")
    if "hour" in choices and how == "instant":
        raise SubscriptionError("An hour is for digests: choose daily or weekly, or leave it out.")
    for name, words in (("quiet", "Quiet hours are"), ("most_a_day", "A most a day is")):
        if name in choices and how != "instant":
            raise SubscriptionError(f"{words} for what is told at once, not for a digest.")


def _severity(name: str) -> str:
    if name.strip().casefold() not in SEVERITIES:
        raise SubscriptionError(f"There is no severity {name[:40]!r}: it is {_or(SEVERITIES)}.")
    return name.strip().casefold()


def _rules(chosen: Iterable[str], watchlist: str, known: Collection[str] | None) -> list[str]:
    rules = sorted({rule.strip() for rule in chosen if rule.strip()})
    if isinstance(known, Mapping):
        lists = known if watchlist == EVERY else {watchlist: known.get(watchlist, ())}
        there = {rule for rules in lists.values() for rule in rules}
        full = {f"{name}/{rule}" for name, rules in lists.items() for rule in rules}
        for rule in rules:
            if rule not in there | full:
                raise _no_rule(rule, watchlist, there, known)
    return rules


def _no_rule(
    rule: str, watchlist: str, there: Collection[str], known: Mapping[str, Collection[str]]
) -> SubscriptionError:
    where = "any watchlist" if watchlist == EVERY else f"watchlist {watchlist}"
    owner = next((name for name, rules in sorted(known.items()) if rule in rules), None)
    hint = f" It is one of {owner}: name that watchlist." if owner else _hint(rule, there)
    hint = hint or f" There are: {', '.join(sorted(there)) or 'none'}."
    return SubscriptionError(f"There is no rule {rule[:100]!r} in {where}.{hint}")


def _between(number: int, least: int, most: int, what: str) -> int:
    if not least <= number <= most:
        raise SubscriptionError(f"{number} is not {what}: give one from {least} to {most}.")
    return number


def _by_name(asked: str, names: Mapping[str, str]) -> list[str]:
    """The country that is called something like this."""
    codes = {called.casefold(): code for code, called in names.items()}
    return [codes[one] for one in get_close_matches(asked.casefold(), codes, n=1, cutoff=0.75)]


def _hint(asked: str, known: Iterable[str]) -> str:
    close = get_close_matches(asked, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _or(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}"
