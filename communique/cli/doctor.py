"""`communique doctor`: is all well?"""

from __future__ import annotations

from collections.abc import Sequence

import typer
from rich.text import Text

from communique import doctor
from communique.cli.common import JsonOption, console, print_json
from communique.doctor import Looked
from communique.settings import Settings

STYLES = {"ok": "green", "look": "yellow", "broken": "bold red"}


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command("doctor")(examine)


def examine(as_json: bool = JsonOption) -> None:
    """Look whether all is well: store, roles, archive, disk, mail, clocks, sources, rules, Airflow.

    Each line is ok, look (it works, but look at it) or broken, with what was found and what to do
    next. Nothing is sent or stored, and no source is asked. No password is shown.

    Exit status 1 where anything is broken.

    Example: communique doctor
    """
    looked = doctor.examine(Settings())
    if as_json:
        print_json(doctor.as_json(looked))
    else:
        _print(looked)
    if doctor.verdict(looked) == "broken":
        raise typer.Exit(1)


def _print(looked: Sequence[Looked]) -> None:
    margin = max(len(one.check) for one in looked) + 2
    for one in looked:
        line = Text(f"{one.state:8}", style=STYLES[one.state])
        line.append(f"{one.check:{margin}}", style="bold")
        line.append(one.found, style="")
        console.print(line, soft_wrap=True, highlight=False)
        if one.advice:
            console.print(Text(f"{'':8}→ {one.advice}"), soft_wrap=True, highlight=False)
    counts = doctor.as_json(looked)["counts"]
    console.print(f"{counts['ok']} ok, {counts['look']} to look at, {counts['broken']} broken")
