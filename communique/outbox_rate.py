"""So many mails a minute, of all senders together."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, text

from communique.schema import Mail

WINDOW = timedelta(minutes=1)
# Seconds between two looks at the clock; and of one run, all in all.
STEP, LONGEST = 1.0, 300.0
# The lock under which a mail is counted and sent; any constant of our own will do.
RATE_LOCK = 0x52415445


def take_turn(connection: Connection, rate: int | None) -> None:
    """Where there is a rate, waits until no other sender sends, and keeps the turn until the
    transaction ends: so the count holds. rate: most mails a minute; None: any number."""
    if rate is not None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": RATE_LOCK})


def room_from(connection: Connection, rate: int | None, now: datetime) -> datetime | None:
    """When the next mail may go (aware), where that is not at once. rate: as for `take_turn`, which
    comes first; now: aware, read since the turn was taken."""
    if rate is None:
        return None
    since = now - WINDOW
    lately = select(Mail.sent_at).where(Mail.sent_at > since, Mail.sent_at <= now)
    full = connection.execute(lately.order_by(Mail.sent_at.desc()).offset(rate - 1).limit(1))
    sent_at = full.scalar()
    return sent_at + WINDOW if sent_at else None


@dataclass(slots=True)
class Patience:
    """How long a run has waited for its turn, in seconds."""

    waited: float = 0.0

    def wait(self, until: datetime, clock: Callable[[], datetime]) -> bool:
        """Waits in small steps. False where the run must not: it has waited long enough, or the
        clock stands still, as in tests and under replay."""
        while (left := (until - clock()).total_seconds()) > 0:
            before = clock()
            step = min(left, STEP)
            if self.waited + step > LONGEST:
                return False
            time.sleep(step)
            self.waited += step
            if clock() <= before:
                return False
        return True
