"""What the stack says while it works: on a terminal one live line, elsewhere a line a step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

console = Console()


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
