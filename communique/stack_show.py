"""What the stack says while it works: on a terminal one live line, elsewhere a line a step."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from communique.health import TROUBLED

console = Console(emoji=False)
if not console.is_terminal:
    console = Console(width=150, emoji=False)
GAP = 2  # between columns
WIDEST = 40  # characters of a column that another one has to share the line with


@contextmanager
def step(what: str) -> Iterator[Callable[[str], None]]:
    """Shows that something is under way, for how long already, and what it waits for: the block
    calls what it is given with that. Says how long it took."""
    started = time.monotonic()
    if not console.is_terminal:
        console.print(f"{what} ...", markup=False, highlight=False)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(what)

        def tell(detail: str) -> None:
            progress.update(task, description=f"{what}: {detail}")

        yield tell
    console.print(f"{what}: {time.monotonic() - started:.0f} s", markup=False, highlight=False)


def table(
    heading: str, last: str, rows: Iterable[Mapping[str, Any]], *, hide: Collection[str] = ()
) -> None:
    """Prints rows a line each, without the columns `hide`; the column `last` is cut where the
    terminal ends."""
    listed = [{name: row[name] for name in row if name not in hide} for row in rows]
    names = list(listed[0]) if listed else []
    width = {
        name: max(cell_len(text) for text in (name, *(_cell(row[name]) for row in listed)))
        for name in names
    }
    width |= {name: min(width[name], WIDEST) for name in names if name != last}
    left = console.width - sum(width[name] + GAP for name in names if name != last)
    shown = Table(box=None, pad_edge=False, header_style="dim", padding=(0, GAP, 0, 0))
    for name in names:
        shown.add_column(
            name.replace("_", " "),
            justify="right" if isinstance(listed[0][name], int) else "left",
            no_wrap=True,
            width=max(20, min(width[name], left)) if name == last else width[name],
        )
    for row in listed:
        cells = (escape(_cell(value)) for value in row.values())
        shown.add_row(*cells, style="red" if row.get("state") in TROUBLED else None)
    console.print(f"\n[bold]{escape(heading)}[/bold]")
    console.print(shown)


def _cell(value: object) -> str:
    return "" if value is None else str(value)
