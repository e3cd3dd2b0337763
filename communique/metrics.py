"""The metrics of a store, as Prometheus reads them. docs/operations.md says what each is for.

Moments are exported as such (seconds since 1970), so that an age keeps growing while nobody
exports: `time() - communique_canary_sent_timestamp_seconds`. Each part is read by itself, in a
time of its own; one that cannot be read is missing, and `communique_part_up` says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from communique import __version__
from communique.metrics_archive import Archive
from communique.metrics_parts import PARTS, Asked, Part, gauge, measured
from communique.settings import Settings
from scrapers.sources import Source

log = logging.getLogger(__name__)

# Seconds for all parts together, and for which an answer is given again: scrapers do not add up.
MOST_SECONDS, FRESH = 20.0, 10.0


class StoreMetrics(Collector):
    """The metrics of one store and archive. Threads may share it: they wait for one another, and
    get the same answer for ten seconds."""

    def __init__(
        self, engine: Engine, settings: Settings, sources: Iterable[Source], archive: Archive
    ) -> None:
        self._engine, self._settings, self._archive = engine, settings, archive
        self._sources = tuple(source for source in sources if source.enabled)
        self._lock = threading.Lock()
        self._kept: tuple[float, list[GaugeMetricFamily]] | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All families. Never raises: what cannot be read is missing."""
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > FRESH:
                self._kept = None
                self._kept = (time.monotonic(), list(self._read()))
            found = self._kept[1]
        yield from found

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing: to name them without reading the store would say nothing of it."""
        return ()

    def _read(self) -> Iterator[GaugeMetricFamily]:
        yield gauge("info", "The version that exports", [({"version": __version__}, 1)])
        up, took = [], []
        until = time.monotonic() + MOST_SECONDS
        for part in PARTS:
            begun, name = time.monotonic(), part.__name__.strip("_")
            found = self._part(part) if begun < until else None
            yield from found or ()
            up.append(({"part": name}, float(found is not None)))
            took.append(({"part": name}, time.monotonic() - begun))
        yield gauge("part_up", "1: this part of the metrics was read from the store", up)
        yield gauge("part_seconds", "How long reading this part took", took)
        yield from measured(self._archive)

    def _part(self, part: Part) -> list[GaugeMetricFamily] | None:
        """What a part says; None where the store does not answer it."""
        try:
            with self._engine.connect() as connection:
                connection.execution_options(postgresql_readonly=True)
                now = self._settings.clock()
                return list(part(Asked(connection, self._settings, self._sources, now)))
        except Exception as error:  # one part, or a store that is away, must not end the exporter
            said = str(getattr(error, "orig", None) or error).strip()
            log.error("%s cannot be read: %s", part.__name__.strip("_"), said)
            return None


def exposition(metrics: StoreMetrics) -> bytes:
    """The metrics as text, in Prometheus' own format."""
    registry = CollectorRegistry()
    registry.register(metrics)
    return generate_latest(registry)
