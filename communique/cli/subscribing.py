"""What the commands for subscriptions share: their options, their store, their words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer
from sqlalchemy import Connection

from communique import optin
from communique.choices import HOWS, SubscriptionError
from communique.cli.common import console, counted, errors, the_line
from communique.jobs import Line
from communique.selections import EVERY
from communique.subscription_words import hears
from communique.subscriptions import Subscription

ALL = ("all", EVERY)  # also how a choice of rules or countries is taken back


def _watchlist(name: str | None) -> str | None:
    return EVERY if name in ALL else name


def _how(how: str | None) -> str | None:
    if how is not None and how not in HOWS:
        raise typer.BadParameter(f"it is one of {', '.join(HOWS)}")
    return how


WatchlistOption = typer.Option(
    "all",
    "--watchlist",
    help="Name of a file in watchlists/; all: those to come too.",
    callback=_watchlist,
)
OneWatchlistOption = typer.Option(
    None,
    "--watchlist",
    help="Only its subscription to this one; all: the one to all of them.",
    callback=_watchlist,
)
HowOption = typer.Option(
    None, "--how", help=f"Only what it hears so: {', '.join(HOWS)}.", callback=_how
)
AddressArgument = typer.Argument(help="Mail address, such as ana@example.org, or channel:NAME.")


@contextmanager
def the_store() -> Iterator[tuple[Line, Connection]]:
    """The open line, and one transaction; what cannot be is wrong usage, in words."""
    try:
        with the_line() as line, line.engine.begin() as connection:
            yield line, connection
    except SubscriptionError as error:
        raise typer.BadParameter(str(error)) from error


def several(given: Sequence[str]) -> list[str] | None:
    """Values that were given one by one or with commas, none for `all`; None: nothing was given,
    and nothing changes."""
    values = [part.strip() for each in given for part in each.split(",") if part.strip()]
    if not values:
        return None
    return [] if any(value in ALL for value in values) else values


def say(what: str, about: Sequence[Subscription]) -> None:
    """A line for each subscription: what became of it, and what it is."""
    for one in about:
        console.print(f"{what}: {hears(one)}", markup=False, highlight=False, soft_wrap=True)


def say_asked(asked: optin.Requested) -> None:
    """What was subscribed, and whether it must be confirmed first."""
    words = hears(asked.subscription)
    if asked.confirmation != "not needed":
        mail = {
            "queued": "A mail asks it to; it goes out with the next `communique alert`.",
            "asked before": "A mail has asked it already; it gets at most one an hour.",
        }[asked.confirmation]
        words = f"Once it has confirmed, {words} {mail}"
    console.print(words, markup=False, highlight=False, soft_wrap=True)
    if asked.confirmation == "queued":
        domain = asked.subscription.recipient.rpartition("@")[2]
        hint = f"Your own people need not be asked: COMMUNIQUE_TRUSTED_DOMAINS={domain}"
        console.print(hint, style="dim", markup=False, highlight=False, soft_wrap=True)


def say_none(
    recipient: str, watchlist: str | None, how: str | None, left: Sequence[Subscription]
) -> None:
    """Says that there is no such subscription, and which there are; the exit status is 1."""
    to = f"to {'all' if watchlist == EVERY else watchlist}" if watchlist else None
    asked = " ".join(part for part in (how, to) if part)
    said = f"{recipient} has no subscription{f' ({asked})' if asked else ''}."
    errors.print(said, markup=False, highlight=False, soft_wrap=True)
    if left:
        there = f"It has {counted(len(left), 'subscription')}:"
        errors.print(there, markup=False, highlight=False)
    for one in left:
        errors.print(f"  {hears(one)}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)
