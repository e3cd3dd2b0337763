"""What trying a draft costs: `python -m bench.backtest 10000 100000` (target 7: at most 5 s for a
rule over a million statements).

Beside each other, for stores of these numbers of statements (bench.many): the back-test with one
process and with all, and brute force, which reads and tries every text; figures are ratios to
brute force of the same run. Beside it stands how many statements were read, and how many hits were
not, since the index decides them. Brute force is timed on a part of the largest store and said so.
Both must find the same.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, text

from bench.many_store import filled
from communique.backtest import BackTest, backtest, looking_only
from communique.backtest_reading import trial_of
from communique.backtest_trial import Sides
from communique.rules import Document, Rule
from communique.settings import Settings
from communique.watchlists import load_watchlists

SIZES = (10_000, 100_000)
PART = 20_000  # statements that brute force reads
TODAY = date(2026, 1, 1)
_EVERY = text("""
    SELECT s.id, s.source_id, o.publisher, o.country, o.host_country, o.kind, s.language, s.title,
           s.text
    FROM communique.statements s JOIN communique.sources o ON o.id = s.source_id
    WHERE s.id <= :most
""")


def main() -> None:
    """Prints a table for each size."""
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or list(SIZES)
    shipped = load_watchlists(Settings().watchlists).rules
    # Under another name, so that nothing of it is in force and every hit is listed.
    drafted = [replace(rule, watchlist="bench") for rule in shipped]
    for total in sorted(sizes):
        with (
            filled(Settings().home / "bench", total) as store,
            looking_only(store.engine) as connection,
        ):
            print(f"{total:,} statements")
            brute, numbers = _brute_force(connection, drafted, total)
            print(f"{'brute force, every rule':<36}{brute:9.2f} s   1.000")
            for rule in ("clean-network", "toolbox", "huawei"):
                _measure(connection, drafted, rule, brute, numbers, total)


def _measure(
    connection: Connection,
    rules: Sequence[Rule],
    rule: str,
    brute: float,
    numbers: dict[str, set[int]],
    total: int,
) -> None:
    for processes in (1, None):
        started = time.perf_counter()
        found = backtest(connection, rules, "bench", TODAY, rule=rule, processes=processes)
        taken = time.perf_counter() - started
        _compare(found, numbers, total)
        name = f"{rule}, {'one process' if processes else 'all processes'}"
        read = f"{found.read:,} read, {found.unread:,} not"
        print(f"{name:<36}{taken:9.2f} s   {taken / brute:.3f}   {read}")


def _brute_force(
    connection: Connection, rules: Sequence[Rule], total: int
) -> tuple[float, dict[str, set[int]]]:
    """Seconds for every text, and which statements each rule holds for among those that were read:
    every one of a small store, the first of a large one, and then the time that all would take."""
    trial = trial_of(Sides((), tuple(rules), ()))
    numbers: dict[str, set[int]] = {rule.id: set() for rule in rules}
    started = time.perf_counter()
    rows = connection.execute(
        _EVERY, {"most": PART}, execution_options={"stream_results": True, "max_row_buffer": 500}
    )
    read = 0
    for row in rows:
        document = Document(
            title=row.title,
            text=row.text,
            language=row.language,
            source=row.source_id,
            publisher=row.publisher,
            country=row.country,
            host_country=row.host_country,
            kind=row.kind,
        )
        read += 1
        for key in trial.hits(document, drafted=True):
            numbers[key].add(row.id)
    return (time.perf_counter() - started) * total / read, numbers


def _compare(found: BackTest, numbers: dict[str, set[int]], total: int) -> None:
    for each in found.rules:
        mine = {one.statement for one in found.added if each.rule in one.rules}
        if {number for number in mine if number <= PART} != numbers[each.rule]:
            raise SystemExit(f"{total:,}: {each.rule} finds other statements than brute force")


if __name__ == "__main__":
    main()
