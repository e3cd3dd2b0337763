"""`communique subscriptions`: who hears of what, and how each stands."""

from __future__ import annotations

from dataclasses import asdict

import typer

from communique import recipients
from communique.addressees import normal_recipient
from communique.choices import SubscriptionError
from communique.cli.common import JsonOption, console, errors, print_json, print_records, the_line
from communique.selections import EVERY
from communique.subscription_words import part, standing, when
from communique.subscriptions import list_subscriptions

app = typer.Typer(invoke_without_command=True, rich_markup_mode="markdown")


@app.callback()
def subscriptions(
    context: typer.Context,
    address: str | None = typer.Option(None, "--address", help="Only those of this address."),
    ended: bool = typer.Option(False, "--ended", help="Those that are over too."),
    as_json: bool = JsonOption,
) -> None:
    """List who hears of what, when, and why somebody is told nothing at present.

    Example: communique subscriptions
    """
    if context.invoked_subcommand:
        return
    with the_line() as line, line.engine.connect() as connection:
        found = list_subscriptions(connection, recipient=address, ended=ended)
        now = line.settings.clock()
    if as_json:
        print_json([asdict(one) | {"state": one.state(now)} for one in found])
        return
    if not found:
        who, example = address or "Nobody", address or "ana@example.org"
        said = f"{who} is {'not ' if address else ''}subscribed."
        next_step = f"Next: communique subscribe {example}"
        console.print(f"{said} {next_step}", markup=False, highlight=False, soft_wrap=True)
        return
    rows = [
        {
            "recipient": one.recipient,
            "watchlist": "all" if one.watchlist == EVERY else one.watchlist,
            "when": when(one),
            "only": part(one),
            "but": standing(one, now),
        }
        for one in found
    ]
    shown = [name for name in rows[0] if any(row[name] for row in rows)]
    print_records(shown, rows)


@app.command()
def enable(address: str = typer.Argument(help="Mail address that was disabled.")) -> None:
    """Send to an address again, which was disabled because it refused mail for good.

    Exit status 1 where it was not disabled.

    Example: communique subscriptions enable ana@example.org
    """
    try:
        with the_line() as line, line.engine.begin() as connection:
            was = recipients.enable(connection, normal_recipient(address))
    except SubscriptionError as error:
        raise typer.BadParameter(str(error)) from error
    if not was:
        errors.print(f"{address} is not disabled.", markup=False)
        raise typer.Exit(1)
    console.print(f"{address} is sent to again.", markup=False, highlight=False)
