"""What the rules' matcher said of statements that had to be read, kept for as long as it holds.

So counting further back goes on where it ended, and nothing is read twice. A verdict is of a
statement's only wording and of what is known of its source. Statements that had several wordings
are read each time, so an edit needs no looking after.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import Connection, text

MOST = 300_000  # verdicts that are kept, of all queries: some 30 MB

_SOURCES = text("""
    SELECT md5(string_agg(concat_ws('|', id, publisher, country, host_country, kind), '/'
                          ORDER BY id)) FROM communique.sources
""")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and what was known of the sources when it was asked."""

    query: str
    sources: str | None


class Verdicts:
    """Verdicts by query, of one store; the queries that were not asked for longest are forgotten
    first. For any number of threads."""

    def __init__(self, most: int = MOST) -> None:
        self._lock = threading.Lock()
        self._most = most
        self._kept: OrderedDict[Asked, dict[int, bool]] = OrderedDict()

    def of(self, connection: Connection, query: str) -> tuple[Asked, dict[int, bool]]:
        """What is known for a query, as a copy: a statement's number to whether it matches."""
        asked = Asked(query, connection.execute(_SOURCES).scalar_one())
        with self._lock:
            return asked, dict(self._kept.get(asked, {}))

    def keep(self, asked: Asked, verdicts: dict[int, bool]) -> None:
        """Adds what was found out since."""
        with self._lock:
            known = self._kept.setdefault(asked, {})
            known |= verdicts
            self._kept.move_to_end(asked)
            while self._kept and sum(map(len, self._kept.values())) > self._most:
                self._kept.popitem(last=False)
