"""`communique collect`, `backfill`, `replay`: from the web, or an archive, into the store."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
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
from communique.settings import Settings
from scrapers.sources import Source
from scrapers.values import Finding, Listed, ListingSeen

# Pages of listings that could not be read, shown for one source; --json has them all.
MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Turn:
    """One source's turn: its coverage, and why pages of its listings were not read."""

    coverage: SourceCoverage
    unread: tuple[str, ...]


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
    if day > Settings().clock().date():
        raise typer.BadParameter(f"{day} lies ahead")
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
        reasons = Counter[str]()
        with _progress(as_json) as progress:
            task = progress.add_task("replaying", total=len(steps))
            for number, moment in enumerate(steps, 1):
                names = ", ".join(source.id for source in moment.sources)
                progress.update(task, description=f"{moment.at:%Y-%m-%d %H:%M} {names}")
                coverage = replay_moment(line, moment, f"{key}:{number}")
                if coverage is None:
                    reasons[f"listed by none of {names}, so nobody knows whose it is"] += 1
                else:
                    total.update(coverage.counts)
                    if coverage.failed:
                        reasons[coverage.error or coverage.source] += 1
                progress.advance(task)
    _replayed(len(steps), total, reasons, as_json)


def _replayed(steps: int, total: Counter[str], reasons: Counter[str], as_json: bool) -> None:
    failed = sum(reasons.values())
    if as_json:
        print_json({"captures": steps, "failed": failed, "outcomes": dict(total)})
    else:
        counted = ", ".join(f"{number} {name}" for name, number in total.items() if number)
        console.print(f"{steps} captures replayed: {counted or 'nothing in them'}.", markup=False)
    for reason, times in reasons.most_common(MOST_SHOWN):
        errors.print(f"{times} failed: {reason}", markup=False, soft_wrap=True)
    if not steps:
        errors.print("No capture of the archive belongs to a chosen source.")
    if failed or not steps:
        raise typer.Exit(1)


def _run(
    line: Line, sources: Sequence[Source], kind: str, key: str, since: date | None, quiet: bool
) -> list[Turn]:
    """Gives every source its turn; a run for each desk. What one source does stops no other."""
    done: list[Turn] = []
    with _progress(quiet) as progress:
        task = progress.add_task(kind, total=len(sources))
        for desk, turns in groupby(sorted(sources, key=lambda s: s.desk), lambda s: s.desk):
            run_key = f"{key}:{desk}"
            for source in turns:
                progress.update(task, description=f"{kind} {source.id}")
                unread: list[str] = []
                watch = _watch(progress, source.id, unread)
                coverage = run_source(
                    line, source, kind=kind, run_key=run_key, since=since, watch=watch
                )
                done.append(Turn(coverage, tuple(unread)))
                progress.advance(task)
            finish_run(line, run_key)
    return done


def _watch(progress: Progress, source: str, unread: list[str]) -> Watch:
    """Counts what this source brings, on a line under the bar, and keeps its listings' errors."""
    bar = progress.add_task(f"  {source}", total=0)
    seen = Counter[str]()

    def watch(value: Crawled) -> None:
        if isinstance(value, ListingSeen) and value.error is not None:
            unread.append(str(value.error))
        if isinstance(value, Listed):
            seen["listed"] += len(value.entries)
            progress.update(bar, total=seen["listed"])
        elif isinstance(value, Finding):
            seen["visited"] += 1
            progress.update(bar, completed=seen["visited"])

    return watch


def _finish(done: Sequence[Turn], as_json: bool) -> None:
    if as_json:
        print_json([asdict(t.coverage) | {"listings_not_read": t.unread} for t in done])
    else:
        print_coverage([turn.coverage for turn in done])
        for turn in done:
            for reason in turn.unread[:MOST_SHOWN]:
                errors.print(f"listing not read: {reason}", markup=False, soft_wrap=True)
            if len(turn.unread) > MOST_SHOWN:
                rest = len(turn.unread) - MOST_SHOWN
                errors.print(f"... and {rest} more pages of {turn.coverage.source}'s listings")
    if not done:
        errors.print("No enabled source was chosen.")
    if not done or any(turn.coverage.failed for turn in done):
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
