"""The table of standings: a line a source and, beneath it, why it is not as it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from communique.cli.common import console
from communique.health import NOT_RUN, TROUBLED, WORST_FIRST
from communique.standing import Standing

STYLES = {"late": "yellow", "quiet": "cyan", NOT_RUN: "dim"} | dict.fromkeys(TROUBLED, "bold red")
# From so many columns on, a line holds everything.
WIDE = 110
NUMBERS = ("listed", "new", "revised", "every", "doubts", "gaps", "seen", "inferred")


def print_standings(shown: Sequence[Standing]) -> None:
    """The table, as wide as the terminal, and the summary."""
    wide = console.width >= WIDE
    head = _cells(None, wide=wide)
    lines = aligned(head, [_cells(each, wide=wide) for each in shown], gap=2 if wide else 1)
    if shown:
        console.print(next(lines), style="bold", no_wrap=True)
    for each, line in zip(shown, lines, strict=False):
        line.highlight_words([words(each.state)], STYLES.get(each.state, ""))
        console.print(line, no_wrap=True)
        more = notes(each, every=False) if not wide else ""
        reason = each.said if each.state not in ("ok", NOT_RUN) else ""
        beneath = " · ".join(filter(None, [reason, more]))
        if beneath:
            short = Text("  " + " ".join(beneath.split()), style="dim")
            short.truncate(console.width, overflow="ellipsis")
            console.print(short, no_wrap=True)
    console.print(summary(shown), markup=False, highlight=False)


def aligned(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, gap: int = 2, cut: int = 0
) -> Iterator[Text]:
    """Head and rows as lines of one width each column; that of number `cut` gives way where the
    terminal ends."""
    widths = [max(map(cell_len, column)) for column in zip(head, *rows, strict=True)]
    rest = sum(widths) - widths[cut] + gap * (len(widths) - 1)
    widths[cut] = max(12, min(widths[cut], console.width - rest))
    for cells in (head, *rows):
        padded = []
        for name, cell, width in zip(head, cells, widths, strict=True):
            said = cell
            if cell_len(cell) > width:
                said = set_cell_size(cell, width - 1).rstrip() + "…"
            pad = " " * (width - cell_len(said))
            padded.append(pad + said if name in NUMBERS else said + pad)
        yield Text((" " * gap).join(padded).rstrip())


def _cells(standing: Standing | None, *, wide: bool) -> tuple[str, ...]:
    """One row of the table; its head for None."""
    if standing is None:
        more = ("every", "doubts", "gaps") if wide else ()
        return ("source", "state", "since", "last run", "listed", "new", "newest", *more)
    turn = f"{standing.last_run:%Y-%m-%d %H:%M}" if standing.last_run else ""
    more = (
        f"{standing.cadence_days} d" if standing.cadence_days else "",
        str(standing.suspects or ""),
        str(standing.gaps or ""),
    )
    return (
        standing.source,
        words(standing.state),
        f"{standing.since:%Y-%m-%d}",
        turn if wide else turn[5:10],
        "" if standing.listed is None else str(standing.listed),
        "" if standing.new is None else str(standing.new),
        str(standing.newest or ""),
        *(more if wide else ()),
    )


def notes(standing: Standing, *, every: bool) -> str:
    """Cadence, doubtful readings and gaps in words. every: also a cadence that is kept."""
    said = []
    if standing.cadence_days and every:
        said.append(f"something new is expected within {standing.cadence_days} days")
    elif every:
        said.append("how often it publishes is not known yet")
    if standing.suspects:
        said.append(f"doubtful readings: {standing.suspects}")
    if standing.gaps:
        said.append(f"open gaps: {standing.gaps}")
    return " · ".join(said)


def words(state: str) -> str:
    """A state as a person reads it."""
    return {NOT_RUN: "not yet run"}.get(state, state.replace("_", " "))


def summary(shown: Sequence[Standing]) -> str:
    """One line: how many were checked, and how many of them are in which state."""
    counts = Counter(each.state for each in shown)
    ran = [f"{counts[s]} {words(s)}" for s in reversed(WORST_FIRST) if counts[s] and s != NOT_RUN]
    waiting = f"; {counts[NOT_RUN]} not yet run" if counts[NOT_RUN] else ""
    total = len(shown) - counts[NOT_RUN]
    return f"checked {total}{': ' if ran else ''}{', '.join(ran)}{waiting}"
