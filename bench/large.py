"""What a large store costs: `python -m bench.large 10000 100000` (1000000 takes an hour or so).

Beside each other, for stores of these numbers of statements (bench.many):

- near-duplicates: looking up the bands and marks of new wordings, in batches (target 5: at most
  0.5 ms a statement at a million);
- search: the first page of queries of every kind (target 7: at most 100 ms at the median, none over
  1 s, Chinese words of two characters at most 10 ms);
- settling 500 new statements, step by step (target 8: flat in what is stored);
- bytes that a statement takes in each table of what is derived;
- the plans of the slowest queries, which must not read a large table from end to end.

Stores are kept under COMMUNIQUE_HOME/bench, so a second run need not fill them again.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg2
from sqlalchemy import Connection, Engine, event, text

from bench.large_queries import QUERIES
from bench.many import NOW, Made
from bench.many_derived import DERIVED
from bench.many_store import Filled, address, filled, send
from communique.search import search
from communique.settings import Settings
from communique.settling import STEPS, Step, Unsettled, settle
from communique.stories.candidates import look_up, read_texts
from communique.stories.prints import STORE
from communique.stories.shingles import shape_of
from communique.stories.signatures import prints_of
from communique.text import tokenize_columns

SIZES = (10_000, 100_000)
NEW, BATCH = 500, 100  # statements of a daily run; looked up at once
ROUNDS = 3
LARGE = 5_000  # rows from which on a table is not to be read from end to end


@dataclass(slots=True)
class Measured:
    """What one store's measures came to, by title, in the unit that the title names."""

    total: int
    figures: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def main() -> None:
    """Prints the table, each size in a column of its own, then what is to be said of each."""
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or list(SIZES)
    measured = []
    for total in sorted(sizes):
        with filled(Settings().home / "bench", total) as store:
            measured.append(_measure(store))
    first = measured[0].figures
    columns = "".join(f"{each.total:>14,}" for each in measured)
    print(f"{'statements':<44}{columns}   largest over smallest")
    for title in first:
        values = [each.figures.get(title, float("nan")) for each in measured]
        ratio = values[-1] / values[0] if values[0] else float("nan")
        print(f"{title:<44}" + "".join(f"{value:>14,.2f}" for value in values) + f"{ratio:>10.2f}")
    for each in measured:
        for note in each.notes:
            print(f"{each.total:,}: {note}")


def _measure(store: Filled) -> Measured:
    found = Measured(store.total)
    for step, seconds in store.seconds.items():
        found.notes.append(f"filling it: {step} {seconds:.0f} s")
    _near_duplicates(store, found)
    _searches(store.engine, found)
    _bytes(store, found)
    _daily_run(store, found)
    return found


def _new(store: Filled, count: int) -> list[Made]:
    """Statements that follow the last one stored."""
    with store.engine.connect() as connection:
        last = connection.scalar(text("SELECT max(id) FROM communique.statements")) or 0
    return [store.maker.made(number) for number in range(last + 1, last + 1 + count)]


def _near_duplicates(store: Filled, found: Measured) -> None:
    """Looks up new wordings in the store as the step of stories does; nothing is written."""
    prints = []
    for made in _new(store, NEW):
        tokens = tokenize_columns(made.text)
        prints.append(prints_of(shape_of(tokenize_columns(made.title).terms, made.text, tokens)))
    batches = [prints[at : at + BATCH] for at in range(0, NEW, BATCH)]
    with store.engine.connect() as connection, _slowest(store.engine) as slowest:
        taken = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            for batch in batches:
                known = look_up(connection, STORE, batch)
                read_texts(connection, STORE, known, list(known.standing)[:BATCH])
            taken.append(time.perf_counter() - started)
        found.figures["near-duplicates, ms a look-up (target 0.5)"] = min(taken) / NEW * 1e3
        found.notes += _plan(connection, "near-duplicates", slowest[0])


