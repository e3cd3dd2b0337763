"""`communique collect`, `backfill`, `replay`: from the web, or an archive, into the store."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from itertools import groupby

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from communique.cli.common import (
    DeskOption,
    JsonOption,
    SourceOption,
    chosen,
    console,
    errors,
    parse_day,
    print_json,
    the_line,
)
from communique.cli.look import print_coverage
from communique.collecting import Crawled, Watch
from communique.coverage import SourceCoverage
from communique.jobs import Line, finish_run, run_source
from communique.replaying import moments, replay_moment
from scrapers.sources import Source
from scrapers.values import Finding, Listed


def add_to(app: typer.Typer) -> None:
    """Hangs these commands on the application."""
    app.command()(collect)
    app.command()(backfill)
    app.command()(replay)


def collect(
    desk: str | None = DeskOption,
    source: str | None = SourceOption,
    run_key: str | None = typer.Option(None, help="Name of the run; the same name goes on in it."),
    as_json: bool = JsonOption,
) -> None:
    """Collect what is new: read the listings, and every address they name that is not known.

    Exit status 1 when a source failed; it is named, and what others brought is stored.

    Example: communique collect --desk china
    """
    with the_line() as line:
        sources = chosen(line, desk, source)
        done = _run(line, sources, "collect", run_key or f"collect:{uuid.uuid4()}", None, as_json)
    _finish(done, as_json)


def backfill(
    since: str = typer.Option(help="Walk the listings back to this day, such as 2019-01-01."),
    desk: str | None = DeskOption,
    source: str | None = SourceOption,
    as_json: bool = JsonOption,
) -> None:
    """Walk the listings page by page back to a day, and store what is missing. Never alerts.

    Example: communique backfill --source cn_mfa_en --since 2019-01-01
    """
    day = parse_day(since)
    with the_line() as line:
        sources = chosen(line, desk, source)
        key = f"backfill:{uuid.uuid4()}"
        done = _run(line, sources, "backfill", key, day, as_json)
    _finish(done, as_json)


def replay(
    desk: str | None = DeskOption,
    source: str | None = SourceOption,
    as_json: bool = JsonOption,
) -> None:
    """Take every capture of an archive in its order, as if each moment were now.

    The archive is COMMUNIQUE_REPLAY.

    Example: COMMUNIQUE_REPLAY=archive.warc.gz communique replay --desk united_states
    """
    with the_line() as line:
        if line.replay is None:
            raise typer.BadParameter("set COMMUNIQUE_REPLAY to the archive's path first")
        sources = chosen(line, desk, source)
        steps = list(moments(line.replay, sources))
        key = f"replay:{uuid.uuid4()}"
        total = Counter[str]()
        failed = 0
        with _progress(as_json) as progress:
            task = progress.add_task("replaying", total=len(steps))
            for number, moment in enumerate(steps, 1):
                progress.update(task, description=f"{moment.at:%Y-%m-%d %H:%M} {moment.source.id}")
                coverage = replay_moment(line, moment, f"{key}:{number}")
                total.update(coverage.counts)
                failed += coverage.failed
                progress.advance(task)
    _replayed(len(steps), total, failed, as_json)


def _replayed(steps: int, total: Counter[str], failed: int, as_json: bool) -> None:
    if as_json:
        print_json({"captures": steps, "failed": failed, "outcomes": dict(total)})
    else:
        counted = ", ".join(f"{number} {name}" for name, number in total.items() if number)
        console.print(f"{steps} captures replayed: {counted or 'nothing in them'}.", markup=False)
    if not steps:
        errors.print("No capture of the archive belongs to a chosen source.")
    if failed or not steps:
        raise typer.Exit(1)


def _run(
    line: Line, sources: Sequence[Source], kind: str, key: str, since: date | None, quiet: bool
) -> list[SourceCoverage]:
    """Gives every source its turn; a run for each desk. What one source does stops no other."""
    done: list[SourceCoverage] = []
    with _progress(quiet) as progress:
        task = progress.add_task(kind, total=len(sources))
        for desk, turns in groupby(sorted(sources, key=lambda s: s.desk), lambda s: s.desk):
            run_key = f"{key}:{desk}"
            for source in turns:
                progress.update(task, description=f"{kind} {source.id}")
                watch = _counting(progress, source.id)
                done.append(
                    run_source(line, source, kind=kind, run_key=run_key, since=since, watch=watch)
                )
                progress.advance(task)
            finish_run(line, run_key)
    return done


def _counting(progress: Progress, source: str) -> Watch:
    """A line under the bar that counts what this source brings."""
    bar = progress.add_task(f"  {source}", total=0)
    seen = Counter[str]()

    def watch(value: Crawled) -> None:
        if isinstance(value, Listed):
            seen["listed"] += len(value.entries)
            progress.update(bar, total=seen["listed"])
        elif isinstance(value, Finding):
            seen["visited"] += 1
            progress.update(bar, completed=seen["visited"])

    return watch


def _finish(done: Sequence[SourceCoverage], as_json: bool) -> None:
    if as_json:
        print_json([asdict(coverage) for coverage in done])
    else:
        print_coverage(done)
    if not done:
        errors.print("No enabled source was chosen.")
    if not done or any(coverage.failed for coverage in done):
        raise typer.Exit(1)


def _progress(quiet: bool) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=errors,
        disable=quiet or not errors.is_terminal,
        transient=True,
    )
