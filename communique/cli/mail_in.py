"""`communique mail-in`: what a mail server hands over that was written to our address."""

from __future__ import annotations

import logging
import sys
from dataclasses import asdict

import typer
from pydantic import ValidationError

from communique import mail_in
from communique.cli.common import JsonOption, errors, print_json
from communique.database import StoreError, database
from communique.settings import Settings

# sysexits.h: the mail server keeps the mail and tries again. Any other failure would make it write
# to the sender.
EX_TEMPFAIL = 75

log = logging.getLogger(__name__)


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command("mail-in")(read_mail)


def read_mail(as_json: bool = JsonOption) -> None:
    """Read one mail from standard input and do what the token in its subject says.

    For an alias of the mail server: `unsubscribe TOKEN` ends a subscription, `confirm TOKEN`
    confirms an address. Any other mail changes nothing. It prints nothing (but with --json), and
    nobody is answered. Exit status 75 where the store cannot be used, so that the mail server
    tries again later; else 0.

    Example: communique mail-in < mail.eml
    """
    try:
        raw = mail_in.take(sys.stdin.buffer)
        done = _done(raw)
    except Exception as error:  # whatever it is, the sender shall not hear of it
        reason = _wrong_settings(error) if isinstance(error, ValidationError) else str(error)
        errors.print(f"The mail is to be handed over again: {reason}", markup=False, soft_wrap=True)
        raise typer.Exit(EX_TEMPFAIL) from error
    numbers = [one.id for one in done.subscriptions]
    log.info("mail-in: %s %s %s", done.purpose or "nothing", numbers, done.ignored)
    if as_json:
        told = {"purpose": done.purpose, "ignored": done.ignored}
        print_json(told | {"subscriptions": [asdict(one) for one in done.subscriptions]})


def _done(raw: bytes) -> mail_in.Done:
    settings = Settings()
    if not settings.database_url and not (settings.home / "postgres").exists():
        home = settings.home.resolve()
        raise StoreError(
            f"There is no store in {home}. Set COMMUNIQUE_DATABASE_URL, or COMMUNIQUE_HOME, for "
            "the mail server's alias."
        )
    with database(settings) as engine, engine.begin() as connection:
        return mail_in.act(connection, raw, settings.clock())


def _wrong_settings(error: ValidationError) -> str:
    """Their names. What was found is not shown: an address may hold a password."""
    names = ("_".join(str(part) for part in each["loc"]).upper() for each in error.errors())
    return f"{', '.join(f'COMMUNIQUE_{name}' for name in names)} cannot be used as set."
