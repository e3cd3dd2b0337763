"""`communique reread`: today's readers over the archive, and what would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timezone
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import text

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
from communique.rereading import Reread, apply, described, reread

# How many of a source's are shown; --json has a few more.
SHOWN, KEPT = 3, 20
# Statements that are written in one transaction.
AT_ONCE = 50
_READERS = text("""
SELECT DISTINCT split_part(reader, '/', 1) FROM communique.revisions ORDER BY 1
""")
_TROUBLE = ("unread", "doubtful", "same version", "no evidence")


@dataclass(slots=True)
class Tally:
    """What was found of one source. examples: of what is not equal."""

    results: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    examples: list[Reread] = field(default_factory=list)

    def add(self, one: Reread) -> None:
        """Counts one."""
        self.results[one.result] += 1
        if one.result == "differs":
            self.parts.update(one.differs)
        alike = sum(kept.result == one.result for kept in self.examples)
        if one.result != "equal" and alike < KEPT:
            self.examples.append(one)


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command("reread")(reread_command)


def reread_command(
    desk: str | None = DeskOption,
    source: str | None = SourceOption,
    reader: str | None = typer.Option(None, help="Only what this reader has read: its name."),
    since: str | None = typer.Option(None, help="Only pages fetched since this day (UTC)."),
    write: bool = typer.Option(False, "--apply", help="Write down what is read now."),
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
        tallies: dict[str, Tally] = {}
        written = _take(line, wanted, tallies, write=write)
        if wanted.reader is not None and not tallies:
            _check_reader(line, wanted.reader)
    if as_json:
        print_json(_as_dict(tallies, written, applied=write))
    else:
        _print(tallies, written, applied=write)
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
    since = datetime.combine(day, time(), timezone.utc) if day else None
    name = reader.split("/")[0] if reader else None
    return Wanted(standing=True, sources=sources, reader=name, since=since)


def _check_reader(line: Line, name: str) -> None:
    with line.engine.connect() as connection:
        known = connection.execute(_READERS).scalars().all()
    if known and name not in known:
        raise typer.BadParameter(f"no reader {name!r} read anything; there are {', '.join(known)}")


def _take(line: Line, wanted: Wanted, tallies: dict[str, Tally], *, write: bool) -> tuple[int, int]:
    """Counts by source, and writes down where that is wanted: how many wordings, how many dates."""
    reworded = dated = 0
    batch: list[Reread] = []

    def flush() -> None:
        nonlocal reworded, dated
        if batch:
            done = apply(line.engine, batch, line.topics, line.settings.clock())
            reworded, dated = reworded + done[0], dated + done[1]
            batch.clear()

    for one in _watched(line, wanted):
        tallies.setdefault(one.claim.source, Tally()).add(one)
        if write and one.result == "differs":
            batch.append(one)
            if len(batch) >= AT_ONCE:
                flush()
    flush()
    return reworded, dated


def _watched(line: Line, wanted: Wanted) -> Iterator[Reread]:
    sources = {source.id: source for source in line.sources}
    total = sum(number for _, number in wanted.files(line.engine))
    columns = (TextColumn("Reading again"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=total)
        for one in reread(line.engine, wanted, sources, limit=line.settings.max_body):
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
    columns = ("equal", "title", "text", "date", *_TROUBLE)
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
