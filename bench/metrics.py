"""What the metrics cost: `python -m bench.metrics [STATEMENTS ...]`.

Stores of these numbers of statements (10,000 and 100,000), each with the shipped sources, a turn of
each every few hours, two deliveries and a mail a statement: how long the metrics of all of it take,
part by part, beside the limit of Prometheus' time-out. What is read for a last day, or waits, must
not grow with what is stored.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, create_engine

from bench.metrics_store import fill_many
from communique.database import upgrade
from communique.embedded import server
from communique.metrics import StoreMetrics, exposition
from communique.metrics_archive import Archive
from communique.settings import Settings
from scrapers.facts import load_sources

SIZES = (10_000, 100_000)
LIMIT = 10.0  # seconds: Prometheus' own time-out, where nothing else is said
ROUNDS = 5


def main() -> None:
    """Prints the seconds of each part by size, and of all beside the limit."""
    sizes = sorted(int(word) for word in sys.argv[1:] if word.isdigit()) or list(SIZES)
    found = {}
    with TemporaryDirectory() as home:
        for many in sizes:
            with server(Path(home), f"metrics_{many}") as url:
                engine = create_engine(url)
                found[many] = _measured(engine, many)
                engine.dispose()
    columns = "".join(f"{many:>12,}" for many in sizes)
    print(f"{'ms, for a store of statements':<32}{columns}   largest over smallest")
    for part in next(iter(found.values())):
        values = [found[many][part] * 1e3 for many in sizes]
        row = "".join(f"{value:>12.1f}" for value in values)
        print(f"{part:<32}{row}{values[-1] / values[0]:>10.1f}")
    worst = max(each["all"] for each in found.values())
    print(f"the slowest answer {worst:.2f} s, {worst / LIMIT:.0%} of the limit ({LIMIT:.0f} s)")


def _measured(engine: Engine, many: int) -> dict[str, float]:
    """The median seconds by part, and of all."""
    now = datetime.now(timezone.utc)
    upgrade(engine)
    sources = load_sources(Settings().sources)
    fill_many(engine, sources, many, now)
    taken: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        metrics = StoreMetrics(engine, Settings(now=now), sources, Archive("file:///nowhere"))
        begun = time.perf_counter()
        said = exposition(metrics).decode()
        taken.setdefault("all", []).append(time.perf_counter() - begun)
        for family in text_string_to_metric_families(said):
            if family.name == "communique_part_seconds":
                for sample in family.samples:
                    taken.setdefault(sample.labels["part"], []).append(sample.value)
    return {part: statistics.median(values) for part, values in taken.items()}


if __name__ == "__main__":
    main()
