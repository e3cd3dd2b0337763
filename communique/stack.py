"""Everything on one machine: `python -m communique.stack demo [--keep]`, `... run`.

Behind `make demo` and `make run`: embedded PostgreSQL, Airflow, a local mailbox.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from types import FrameType

import typer

from communique.demo.archive import days
from communique.embedded_account import EmbeddedServerError
from communique.settings import Settings
from communique.stack_airflow import Airflow, StackError
from communique.stack_demo import collect_day, demonstration
from communique.stack_env import USER, secrets_of, usual_port
from communique.stack_report import print_report, unmet
from communique.stack_run import standing
from communique.stack_show import console

HOME = Path(".communique")

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def demo(
    keep: bool = typer.Option(False, "--keep", help="Leave Airflow up, to look around in it."),
) -> None:
    """Collect two days of invented publishers in Airflow, and mail the alerts. Needs no network.

    Example: python -m communique.stack demo --keep
    """
    started = time.monotonic()
    home = HOME / "demo"
    with demonstration(home, ui=keep, port=usual_port() if keep else 0) as running:
        done = [collect_day(running, day) for day in days()]
        print_report(running)
        wrong = list(unmet(running, done))
        _farewell(running.mailbox, home, keep)
        for line in wrong:
            console.print(f"Not as it should be: {line}", style="red", markup=False)
        if not wrong:
            console.print(f"All as expected, after {time.monotonic() - started:.0f} s.")
        if keep:
            _keep(running.airflow)
    if wrong:
        raise typer.Exit(1)


@app.command()
def run() -> None:
    """Watch the real sources, on schedule, with the settings of the environment (COMMUNIQUE_*).

    Example: python -m communique.stack run
    """
    with standing(Settings(), port=usual_port()) as airflow:
        _keep(airflow)


def _farewell(mails: Path, home: Path, keep: bool) -> None:
    count = len(list(mails.glob("*.eml")))
    console.print(f"\n{count} mails lie in {_short(mails)}: open index.html.", markup=False)
    look = f"COMMUNIQUE_HOME={_short(home)} .venv/bin/communique db psql"
    console.print(f"Look further: {look}", markup=False, highlight=False, soft_wrap=True)
    console.print("              table alerts;", markup=False, highlight=False)
    if not keep:
        console.print("See it in Airflow: make demo KEEP=1", markup=False)


def _keep(airflow: Airflow) -> None:
    """Shows where Airflow is, and stays until it is told to end."""
    password = secrets_of(airflow.home)["password"]
    console.print(
        f"\nAirflow: {airflow.url}  user {USER}  password {password}", markup=False, highlight=False
    )
    console.print(f"Pages:   {airflow.pages}", markup=False, highlight=False, soft_wrap=True)
    console.print("Ctrl-C ends everything.")
    try:
        while True:
            airflow.check()
            time.sleep(1)
    except KeyboardInterrupt:
        console.print("Ending.")


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Runs a command; SIGTERM ends it as Ctrl-C does, with all that it started."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except (StackError, EmbeddedServerError) as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
