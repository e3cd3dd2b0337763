"""`communique subscribe`, `confirm`, `unsubscribe`, `pause`, `resume`: who hears of what."""

from __future__ import annotations

from typing import Any, cast

import typer

from communique import optin, subscriptions
from communique.addressees import is_channel, normal_recipient
from communique.choices import Choices
from communique.cli.common import console, parse_day
from communique.cli.subscribing import (
    AddressArgument,
    HowOption,
    OneWatchlistOption,
    WatchlistOption,
    say,
    say_asked,
    say_none,
    several,
    the_store,
)
from communique.mail_in import unsubscribe_by_token
from communique.subscriptions import list_subscriptions
from communique.tokens import is_token


def add_to(app: typer.Typer) -> None:
    """Hangs these commands on the application."""
    for command in (subscribe, confirm, unsubscribe, pause, resume):
        app.command()(command)


def subscribe(
    address: str = AddressArgument,
    watchlist: str = WatchlistOption,
    daily: bool = typer.Option(False, "--daily", help="A digest a day instead of single mails."),
    weekly: bool = typer.Option(False, "--weekly", help="A digest a week instead."),
    severity: str | None = typer.Option(
        None, "--severity", help="The least that is told: info, notice or urgent."
    ),
    rule: list[str] = typer.Option(
        [], "--rule", help="Only these rules of it (several times, or commas; all: every rule)."
    ),
    country: list[str] = typer.Option(
        [], "--country", help="Only statements of or in these, as DE,CZ (all: everywhere)."
    ),
    zone: str | None = typer.Option(
        None, "--zone", help="Time zone of its hours and days, such as Europe/Berlin."
    ),
    hour: int | None = typer.Option(None, "--hour", help="Local hour at which digests go."),
    weekday: str | None = typer.Option(None, "--weekday", help="On which weekly digests go."),
    quiet: str | None = typer.Option(
        None, "--quiet", help="Local hours that only urgent news may break, as 22-7; or none."
    ),
    most: int | None = typer.Option(
        None, "--most", help="Alerts a day that are told in full; further ones by title."
    ),
) -> None:
    """Let an address hear of a watchlist, or change how it does: what is not named stays.

    By default: all watchlists, each alert at once, every severity, every country, UTC, digests
    at 7 (weekly ones on Monday), no quiet hours, 40 alerts a day in full. An address that is of
    none of COMMUNIQUE_TRUSTED_DOMAINS is asked by mail to confirm before it is told anything.

    Example: communique subscribe ana@example.org --daily --hour 8 --zone Europe/Berlin
    """
    if daily and weekly:
        raise typer.BadParameter("either --daily or --weekly; two commands make two subscriptions")
    given: dict[str, Any] = {
        "severity": severity,
        "rules": several(rule),
        "countries": several(country),
        "zone": zone,
        "hour": hour,
        "weekday": weekday,
        "quiet": quiet,
        "most_a_day": most,
    }
    choices = cast(Choices, {name: value for name, value in given.items() if value is not None})
    with the_store() as (line, connection):
        asked = optin.request(
            *(connection, line.settings, address, watchlist, line.settings.clock()),
            known=subscriptions.known_rules(connection, line.loaded),
            how="daily" if daily else "weekly" if weekly else "instant",
            **choices,
        )
        mine = asked.subscription
        all_of_it = list_subscriptions(connection, recipient=mine.recipient)
    say_asked(asked)
    say("Beside that", [one for one in all_of_it if one.id != mine.id])


def confirm(token: str = typer.Argument(help="Token of the mail that asked.")) -> None:
    """Confirm an address, so that it is told what was subscribed for it. Safe to run twice.

    Example: communique confirm TOKEN
    """
    with the_store() as (line, connection):
        confirmed = optin.confirm(connection, token, line.settings.clock())
    say("Confirmed", confirmed)


def unsubscribe(
    who: str = typer.Argument(
        help="Mail address, channel:NAME, or the token of a mail.", metavar="ADDRESS|TOKEN"
    ),
    watchlist: str | None = OneWatchlistOption,
    how: str | None = HowOption,
) -> None:
    """End all subscriptions of an address, one of them, or those that a mail's token names.

    Example: communique unsubscribe ana@example.org --watchlist 5g-huawei
    """
    if is_token(who) and (watchlist or how):
        raise typer.BadParameter("a token says itself what it ends: leave out the options")
    with the_store() as (line, connection):
        now = line.settings.clock()
        if is_token(who) or ("@" not in who and not is_channel(who)):
            ended = unsubscribe_by_token(connection, who, now)
        else:
            who = normal_recipient(who)
            ended = subscriptions.unsubscribe(connection, who, watchlist, now, how=how)
            if not ended:
                say_none(who, watchlist, how, list_subscriptions(connection, recipient=who))
    say("Ended", ended)


def pause(
    address: str = AddressArgument,
    until: str | None = typer.Option(
        None, "--until", help="Day from which it is told again; without: until resumed."
    ),
    watchlist: str | None = OneWatchlistOption,
    how: str | None = HowOption,
) -> None:
    """Tell an address nothing for a while. What comes meanwhile is not sent later.

    It stays in analyst.alerts, held back as `paused`.

    Example: communique pause ana@example.org --until 2026-09-01
    """
    day = parse_day(until) if until else None
    with the_store() as (line, connection):
        who, now = normal_recipient(address), line.settings.clock()
        paused = subscriptions.pause(connection, who, now, until=day, watchlist=watchlist, how=how)
        if not paused:
            say_none(who, watchlist, how, list_subscriptions(connection, recipient=who))
    say(f"Paused until {day or 'resumed'}", paused)


def resume(
    address: str = AddressArgument,
    watchlist: str | None = OneWatchlistOption,
    how: str | None = HowOption,
) -> None:
    """End a pause: from now on the address is told again.

    Example: communique resume ana@example.org
    """
    with the_store() as (_, connection):
        who = normal_recipient(address)
        resumed = subscriptions.resume(connection, who, watchlist=watchlist, how=how)
        left = list_subscriptions(connection, recipient=who)
        if not left:
            say_none(who, watchlist, how, left)
    say("Resumed", resumed)
    if not resumed:
        console.print(f"{who} is not paused.", markup=False, highlight=False)
