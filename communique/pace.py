"""One request at a time per host, at its pace, on whichever worker: PostgreSQL is the clock hand.

A transaction takes the host's advisory lock, waits until the host's last request is old enough,
notes the new start, and holds the lock until the request is over. A worker that dies loses its
connection and with it the lock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

from scrapers.pace import Turn

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('host ' || :host, 0))")
_WAIT = text("""
    SELECT coalesce(max(extract(epoch FROM
           last_started_at + make_interval(secs => :delay) - clock_timestamp())), 0)
    FROM communique.hosts WHERE name = :host
""")
_NOTE = text("""
    INSERT INTO communique.hosts (name, last_started_at) VALUES (:host, clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET last_started_at = excluded.last_started_at
""")


def host_turns(engine: Engine) -> Turn:
    """Turns for a fetcher: `with turn(host, delay): request`; delay: seconds, start to start."""

    @contextmanager
    def turn(host: str, delay: float) -> Iterator[None]:
        with engine.connect() as connection:
            transaction = connection.begin()
            connection.execute(_LOCK, {"host": host})
            wait = connection.execute(_WAIT, {"host": host, "delay": delay}).scalar_one()
            if wait > 0:
                # A clock that was set back must not stop a host for days.
                time.sleep(min(float(wait), delay))
            connection.execute(_NOTE, {"host": host})
            try:
                yield
            finally:  # a request that failed was a request
                transaction.commit()

    return turn
