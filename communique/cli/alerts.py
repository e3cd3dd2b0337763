"""`communique alert`: judge what is new, and send what is due."""

from __future__ import annotations

from dataclasses import asdict

import typer

from communique import outbox
from communique.alert_runs import alert_run
from communique.cli.common import JsonOption, console, counted, errors, print_json, the_line


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command()(alert)


def alert(as_json: bool = JsonOption) -> None:
    """Judge what has not been judged yet, and send what is due. Safe to run twice, or two at once.

    Exit status 1 when a rule, a statement or a mail failed; it is named, the others went on.

    Example: communique alert
    """
    with the_line() as line:
        judged = alert_run(line.engine, line.loaded, line.settings, line.settings.clock())
        sent = outbox.send_pending(line.engine, line.settings, line.settings.clock)
    problems = (*judged.problems, *sent.problems)
    if as_json:
        print_json({"judged": asdict(judged), "sent": asdict(sent)})
    else:
        held = ", ".join(f"{number} {why}" for why, number in judged.held.items())
        console.print(
            f"{counted(judged.judged, 'revision')} judged, "
            f"{judged.matches} match{'' if judged.matches == 1 else 'es'}, "
            f"{counted(judged.queued, 'alert')}"
            f"{f' ({held} held back)' if held else ''}; "
            f"{counted(sent.sent, 'mail')} sent, {sent.deferred} deferred, {sent.failed} failed.",
            markup=False,
        )
    for problem in problems:
        errors.print(problem, style="red", markup=False, soft_wrap=True)
    if problems or sent.failed:
        raise typer.Exit(1)
