"""A subscription in words: who hears of what, when, and of which part."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from communique.choices import WEEKDAYS
from communique.selections import EVERY, silence
from communique.subscriptions import Subscription
from communique.verdicts import Held

MOST_BY_DEFAULT = 40  # as the store has it; of another number people are told


def hears(one: Subscription) -> str:
    """One sentence."""
    what = "every watchlist" if one.watchlist == EVERY else one.watchlist
    only = part(one)
    return f"{one.recipient} hears of {what}, {when(one)}{f' ({only})' if only else ''}."


def when(one: Subscription) -> str:
    """At once, or when its digests go; the hours are local to a zone that is named."""
    zone = f" {one.zone}"
    if one.how == "instant":
        if one.quiet_from is None:
            return "at once"
        return f"at once, but not from {one.quiet_from} to {one.quiet_until}{zone}"
    day = f"{WEEKDAYS[one.weekday]}s" if one.how == "weekly" else "daily"
    return f"{day} at {one.hour}:00{zone}"


def part(one: Subscription) -> str:
    """Of which part it hears; empty: of all."""
    severity = {"notice": "notice and urgent", "urgent": "urgent only"}.get(one.severity, "")
    rules = f"{'rule' if len(one.rules) == 1 else 'rules'} {', '.join(one.rules)}"
    rules = rules if one.rules else ""
    most = f"{one.most_a_day} a day in full" if one.most_a_day != MOST_BY_DEFAULT else ""
    return "; ".join(filter(None, (severity, rules, ", ".join(one.countries), most)))


def standing(one: Subscription, now: datetime) -> str:
    """Why it is told nothing at `now` (aware), in words; empty: it is."""
    held = silence(one, now)
    if held is Held.ENDED and one.ended_at:
        return f"ended {one.ended_at.astimezone(timezone.utc):%Y-%m-%d}"
    if held is Held.UNCONFIRMED:
        until = one.paused_until
        resting = one.paused_at is not None and (until is None or now < until)
        return "not confirmed, and paused" if resting else "not confirmed"
    if held is Held.PAUSED:
        until = one.paused_until
        return (
            f"paused until {until.astimezone(ZoneInfo(one.zone)):%Y-%m-%d}" if until else "paused"
        )
    return "its address refuses mail" if one.disabled_at else ""
