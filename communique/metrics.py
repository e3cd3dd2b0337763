"""The metrics of a store, as Prometheus reads them. docs/operations.md says what each is for.

Moments are exported as such (seconds since 1970), so that an age keeps growing while nobody
exports: `time() - communique_canary_sent_timestamp_seconds`. Each part is read by itself, in a
time of its own; one that cannot be read is missing, and `communique_part_up` says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine

from communique import __version__
from communique import metrics_rows as rows
from communique.addressees import normal_recipient
from communique.choices import SubscriptionError
from communique.metrics_archive import Archive
from communique.schema import OUTCOMES
from communique.settings import Settings
from communique.standing import standings_in
from scrapers.sources import Source

log = logging.getLogger(__name__)

# Seconds for all parts together, and for which an answer is given again: scrapers do not add up.
MOST_SECONDS, FRESH = 20.0, 10.0
QUANTILES = ("0.5", "0.95", "1")

Part = Callable[["Asked"], Iterable[GaugeMetricFamily]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a part has to answer with: an open connection, the enabled sources, and now (aware)."""

    connection: Connection
    settings: Settings
    sources: Sequence[Source]
    now: datetime


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
            yield from self._kept[1]

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing: to name them without reading the store would say nothing of it."""
        return ()

    def _read(self) -> Iterator[GaugeMetricFamily]:
        yield _gauge("info", "The version that exports", [({"version": __version__}, 1)])
        up, took = [], []
        until = time.monotonic() + MOST_SECONDS
        for part in PARTS:
            begun, name = time.monotonic(), part.__name__.strip("_")
            found = self._part(part) if begun < until else None
            yield from found or ()
            up.append(({"part": name}, float(found is not None)))
            took.append(({"part": name}, time.monotonic() - begun))
        yield _gauge("part_up", "1: this part of the metrics was read from the store", up)
        yield _gauge("part_seconds", "How long reading this part took", took)
        yield from _measured(self._archive)

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


def _gauge(
    name: str, said: str, samples: Iterable[tuple[dict[str, str], float | datetime | None]]
) -> GaugeMetricFamily:
    """A family; labels are those of its samples, moments become seconds, None is left out."""
    family = GaugeMetricFamily(f"communique_{name}", said)
    for labels, value in samples:
        if value is not None:
            number = value.timestamp() if isinstance(value, datetime) else float(value)
            family.add_sample(family.name, labels, number)
    return family


def _sources(asked: Asked) -> Iterator[GaugeMetricFamily]:
    desks = Counter(source.desk for source in asked.sources)
    watched = (({"desk": desk}, number) for desk, number in desks.items())
    yield _gauge("sources_watched", "Sources that a desk has to collect", watched)
    found = standings_in(asked.connection, asked.sources, asked.now)
    place = {each.source: {"source": each.source, "desk": each.desk} for each in found}
    yield _gauge(
        "source_state",
        "1 for the state that `communique coverage` shows a source in",
        (({**place[each.source], "state": each.state}, 1) for each in found),
    )
    for name, said, field in (
        ("source_since_timestamp_seconds", "Since when a source is in that state", "since"),
        ("source_last_turn_timestamp_seconds", "When a source's last turn began", "last_run"),
        ("source_gaps", "What a source's series skipped and nobody has read yet", "gaps"),
        ("source_doubtful", "Statements of a source whose reading is doubtful", "suspects"),
    ):
        yield _gauge(name, said, ((place[each.source], getattr(each, field)) for each in found))
    good = rows.last_good(asked.connection, list(place))
    yield _gauge(
        "source_last_good_timestamp_seconds",
        "When a source's last good collect ended; missing: it never worked",
        ((place[row.source], row.at) for row in good),
    )


def _visits(asked: Asked) -> Iterator[GaugeMetricFamily]:
    place = {one.id: {"source": one.id, "desk": one.desk} for one in asked.sources}
    found = rows.visits(asked.connection, list(place), asked.now)
    yield _gauge(
        "captures_last_day",
        "Addresses visited in the turns that began in the last day, by what came of it",
        (
            ({**place[row.source], "outcome": outcome}, row._mapping[outcome])
            for row in found
            for outcome in OUTCOMES
            if row._mapping[outcome]
        ),
    )
    yield _gauge(
        "listings_last_day",
        "Pages of listings visited in the turns that began in the last day",
        (
            ({**place[row.source], "result": result}, row._mapping[f"listings_{result}"])
            for row in found
            for result in ("read", "failed")
        ),
    )


def _runs(asked: Asked) -> Iterator[GaugeMetricFamily]:
    found = rows.runs(asked.connection)
    for name, said, field in (
        ("run_started_timestamp_seconds", "When the newest run began", "started_at"),
        ("run_duration_seconds", "How long the newest run that is over took", "took"),
        ("run_unfinished_timestamp_seconds", "When a run began that is not over; missing: it is",
         "unfinished_since"),
    ):  # fmt: skip
        samples = (({"kind": row.kind, "desk": row.desk}, getattr(row, field)) for row in found)
        yield _gauge(name, said, samples)


def _statements(asked: Asked) -> Iterator[GaugeMetricFamily]:
    found = rows.said(asked.connection, asked.now)
    yield _gauge(
        "statements_last_day",
        "Statements first seen in the last day",
        [({"backfilled": "no"}, found.statements), ({"backfilled": "yes"}, found.backfilled)],
    )
    yield _gauge("matches_last_day", "Matches found in the last day", [({}, found.matches)])
    yield _gauge(
        "changes_last_day",
        "Edits, withdrawals and returns noticed in the last day",
        (({"kind": row.kind}, row.number) for row in rows.changes(asked.connection, asked.now)),
    )


def _alerts(asked: Asked) -> Iterator[GaugeMetricFamily]:
    made = rows.deliveries(asked.connection, asked.now)
    yield _gauge(
        "deliveries_last_day",
        f"Deliveries made in the last day, of the newest {rows.NEWEST:,}",
        (({"kind": row.kind, "status": row.status}, row.number) for row in made),
    )
    waiting = rows.untold(asked.connection, asked.now)
    yield _gauge(
        "waiting",
        f"Wordings that wait to be settled or judged, alerts that are due; {rows.MOST_WAITING:,}: "
        "or more",
        (({"stage": row.stage}, row.number) for row in waiting),
    )
    yield _gauge(
        "waiting_timestamp_seconds",
        "Since when the oldest of them waits; missing: none does",
        (({"stage": row.stage}, row.since) for row in waiting),
    )


def _outbox(asked: Asked) -> Iterator[GaugeMetricFamily]:
    pending = rows.pending(asked.connection)
    for name, said, field in (
        ("outbox_pending", "Mails that are not sent yet", "number"),
        ("outbox_put_off", "Mails that are not sent yet after a try that failed", "put_off"),
        ("outbox_oldest_timestamp_seconds", "When the oldest of them was put there", "since"),
    ):
        yield _gauge(name, said, (({"kind": row.kind}, getattr(row, field)) for row in pending))
    made = rows.mails(asked.connection, asked.now)
    yield _gauge(
        "mails_last_week",
        f"Mails made in the last week, by how they stand now, of the newest {rows.NEWEST:,}",
        (({"kind": row.kind, "status": row.status}, row.number) for row in made),
    )
    took = rows.latency(asked.connection, asked.now)
    yield _gauge(
        "mail_latency_seconds",
        "From when a wording was first seen until its mail was sent, of the last day's alerts",
        (({"quantile": q}, value) for q, value in zip(QUANTILES, took.took or (), strict=False)),
    )
    yield _gauge("mails_timed", "Alerts that this is known of", [({}, took.number)])


def _canary(asked: Asked) -> Iterator[GaugeMetricFamily]:
    if not asked.settings.canary:
        return
    try:
        found = rows.canary(asked.connection, normal_recipient(asked.settings.canary))
    except SubscriptionError as error:
        log.error("COMMUNIQUE_CANARY: %s", error)
        return
    queued, sent = "canary_queued_timestamp_seconds", "canary_sent_timestamp_seconds"
    yield _gauge(queued, "When an alert run last queued a canary", [({}, found.queued)])
    yield _gauge(sent, "When the mail server last took a canary", [({}, found.sent)])


def _store(asked: Asked) -> Iterator[GaugeMetricFamily]:
    found = rows.standing(asked.connection)
    for name, said, value in (
        ("rules", "Rules in force", found.rules),
        ("subscriptions", "Subscriptions that are told", found.subscriptions),
        ("recipients_disabled", "Addresses that refused mail and are not served", found.disabled),
        ("store_bytes", "Bytes of the database", found.bytes),
    ):
        yield _gauge(name, said, [({}, value)])
    yield _gauge(
        "rows",
        "Rows of a table, as PostgreSQL estimates",
        (({"table": row.name}, row.number) for row in rows.rows(asked.connection)),
    )


def _measured(archive: Archive) -> Iterator[GaugeMetricFamily]:
    now = archive.measured()
    for name, said, value in (
        ("archive_bytes", "Bytes of the archive", now.bytes),
        ("archive_files", "Files of the archive", now.files),
        ("archive_measured_timestamp_seconds", "When these were counted", now.at),
        ("archive_free_bytes", "Free bytes of the disk that the archive is on", now.free),
        ("archive_disk_bytes", "Bytes of that disk", now.disk),
    ):
        yield _gauge(name, said, [({}, value)])


PARTS: tuple[Part, ...] = (
    _sources, _visits, _runs, _statements, _alerts, _outbox, _canary, _store,
)  # fmt: skip
