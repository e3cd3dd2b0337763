"""`communique metrics`: what Prometheus reads, once or over HTTP."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from datetime import timedelta

import typer

from communique.cli.common import errors
from communique.database import Patience, database
from communique.metrics import StoreMetrics, exposition
from communique.metrics_archive import Archive
from communique.metrics_server import serving
from communique.settings import Settings
from scrapers.facts import load_sources

log = logging.getLogger(__name__)

# So long may a query take; and counting the archive, where somebody waits for it.
WAITING = Patience(free=10, answer=5, query=5, lock=2)
COUNTING = timedelta(seconds=10)


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command("metrics")(show)


def show(
    serve: str | None = typer.Option(
        None, "--serve", metavar="HOST:PORT", help="Answer Prometheus at /metrics until stopped."
    ),
) -> None:
    """Print the metrics of the store in Prometheus' text format, or serve them.

    What cannot be read is missing, and communique_part_up says so; printed, that is exit status 1.
    A new list of sources counts when the server is started again.

    Example: communique metrics --serve 127.0.0.1:9469
    """
    place = _place(serve) if serve else None
    settings = Settings()
    archive = Archive(settings.archive, settings.home)
    # Served, it starts without a store as well, and says that there is none.
    with database(settings, migrate=place is None, patience=WAITING) as engine:
        metrics = StoreMetrics(engine, settings, load_sources(settings.sources), archive)
        if place is None:
            archive.count(COUNTING)
            said = exposition(metrics).decode()
            sys.stdout.write(said)
            if any(line.startswith("communique_part_up{") and line.endswith(" 0.0")
                   for line in said.splitlines()):  # fmt: skip
                raise typer.Exit(1)
            return
        _serve(metrics, archive, *place)


def _serve(metrics: StoreMetrics, archive: Archive, host: str, port: int) -> None:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        with serving(metrics, host, port) as bound:
            shown = f"[{host}]" if ":" in host else host
            log.info("metrics at http://%s:%d/metrics", shown, bound)
            if errors.is_terminal:
                errors.print(f"Metrics at http://{shown}:{bound}/metrics", markup=False)
            archive.count_hourly(stopping)
            stopping.wait()
    except OSError as error:
        raise typer.BadParameter(f"{host}:{port} cannot be had: {error}") from error


def _place(serve: str) -> tuple[str, int]:
    host, _, port = serve.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise typer.BadParameter(f"{serve!r} is no HOST:PORT such as 127.0.0.1:9469")
    return host.strip("[]"), int(port)
