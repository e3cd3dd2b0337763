"""`communique reread`: today's readers over the archive, and what would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from communique.cli.common import (
    DeskOption,
    JsonOption,
    SourceOption,
    console,
    counted,
    errors,
    named,
    parse_day,
    print_json,
    print_table,
    the_line,
)
from communique.diffs import diff
from communique.evidence.claims import Wanted
from communique.health import plain
from communique.jobs import Line
from communique.reread_runs import (
    TROUBLE,
    Difference,
    RereadRefused,
    Tally,
    check_reader,
    found_by,
    wanted_of,
    write,
)
from communique.rereading import Reread, described

# How many of a source's are shown; --json has a few more.
SHOWN = 3


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command("reread")(reread_command)


def reread_command(
    desk: str | None = DeskOption,
    source: str | None = SourceOption,
    reader: str | None = typer.Option(None, help="Only what this reader has read: its name."),
    since: str | None = typer.Option(None, help="Only pages fetched since this day (UTC)."),
    applied: bool = typer.Option(False, "--apply", help="Write down what is read now."),
    as_json: bool = JsonOption,
) -> None:
    """Read archived pages again with today's readers, after one was mended. Nothing is fetched.

    Shows, by source, how many of the wordings that stand are read alike, and what would change.
    With --apply what is read now becomes a further wording, proved by the same capture: no edit of
    the publisher's, so no change is noted and nobody is told of one. Where nothing is found any
    more, or the generic reader disagrees, the wording stays as it is.

    Exit status 1 when a page cannot be read any more, or is not in the archive.

    Example: communique reread --reader china_mfa --since 2026-01-01
    """
    day = parse_day(since) if since else None
    with the_line() as line:
        wanted = _wanted(line, desk, source, reader, day)
        found = Difference()
        written = _take(line, wanted, found, applied=applied)
        tallies = found.tallies
        if wanted.reader is not None and not tallies:
            try:
                check_reader(line.engine, wanted.reader)
            except RereadRefused as error:
                raise typer.BadParameter(str(error)) from error
    if as_json:
        print_json(_as_dict(tallies, written, applied=applied))
    else:
        _print(tallies, written, applied=applied)
    if any(each.results["unread"] or each.results["no evidence"] for each in tallies.values()):
        raise typer.Exit(1)


def _wanted(
    line: Line, desk: str | None, source: str | None, reader: str | None, day: date | None
) -> Wanted:
    sources: tuple[str, ...] | None = None
    if source is not None:
        found = named(line.sources, source)
        if desk not in (None, found.desk):
            raise typer.BadParameter(f"{source} belongs to desk {found.desk}, not {desk}")
        sources = (found.id,)
    elif desk is not None:
        sources = tuple(one.id for one in line.sources if one.desk == desk)
    return wanted_of(sources, reader, day)


def _take(line: Line, wanted: Wanted, found: Difference, *, applied: bool) -> tuple[int, int]:
    """Counts by source, and writes down where that is wanted: how many wordings, how many dates."""

    def counting() -> Iterator[Reread]:
        for one in _watched(line, wanted):
            found.add(one)
            yield one

    if applied:
        return write(line, counting())
    for _ in counting():
        continue
    return 0, 0


def _watched(line: Line, wanted: Wanted) -> Iterator[Reread]:
    total = sum(number for _, number in wanted.files(line.engine))
    columns = (TextColumn("Reading again"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=total)
        for one in found_by(line, wanted):
            yield one
            bar.advance(task)


def _as_dict(
    tallies: dict[str, Tally], written: tuple[int, int], *, applied: bool
) -> dict[str, Any]:
    return {
        "applied": applied,
        "reworded": written[0],
        "dated": written[1],
        "sources": {
            source: {
                "results": dict(tally.results),
                "differs_in": dict(tally.parts),
                "examples": [_example(one) for one in tally.examples],
            }
            for source, tally in sorted(tallies.items())
        },
    }


def _example(one: Reread) -> dict[str, Any]:
    said: dict[str, Any] = {
        "statement": one.claim.statement,
        "wording": one.claim.number,
        "url": one.claim.url,
        "result": one.result,
        "why": one.why or None,
        "read_by": one.claim.reader,
    }
    if one.found is not None:
        earlier, later = (one.claim.title, one.claim.text), (one.found.title, one.found.text)
        said |= {"now_read_by": one.found.reader, "differs_in": list(one.differs)}
        said |= {"date": described(one) or None, "diff": diff(earlier, later)}
    return said


def _print(tallies: dict[str, Tally], written: tuple[int, int], *, applied: bool) -> None:
    columns = ("equal", "title", "text", "date", *TROUBLE)
    rows = [
        {"source": source, **tally.results, **tally.parts}
        for source, tally in sorted(tallies.items())
    ]
    if rows:
        print_table(("source", *columns), rows, right=columns)
    for source, tally in sorted(tallies.items()):
        shown = Counter[str]()
        for one in tally.examples:
            shown[one.result] += 1
            if shown[one.result] <= SHOWN:
                _print_example(source, one)
    total: Counter[str] = sum((tally.results for tally in tallies.values()), Counter())
    said = (
        f"{counted(sum(total.values()), 'wording')} read again, {total['differs']} read otherwise."
    )
    if applied:
        said += f" Written down: {written[0]} wordings, {written[1]} dates."
    elif total["differs"]:
        said += " Nothing was changed; --apply writes it down."
    console.print(said, markup=False, soft_wrap=True)


def _print_example(source: str, one: Reread) -> None:
    _line(f"\nStatement {one.claim.statement} ({source}, {one.claim.url}): {one.result}")
    if one.why:
        _line(f"  {plain(one.why, 500)}")
    if one.found is None:
        return
    _line(f"  {one.claim.reader} -> {one.found.reader}, in {', '.join(one.differs)}")
    if dated := described(one):
        _line(f"  date: {dated}")
    earlier, later = (one.claim.title, one.claim.text), (one.found.title, one.found.text)
    marks = {"insert": "+", "delete": "-", "equal": " "}
    for operation in diff(earlier, later)[:12]:
        words = plain(operation["text"], 200)
        _line(f"  {marks[operation['op']]} {operation['field']}: {words}")


def _line(said: str) -> None:
    console.print(said, markup=False, highlight=False, soft_wrap=True)
