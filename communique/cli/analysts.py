"""`communique db analyst`, `db watch`: who may read the views, and for how long at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence

import typer

from communique import analysts, embedded
from communique.analysts import Admitted, Ended
from communique.cli.common import JsonOption, console, errors, print_json
from communique.database import database
from communique.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Hangs these commands on `communique db`."""
    app.command()(analyst)
    app.command()(watch)


def analyst(
    name: str = typer.Argument(help="Name of the login."),
    remove: bool = typer.Option(False, "--remove", help="Take the login away instead."),
    renew: bool = typer.Option(False, "--new-password", help="Another password, shown once."),
) -> None:
    """Give somebody a login that reads the views and nothing else, with a time limit.

    Prints its address, for psql, a notebook or a BI tool. The password is in it the first time, and
    is kept nowhere. Run again, it brings the login's limits up to date and leaves its password.

    Example: communique db analyst ana
    """
    settings = Settings()
    with database(settings) as engine:
        if remove:
            if not analysts.dismiss(engine, name):
                errors.print(f"There is no login {name}.", markup=False)
                raise typer.Exit(1)
            console.print(f"{name} can no longer log in.", markup=False)
            return
        own = not settings.database_url
        if own:
            embedded.keep(settings.home)
        made = analysts.admit(engine, name, needs_password=not own, renew=renew)
        address = engine.url._replace(
            drivername="postgresql", username=name, password=made.password
        )
        typer.echo(address.render_as_string(hide_password=False))
    _explain(made, own=own)


def _explain(made: Admitted, *, own: bool) -> None:
    """What the address alone does not tell, on stderr."""
    if own:
        said = "The embedded server takes logins of this machine's user alone, without a password."
    elif made.password:
        said = "The password is shown this once: hand it over, and put it into no file of others."
    else:
        said = "The password is as it was; --new-password makes another."
    errors.print(said, soft_wrap=True)
    for name in made.unbounded:
        said = f"{name} is not limited: only a superuser may do that, and this login is none."
        errors.print(said, markup=False, soft_wrap=True)


def watch(
    once: bool = typer.Option(False, "--once", help="Look once and stop."),
    every: float = typer.Option(5.0, "--every", min=1.0, help="Seconds between two looks."),
    as_json: bool = JsonOption,
) -> None:
    """End analysts' statements that run longer than they may, whatever they have set themselves.

    A login begins with a time limit, but its holder may raise it: PostgreSQL cannot forbid that.
    Run this as a service beside the store. It prints what it ends, and ends by Ctrl-C.

    Example: communique db watch --every 5
    """
    with database(Settings()) as engine:
        try:
            while True:
                _tell(analysts.hold(engine), as_json=as_json, once=once)
                if once:
                    return
                time.sleep(every)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None


def _tell(ended: Sequence[Ended], *, as_json: bool, once: bool) -> None:
    rows = [
        {"pid": one.pid, "name": one.name, "what": one.what, "seconds": one.seconds}
        for one in ended
    ]
    if as_json and (rows or once):
        print_json(rows)
    elif not as_json:
        for one in ended:
            said = f"{one.name} (process {one.pid}): {one.what}, after {one.seconds} s"
            console.print(said, markup=False, highlight=False, soft_wrap=True)
