"""What a log line is about: said once, by whoever begins the work, and on every line under it.

The values live in structlog's context, which Airflow puts on the lines of its task logs too; other
libraries' lines carry them as well. A new thread starts without any: say it in the thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars

from scrapers.addresses import printable


@contextmanager
def about(
    *,
    run: str | None = None,
    run_number: int | None = None,
    source: str | None = None,
    address: str | None = None,
) -> Iterator[None]:
    """Puts these on every log line of this thread until the block ends; None: as it was before.

    run: the run's key, as whoever started it names it; run_number: its number in the store
    (analyst.coverage.run_id); source: an id; address: as a page or listing spelt it. Never around
    a `yield`: what is said in a generator would be said of its caller too.
    """
    told = {
        "run": run,
        "run_number": run_number,
        "source": source,
        "address": None if address is None else printable(address),
    }
    with bound_contextvars(**{name: value for name, value in told.items() if value is not None}):
        yield
