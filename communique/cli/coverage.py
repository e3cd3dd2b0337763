"""`communique coverage`, `health`: how every source stands, and who is told of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import typer
from rich.text import Text
from sqlalchemy import Connection, text

from communique import health_mail, outbox
from communique.cli.common import (
    DeskOption,
    JsonOption,
    SourceOption,
    chosen,
    console,
    errors,
    print_json,
    the_line,
)
from communique.cli.standings import STYLES, aligned, notes, print_standings, words
from communique.health import NOT_RUN, TROUBLED
from communique.jobs import Line
from communique.schema import STATES
from communique.source_history import Rows, Turn, first_errors, listings_seen, turns
from communique.standing import Standing, standings


def add_to(app: typer.Typer) -> None:
    """Hangs these commands on the application."""
    app.command()(coverage)
    app.command()(health)


def _state(value: str | None) -> str | None:
    states = (*STATES, NOT_RUN)
    if value is not None and value not in states:
        raise typer.BadParameter(f"no state {value!r}; there are {', '.join(states)}")
    return value


StateOption = typer.Option(
    None, help=f"One of {', '.join((*STATES, NOT_RUN))}.", callback=_state, metavar="STATE"
)


def coverage(
    desk: str | None = DeskOption,
    source: str | None = SourceOption,
    state: str | None = StateOption,
    as_json: bool = JsonOption,
) -> None:
    """How every source stands: who was checked when, what it brought, who is blind since when.

    The worst come first. With --source: its last ten runs, each listing, and the errors in full.

    Exit status 1 when a source shown is failing, blocked, late or never worked.

    Example: communique coverage --desk china --state failing
    """
    with the_line() as line:
        sources = chosen(line, desk, source)
        found = standings(line.engine, sources, _now(line))
        detail = _detail(line, found[0]) if source and found else {}
    shown = [each for each in found if state in (None, each.state)]
    if as_json:
        print_json([asdict(each) | detail for each in shown])
    elif source:
        for each in shown:
            _print_detail(each, detail)
    else:
        print_standings(shown)
    if source and not found:
        errors.print(f"{source} is not enabled: nobody collects it.", markup=False)
        raise typer.Exit(1)
    if any(each.state in (*TROUBLED, "late") for each in shown):
        raise typer.Exit(1)


def health(as_json: bool = JsonOption) -> None:
    """Mail the maintainers which sources changed state since they were last told.

    At most one mail a day to each of COMMUNIQUE_MAINTAINERS, and none where nothing changed.

    Exit status 1 when a mail failed, or nobody is named to be told.

    Example: communique health
    """
    with the_line() as line:
        told = health_mail.queue(line.engine, line.sources, line.settings, _now(line))
        sent = outbox.send_pending(line.engine, line.settings, line.settings.clock)
    if as_json:
        print_json({"told": asdict(told), "sent": asdict(sent)})
    else:
        names = ", ".join(told.queued) or "nobody: nothing changed, or today's mail is out"
        console.print(f"Told of the sources' health: {names}.", markup=False)
        counted = f"{sent.sent} sent, {sent.deferred} deferred, {sent.failed} failed"
        console.print(f"Mails of the outbox: {counted}.", markup=False)
    for problem in (*told.problems, *sent.problems):
        errors.print(problem, style="red", markup=False, soft_wrap=True)
    if told.problems or sent.problems or sent.failed:
        raise typer.Exit(1)


def next_command(standing: Standing) -> str:
    """What to type to look closer, or to mend it."""
    if standing.state in (NOT_RUN, "late") and standing.newest is None:
        return f"communique collect --source {standing.source}"
    return f"communique sources check {standing.source}"


def _now(line: Line) -> datetime:
    """The clock; where an archive is replayed at no fixed moment, that of the latest turn."""
    now = line.settings.clock()
    if line.replay is None or line.settings.as_of is not None:
        return now
    with line.engine.connect() as connection:
        latest = connection.execute(text("SELECT max(started_at) FROM communique.coverage"))
        return latest.scalar() or now


def _detail(line: Line, standing: Standing) -> dict[str, Any]:
    """The last ten runs of one source, its listings as last visited, and the first errors."""
    source = standing.source
    with line.engine.connect() as connection:
        return {
            "runs": [_as_row(turn) for turn in turns(connection, source, most=10)],
            "listings": listings_seen(connection, source, _now(line)),
            "errors": _errors(connection, standing),
            "next": next_command(standing),
        }


def _errors(connection: Connection, standing: Standing) -> Rows:
    if standing.run_id is None or standing.last_run is None:
        return ()
    return first_errors(connection, standing.source, standing.run_id, standing.last_run)


def _as_row(turn: Turn) -> dict[str, Any]:
    """A turn as machines read it."""
    counts = {name: turn.counts[name] for name in ("new", "revised")}
    names = ("started_at", "state", "listings_read", "listings_failed", "listed", "newest", "error")
    return {name: getattr(turn, name) for name in names} | counts | {"run_kind": turn.kind}


def _print_detail(standing: Standing, detail: dict[str, Any]) -> None:
    head = f"{standing.source}  {standing.publisher}  (desk {standing.desk})"
    console.print(head, style="bold", markup=False, soft_wrap=True)
    state = Text(f"{words(standing.state)} since {standing.since:%Y-%m-%d %H:%M} UTC")
    state.stylize(STYLES.get(standing.state, "green"))
    console.print(state)
    _line(standing.said)
    _line(notes(standing, every=True))
    if detail["runs"]:
        console.print("\nThe last runs", style="bold")
        columns = ("began", "kind", "state", "listings", "listed", "new", "revised", "newest")
        for row in aligned(columns, [_run(run) for run in detail["runs"]]):
            console.print(row, no_wrap=True)
    console.print("\nListings, as last visited", style="bold")
    for each in detail["listings"]:
        said = f"{each['entries']} entries" if each["outcome"] == "listed" else each["outcome"]
        _line(f"{each['fetched_at']:%Y-%m-%d %H:%M}  {said:<12}  {each['url']}")
    if detail["errors"]:
        console.print("\nFirst errors of the last run", style="bold")
    for each in detail["errors"]:
        _line(each["error"])
        if each["warc"]:
            _line(f"  saved in {each['warc']}, record {each['record_id']}")
    _line(f"\nNext: {detail['next']}")


def _run(run: dict[str, Any]) -> tuple[str, ...]:
    pages = run["listings_read"] + run["listings_failed"]
    return (
        f"{run['started_at']:%Y-%m-%d %H:%M}",
        run["run_kind"],
        words(run["state"]),
        f"{run['listings_read']} of {pages}",
        *(str(run[name]) for name in ("listed", "new", "revised")),
        str(run["newest"] or ""),
    )


def _line(said: str) -> None:
    if said:
        console.print(said, markup=False, highlight=False, soft_wrap=True)
