"""`communique canary`: whether alerts would arrive, as the mail of every alert run proves it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import typer

from communique import canary
from communique.cli.common import JsonOption, console, errors, print_json, the_line
from communique.mail.dates import moment


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command("canary")(look)


def look(as_json: bool = JsonOption) -> None:
    """Show when the mail that every alert run sends to COMMUNIQUE_CANARY last went out.

    Exit status 1 where the mail server took none for 3 hours, in which runs queued some or there
    was no run: the maintainers are told, and a monitor that calls this can tell more. Status 2
    where COMMUNIQUE_CANARY is not set.

    Example: communique canary
    """
    with the_line() as line, line.engine.begin() as connection:
        settings, now = line.settings, line.settings.clock()
        if not settings.canary:
            raise typer.BadParameter("COMMUNIQUE_CANARY is not set: set it to a mail address")
        there = canary.standing(connection)
        problem = canary.watch(connection, settings, now)
    if as_json:
        print_json({"canary": asdict(there) if there else None, "problem": problem})
    elif there:
        _print(there)
    if problem:
        errors.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)


def _print(there: canary.Standing) -> None:
    found = (f"{name}: {', '.join(rules)}" for name, rules in there.found.items())
    facts = {
        "queued": moment(there.queued_at),
        "arrived": _arrival(there.made_at, there.sent_at),
        "waiting": f"{there.waiting}{f' ({there.error})' if there.error else ''}",
        "found by": "; ".join(found) or "no rule",
    }
    for name, said in facts.items():
        console.print(f"{name:9} {said}", markup=False, highlight=False, soft_wrap=True)


def _arrival(made_at: datetime | None, sent_at: datetime | None) -> str:
    if made_at is None or sent_at is None:
        return "never"
    seconds = round((sent_at - made_at).total_seconds())
    took = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
    return f"{moment(sent_at)}, {took} after it was queued"
