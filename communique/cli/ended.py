"""The end of a run of many sources, short: what it brought, and who failed and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from communique.cli.common import console, print_table
from communique.cli.standings import words
from communique.health import plain
from communique.parallel import Done
from communique.schema import OUTCOMES

# Of more sources only those that failed, or brought something, have a line.
MOST_ROWS = 20


def print_end(done: Sequence[Done]) -> None:
    """The table, a line for each source that failed, and the sums."""
    rows = [_row(one) for one in done]
    many = len(rows) > MOST_ROWS
    shown = [row for row in rows if not many or row["new"] or row["revised"]]
    if shown:
        used = [name for name in OUTCOMES if any(row[name] for row in shown)]
        numbers = ["listed", "known", *used]
        print_table(["source", "state", "since", *numbers, "newest"], shown, right=numbers)
    failed = [one for one in done if one.failed]
    for one in failed:
        state = words(one.coverage.state) if one.coverage else "failing"
        said = f"{one.source.id} ({state}): {_reason(one)}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
    if failed:
        name = failed[0].source.id if len(failed) == 1 else "ID"
        console.print(f"Look closer: communique coverage --source {name}", markup=False)
    new, revised = (sum(row[name] for row in rows) for name in ("new", "revised"))
    sources = "1 source" if len(rows) == 1 else f"{len(rows)} sources"
    summary = f"{sources}, {len(failed)} failed; {new:,} new, {revised:,} revised."
    console.print(summary, markup=False, highlight=False)


def _reason(done: Done) -> str:
    """Its first error in plain words."""
    said = done.crash or (done.coverage and done.coverage.error) or "no reason was recorded"
    return plain(said)


def _row(done: Done) -> Mapping[str, Any]:
    if done.coverage is None:
        empty = dict.fromkeys((*OUTCOMES, "listed", "known"), 0)
        return empty | {"source": done.source.id, "state": "failing"}
    seen = done.coverage
    facts = {name: getattr(seen, name) for name in ("source", "since", "listed", "known", "newest")}
    return facts | {"state": words(seen.state)} | dict(seen.counts)
