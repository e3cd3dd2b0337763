"""`communique db`: the store itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import typer
from sqlalchemy import Engine

from communique import analysts, embedded
from communique.cli import analysts as analysts_commands
from communique.cli import prune, queries, restored
from communique.cli.common import console
from communique.database import StoreError, database, upgrade
from communique.service_login import admit_service
from communique.settings import Settings

app = typer.Typer(help="The store: migrate it, find it, look into it.", no_args_is_help=True)
analysts_commands.add_to(app)
queries.add_to(app)
prune.add_to(app)
restored.add_to(app)

AnalystOption = typer.Option(
    None, "--analyst", help="As this analyst's own login (communique db analyst)."
)


@app.command("upgrade")
def upgrade_command() -> None:
    """Bring roles, tables and views to this version. Safe to run twice.

    Example: communique db upgrade
    """
    with database(Settings(), migrate=False) as engine:
        upgrade(engine)
        console.print("The store is up to date.")


@app.command()
def service(
    file: Path = typer.Argument(help="A file with the address: postgresql://USER:PASSWORD@..."),
) -> None:
    """Make the login that services use, or bring it up to date: it writes rows and owns nothing.

    Its name and password are those of the address in the file. Safe to run twice.

    Example: communique db service /run/secrets/communique_service_url
    """
    try:
        address = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{file} cannot be read: {error}") from error
    with database(Settings()) as engine:
        made = admit_service(engine, address)
    console.print("Services may log in." if made else "The services' login is the owner's own.")


@app.command()
def url(analyst: str | None = AnalystOption) -> None:
    """Print the address of the store, for psql, a notebook or a BI tool.

    As its owner, or with --analyst as one who may only read the views; that address is without the
    password. The embedded server then stays up until `communique db stop`.

    Example: psql "$(communique db url --analyst ana)"
    """
    settings = Settings()
    with database(settings) as engine:
        if not settings.database_url:
            embedded.keep(settings.home)
        typer.echo(_address(engine, analyst))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def psql(
    context: typer.Context,
    owner: bool = typer.Option(False, "--owner", help="As who owns the store, not as an analyst."),
    analyst: str | None = AnalystOption,
) -> None:
    """Open psql on the store as an analyst: the views, to read. What follows is handed to psql.

    Example: communique db psql -- -c 'select * from analyst.coverage limit 5'
    """
    with database(Settings()) as engine:
        program = shutil.which("psql") or embedded.program("psql")
        if program is None:
            raise StoreError("There is no psql here. Install postgresql-client.")
        # An argument could be read by everybody on this machine: what its password is, psql hears
        # from its environment.
        address = _address(engine, analyst, password=False)
        with engine.connect() as connection:
            limit = analysts.longest(connection)
        bounded = f"-c role={analysts.GROUP} -c search_path=analyst -c statement_timeout={limit}s"
        bounded += " -c default_transaction_read_only=on"
        environment = os.environ | ({} if owner or analyst else {"PGOPTIONS": bounded})
        if engine.url.password is not None and analyst is None:
            environment["PGPASSWORD"] = engine.url.password
        done = subprocess.run([program, address, *context.args], env=environment)  # noqa: S603
    sys.exit(done.returncode)


@app.command()
def stop(
    force: bool = typer.Option(False, "--force", help="Even while other commands use it."),
) -> None:
    """Stop the embedded server. Refuses while a command uses it.

    Example: communique db stop
    """
    settings = Settings()
    if settings.database_url:
        raise StoreError("COMMUNIQUE_DATABASE_URL is set: that server is not ours to stop.")
    stopped = embedded.stop(settings.home, force=force)
    console.print("Stopped." if stopped else "The embedded server was not running.")


def _address(engine: Engine, analyst: str | None, *, password: bool = True) -> str:
    """The store's address for programs that are not ours. password: whether it holds the owner's;
    an analyst's is never known."""
    plain = engine.url.set(drivername="postgresql")
    if not password:
        plain = plain._replace(password=None)
    if analyst is not None:
        with engine.connect() as connection:
            if not analysts.is_analyst(connection, analyst):
                said = f"There is no login {analyst}. Make it: communique db analyst {analyst}"
                raise StoreError(said)
        # `set` takes no password away.
        plain = plain._replace(username=analyst, password=None)
    return plain.render_as_string(hide_password=False)