def _searches(engine: Engine, found: Measured) -> None:
    """The first page of each query, newest first; the middle of some rounds."""
    spent: dict[str, float] = {}
    partial, plans = [], []
    with engine.connect() as connection:
        for query, since, until in QUERIES:
            asked = f"{query} {since or ''} {until or ''}".strip()
            with _slowest(engine) as slowest:
                taken = []
                for _ in range(ROUNDS):
                    started = time.perf_counter()
                    results = search(connection, query, since=since, until=until)
                    taken.append((time.perf_counter() - started) * 1e3)
            spent[asked] = statistics.median(taken)
            plans.append((spent[asked], asked, slowest[0]))
            if results.partial:
                partial.append(asked)
            connection.rollback()
        chinese = [spent[query] for query, *_ in QUERIES if query in spent and _is_word(query)]
        found.figures["search, median ms (target 100)"] = statistics.median(spent.values())
        found.figures["search, worst ms (target 1000)"] = max(spent.values())
        found.figures["search, Chinese word, worst ms (target 10)"] = max(chinese)
        found.notes += [
            f"search {taken:8.1f} ms  {asked}" for taken, asked, _ in sorted(plans)[-5:]
        ]
        found.notes += [f"search ended with its patience: {asked}" for asked in partial]
        for _, asked, slow in sorted(plans, key=lambda plan: plan[0])[-2:]:
            found.notes += _plan(connection, asked, slow)


def _is_word(query: str) -> bool:
    return len(query) == 2 and not query.isascii()


def _bytes(store: Filled, found: Measured) -> None:
    """With their indexes."""
    with store.engine.connect() as connection:
        statements = connection.scalar(text("SELECT count(*) FROM communique.statements"))
        for table in ("statements", "revisions", *DERIVED):
            size = connection.scalar(
                text("SELECT pg_total_relation_size(CAST(:table AS regclass))"),
                {"table": f"communique.{table}"},
            )
            found.figures[f"{table}, bytes a statement"] = (size or 0) / (statements or 1)


def _daily_run(store: Filled, found: Measured) -> None:
    """New statements are stored and settled; some before, so that nothing is done a first time."""
    for count in (BATCH, NEW):
        with closing(psycopg2.connect(address(store.engine))) as plain:
            send(plain, _new(store, count), store.maker, settled=False)
        spent: dict[str, float] = {}
        with _slowest(store.engine) as slowest:
            started = time.perf_counter()
            settled = settle(store.engine, NOW, steps=[_timed(step, spent) for step in STEPS])
            taken = time.perf_counter() - started
        if settled.wordings != count or settled.problems:
            raise SystemExit(f"{settled.wordings} of {count} were settled: {settled.problems[:3]}")
    found.figures["settling, ms a new statement"] = taken / NEW * 1e3
    for name, seconds in spent.items():
        found.figures[f"  of which {name}, ms"] = seconds / NEW * 1e3
    with store.engine.connect() as connection:
        found.notes += _plan(connection, "settling", slowest[0])


def _timed(step: Step, spent: dict[str, float]) -> Step:
    def timed(connection: Connection, batch: Sequence[Unsettled], now: datetime) -> None:
        started = time.perf_counter()
        step(connection, batch, now)
        name = getattr(step, "__name__", str(step))
        spent[name] = spent.get(name, 0.0) + time.perf_counter() - started

    return timed


Query = tuple[float, str, Any]


@contextmanager
def _slowest(engine: Engine) -> Iterator[list[Query]]:
    """Watches the engine: the slowest query that was sent, its milliseconds and parameters."""
    kept: list[Query] = [(0.0, "", None)]
    begun: list[float] = []

    def before(*_: Any) -> None:
        begun.append(time.perf_counter())

    def after(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        taken = (time.perf_counter() - begun.pop()) * 1e3
        if taken > kept[0][0] and statement.lstrip()[:6].upper() in ("SELECT", "INSERT", "UPDATE"):
            kept[0] = (taken, statement, parameters)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield kept
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def _plan(connection: Connection, what: str, slow: Query) -> list[str]:
    """The plan of a query, and which large tables it reads from end to end."""
    taken, statement, parameters = slow
    if not statement:
        return [f"plan of {what}: no query took any time"]
    connection.rollback()
    if what not in ("near-duplicates", "settling"):
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    connection.exec_driver_sql("SET LOCAL jit = off")
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
    connection.rollback()
    scans = [row.strip() for row in rows if "Seq Scan on" in row and _is_large(row)]
    verdict = f"reads from end to end: {scans[0][:80]}" if scans else "no table read whole"
    nodes = [row.strip().lstrip("-> ").split("  (")[0] for row in rows if "(cost=" in row]
    return [
        f"plan of {what} ({taken:.0f} ms): {verdict}",
        *(f"    {node[:110]}" for node in nodes if "Scan" in node),
    ]


def _is_large(row: str) -> bool:
    return int(row.partition("rows=")[2].partition(" ")[0] or 0) >= LARGE


if __name__ == "__main__":
    main()
