"""The commands, put together; and the one place where a user's mistake becomes one plain line."""

from __future__ import annotations

import errno
import os
import sys

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console

from communique import __version__
from communique.cli import (
    alerts,
    canary,
    check,
    collect,
    coverage,
    db,
    deliveries,
    digest,
    doctor,
    echoes,
    explain,
    export,
    look,
    mail_in,
    metrics,
    reread,
    revisit,
    search,
    sources,
    stories,
    subscribers,
    subscriptions,
    verify,
    watchlists,
)
from communique.database import StoreError
from communique.embedded_account import EmbeddedServerError
from communique.logs import start_logs, wanted_form
from scrapers.errors import ScrapeError
from scrapers.storage import StorageError

app = typer.Typer(
    name="communique",
    help="Watches what ministries and embassies publish about 5G and Huawei, and tells analysts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.add_typer(db.app, name="db")
app.add_typer(sources.app, name="sources")
app.add_typer(watchlists.app, name="watchlists")
app.add_typer(stories.app, name="stories")
app.add_typer(subscribers.app, name="subscriptions")
app.add_typer(deliveries.app, name="deliveries")
check.add_to(sources.app)
for module in (
    collect,
    revisit,
    alerts,
    subscriptions,
    mail_in,
    canary,
    coverage,
    doctor,
    look,
    verify,
    metrics,
    reread,
):
    module.add_to(app)
for module in (digest, search, echoes, explain, export):
    module.add_to(app)


@app.callback(invoke_without_command=True)
def _options(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Log every step to stderr."),
) -> None:
    start_logs(wanted_form(), verbose=verbose)
    if version:
        typer.echo(f"communique {__version__}")
        raise typer.Exit


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # behind standard output


def main() -> None:
    """Runs the command line; a user's mistake prints what to do, never a traceback."""
    errors = Console(stderr=True, emoji=False)
    for word in sys.argv[1:]:
        if any("\ud800" <= letter <= "\udfff" for letter in word):  # bytes that Python kept
            said = f"{word!a} is no UTF-8, so nothing can be found by it: write it in UTF-8."
            errors.print(said, style="red", markup=False, highlight=False, soft_wrap=True)
            sys.exit(2)
    try:
        _run()
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            # What was found is not shown: an address may hold a password.
            said = problem["msg"].removeprefix("Value error, ")
            errors.print(f"COMMUNIQUE_{name}: {said}", style="red", markup=False, soft_wrap=True)
        sys.exit(2)
    except SettingsError as error:
        errors.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(2)
    except (StoreError, EmbeddedServerError, ScrapeError, StorageError) as error:
        errors.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    except OSError as error:
        if error.errno not in (*_NO_ROOM, errno.EPIPE):
            raise
        # What is still held back cannot be written either, and would be told a second time.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if error.errno == errno.EPIPE:  # whoever read it has had enough
            sys.exit(1)
        said = f"The output is not whole: {error.strerror}. Make room, and run it again."
        errors.print(said, style="red", markup=False, soft_wrap=True)
        sys.exit(1)


def _run() -> None:
    """The command, and its last words too: a disk that is full at the end is no success."""
    try:
        app()
    finally:
        sys.stdout.flush()
