"""Until when readers had been told: a digest tells what was there when it came due, and quiet hours
put off what is not urgent. Who stops in between has told them nothing since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, or_, select

from communique.periods import Schedule, last_due
from communique.quiet import quiet_end
from communique.schema import Subscription

_HOUR = timedelta(hours=1)
# Where that cannot be known: rather told twice than missed.
_NEVER = datetime(1970, 1, 1, tzinfo=timezone.utc)


def told_until(connection: Connection, stopped: datetime) -> Mapping[int, datetime]:
    """By subscription, when it had last been told what there was, as of a moment (aware): that of
    its last digest, or the beginning of the quiet hours that it was in. Not among them: those that
    were told at once."""
    one = Subscription
    when = (one.id, one.how, one.zone, one.hour, one.weekday, one.quiet_from, one.quiet_until)
    asked = select(*when).where(or_(one.how != "instant", one.quiet_from.is_not(None)))
    found = {row.id: _told_until(row, stopped) for row in connection.execute(asked)}
    return {number: at for number, at in found.items() if at < stopped}


def _told_until(row: Any, stopped: datetime) -> datetime:
    if row.how != "instant":
        try:
            return last_due(Schedule(row.how, row.zone, row.hour, row.weekday), stopped).at
        except (KeyError, ValueError, OSError):  # a zone that this machine lacks
            return _NEVER
    begin = stopped
    for _ in range(24):  # quiet hours end within a day
        if quiet_end(begin, row.zone, row.quiet_from, row.quiet_until) is None:
            break
        begin -= _HOUR
    return begin
