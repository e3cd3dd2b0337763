"""`communique alert`, `subscribe`, `unsubscribe`, `subscriptions`: who hears of what."""

from __future__ import annotations

from dataclasses import asdict

import typer

from communique import alerting, outbox, subscriptions
from communique.cli.common import JsonOption, console, errors, print_json, print_table, the_line

WatchlistOption = typer.Option("5g-huawei", "--watchlist", help="Name of a file in watchlists/.")


def add_to(app: typer.Typer) -> None:
    """Hangs these commands on the application."""
    app.command()(alert)
    app.command()(subscribe)
    app.command()(unsubscribe)
    app.command("subscriptions")(list_subscriptions)


def alert(as_json: bool = JsonOption) -> None:
    """Judge what has not been judged yet, and send what is due. Safe to run twice, or two at once.

    Exit status 1 when a rule, a statement or a mail failed; it is named, the others went on.

    Example: communique alert
    """
    with the_line() as line:
        judged = alerting.judge(line.engine, line.loaded, line.settings.clock())
        sent = outbox.send_pending(line.engine, line.settings, line.settings.clock)
    problems = (*judged.problems, *sent.problems)
    if as_json:
        print_json({"judged": asdict(judged), "sent": asdict(sent)})
    else:
        held = ", ".join(f"{number} {why}" for why, number in judged.held.items())
        console.print(
            f"{judged.judged} revisions judged, {judged.matches} matches, {judged.queued} alerts"
            f"{f' ({held} held back)' if held else ''}; "
            f"{sent.sent} mails sent, {sent.deferred} deferred, {sent.failed} failed.",
            markup=False,
        )
    for problem in problems:
        errors.print(problem, style="red", markup=False, soft_wrap=True)
    if problems or sent.failed:
        raise typer.Exit(1)


def subscribe(
    address: str = typer.Argument(help="Mail address, such as ana@example.org."),
    watchlist: str = WatchlistOption,
) -> None:
    """Let an address hear of a watchlist from now on.

    Example: communique subscribe ana@example.org --watchlist 5g-huawei
    """
    with the_line() as line:
        try:
            with line.engine.begin() as connection:
                now, names = line.settings.clock(), {w.name for w in line.loaded.watchlists}
                subscriptions.subscribe(connection, address, watchlist, now, known=names)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    console.print(f"{address} hears of {watchlist} from now on.", markup=False)


def unsubscribe(
    address: str = typer.Argument(help="Mail address."), watchlist: str = WatchlistOption
) -> None:
    """End a subscription.

    Example: communique unsubscribe ana@example.org --watchlist 5g-huawei
    """
    with the_line() as line, line.engine.begin() as connection:
        ended = subscriptions.unsubscribe(connection, address, watchlist, line.settings.clock())
    if not ended:
        errors.print(f"{address} has no subscription to {watchlist}.", markup=False)
        raise typer.Exit(1)
    console.print(f"{address} no longer hears of {watchlist}.", markup=False)


def list_subscriptions(as_json: bool = JsonOption) -> None:
    """List who hears of what.

    Example: communique subscriptions
    """
    with the_line() as line, line.engine.connect() as connection:
        rows = [asdict(s) for s in subscriptions.list_subscriptions(connection)]
    if as_json:
        print_json(rows)
    else:
        print_table(("recipient", "watchlist", "created_at", "ended_at"), rows)
