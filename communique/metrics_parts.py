"""The parts of the metrics: families of numbers, each part out of a few queries (metrics_rows)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Connection

from communique import metrics_rows as rows
from communique.addressees import normal_recipient
from communique.choices import SubscriptionError
from communique.metrics_archive import Archive
from communique.schema import OUTCOMES
from communique.settings import Settings
from communique.standing import standings_in
from scrapers.sources import Source

log = logging.getLogger(__name__)

QUANTILES = ("0.5", "0.95", "1")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a part has to answer with: an open connection, the enabled sources, and now (aware)."""

    connection: Connection
    settings: Settings
    sources: Sequence[Source]
    now: datetime


Part = Callable[[Asked], Iterable[GaugeMetricFamily]]


def gauge(
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
    desks = Counter[str](source.desk for source in asked.sources)
    watched = (({"desk": desk}, number) for desk, number in desks.items())
    yield gauge("sources_watched", "Sources that a desk has to collect", watched)
    found = standings_in(asked.connection, asked.sources, asked.now)
    place = {each.source: {"source": each.source, "desk": each.desk} for each in found}
    yield gauge(
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
        yield gauge(name, said, ((place[each.source], getattr(each, field)) for each in found))
    good = rows.last_good(asked.connection, list(place))
    yield gauge(
        "source_last_good_timestamp_seconds",
        "When a source's last good collect ended; missing: it never worked",
        ((place[row.source], row.at) for row in good),
    )


def _visits(asked: Asked) -> Iterator[GaugeMetricFamily]:
    place = {one.id: {"source": one.id, "desk": one.desk} for one in asked.sources}
    found = rows.visits(asked.connection, list(place), asked.now)
    yield gauge(
        "captures_last_day",
        "Addresses visited in the turns that began in the last day, by what came of it",
        (
            ({**place[row.source], "outcome": outcome}, row._mapping[outcome])
            for row in found
            for outcome in OUTCOMES
            if row._mapping[outcome]
        ),
    )
    yield gauge(
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
        yield gauge(name, said, samples)


def _statements(asked: Asked) -> Iterator[GaugeMetricFamily]:
    found = rows.said(asked.connection, asked.now)
    yield gauge(
        "statements_last_day",
        "Statements first seen in the last day",
        [({"backfilled": "no"}, found.statements), ({"backfilled": "yes"}, found.backfilled)],
    )
    yield gauge("matches_last_day", "Matches found in the last day", [({}, found.matches)])
    yield gauge(
        "changes_last_day",
        "Edits, withdrawals and returns noticed in the last day",
        (({"kind": row.kind}, row.number) for row in rows.changes(asked.connection, asked.now)),
    )


def _alerts(asked: Asked) -> Iterator[GaugeMetricFamily]:
    made = rows.deliveries(asked.connection, asked.now)
    yield gauge(
        "deliveries_last_day",
        f"Deliveries made in the last day, of the newest {rows.NEWEST:,}",
        (({"kind": row.kind, "status": row.status}, row.number) for row in made),
    )
    waiting = rows.untold(asked.connection, asked.now)
    yield gauge(
        "waiting",
        f"Wordings that wait to be settled or judged, alerts that are due; {rows.MOST_WAITING:,}: "
        "or more",
        (({"stage": row.stage}, row.number) for row in waiting),
    )
    yield gauge(
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
        yield gauge(name, said, (({"kind": row.kind}, getattr(row, field)) for row in pending))
    made = rows.mails(asked.connection, asked.now)
    yield gauge(
        "mails_last_week",
        f"Mails made in the last week, by how they stand now, of the newest {rows.NEWEST:,}",
        (({"kind": row.kind, "status": row.status}, row.number) for row in made),
    )
    took = rows.latency(asked.connection, asked.now)
    yield gauge(
        "mail_latency_seconds",
        "From when a wording was first seen until its mail was sent, of the last day's alerts",
        (({"quantile": q}, value) for q, value in zip(QUANTILES, took.took or (), strict=False)),
    )
    yield gauge("mails_timed", "Alerts that this is known of", [({}, took.number)])


def _canary(asked: Asked) -> Iterator[GaugeMetricFamily]:
    if not asked.settings.canary:
        return
    try:
        found = rows.canary(asked.connection, normal_recipient(asked.settings.canary))
    except SubscriptionError as error:
        log.error("COMMUNIQUE_CANARY: %s", error)
        return
    queued, sent = "canary_queued_timestamp_seconds", "canary_sent_timestamp_seconds"
    yield gauge(queued, "When an alert run last queued a canary", [({}, found.queued)])
    yield gauge(sent, "When the mail server last took a canary", [({}, found.sent)])


def _store(asked: Asked) -> Iterator[GaugeMetricFamily]:
    found = rows.standing(asked.connection)
    for name, said, value in (
        ("rules", "Rules in force", found.rules),
        ("subscriptions", "Subscriptions that are told", found.subscriptions),
        ("recipients_disabled", "Addresses that refused mail and are not served", found.disabled),
        ("store_bytes", "Bytes of the database", found.bytes),
    ):
        yield gauge(name, said, [({}, value)])
    yield gauge(
        "rows",
        "Rows of a table, as PostgreSQL estimates",
        (({"table": row.name}, row.number) for row in rows.rows(asked.connection)),
    )


def measured(archive: Archive) -> Iterator[GaugeMetricFamily]:
    """The archive's size, and the disk's."""
    now = archive.measured()
    for name, said, value in (
        ("archive_bytes", "Bytes of the archive", now.bytes),
        ("archive_files", "Files of the archive", now.files),
        ("archive_measured_timestamp_seconds", "When these were counted", now.at),
        ("archive_free_bytes", "Free bytes of the disk of the archive, or of our home", now.free),
        ("archive_disk_bytes", "Bytes of that disk", now.disk),
    ):
        yield gauge(name, said, [({}, value)])


PARTS: tuple[Part, ...] = (
    _sources, _visits, _runs, _statements, _alerts, _outbox, _canary, _store,
)  # fmt: skip
