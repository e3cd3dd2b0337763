"""`communique collect`, `backfill`, `replay`: from the web, or an archive, into the store."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

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

from communique.backfills import backfill_all
from communique.cli.board import Board
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
from communique.cli.ended import print_end
from communique.jobs import collect_all, settle_all
from communique.parallel import Done
from communique.replaying import moments, replay_moment
from communique.settings import Settings

# Reasons that are shown of a replay's failures.
MOST_SHOWN = 12


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
        key = run_key or f"collect:{uuid.uuid4()}"
        with Board("collect", len(sources), quiet=as_json) as board:
            done = collect_all(line, sources, run_key=key, onlooker=board)
    _finish(done, board, as_json)


def backfill(
    since: str = typer.Option(help="Walk the listings back to this day, such as 2019-01-01."),
    until: str | None = typer.Option(None, help="Leave alone what listings date after this day."),
    desk: str | None = DeskOption,
    source: str | None = SourceOption,
    restart: bool = typer.Option(False, "--restart", help="Begin anew where one was interrupted."),
    as_json: bool = JsonOption,
) -> None:
    """Walk the listings page by page back to a day, and store what is missing. Never alerts.

    One that was interrupted goes on where it was; what is stored is not fetched again. Statements
    that a listing does not date are visited too.

    Example: communique backfill --source cn_mfa_en --since 2019-01-01
    """
    first, last = parse_day(since), parse_day(until) if until else None
    if first > Settings().clock().date():
        raise typer.BadParameter(f"{first} lies ahead")
    if last is not None and last < first:
        raise typer.BadParameter(f"--until {last} lies before --since {first}")
    with the_line() as line:
        sources = chosen(line, desk, source)
        with Board("backfill", len(sources), quiet=as_json, deep=True) as board:
            done = backfill_all(
                line, sources, since=first, until=last, restart=restart, onlooker=board
            )
    _finish(done, board, as_json)


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
        settle_all(line)
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


def _finish(done: Sequence[Done], board: Board, as_json: bool) -> None:
    if as_json:
        print_json([_row(one) | {"listings_not_read": board.unread_of(one.source)} for one in done])
    else:
        print_end(done)
    if not done:
        errors.print("No enabled source was chosen.")
    if not done or any(one.failed for one in done):
        raise typer.Exit(1)


def _row(done: Done) -> dict[str, object]:
    """A turn as JSON has it; one that ended by our own trouble has no counts."""
    if done.coverage is None:
        return {"source": done.source.id, "state": "failing", "error": done.crash, "counts": {}}
    return asdict(done.coverage)


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
