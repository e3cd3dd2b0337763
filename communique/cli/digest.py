"""`communique digest`: the daily and weekly digests that are due, or how one would read now."""

from __future__ import annotations

from dataclasses import asdict
from email.message import EmailMessage

import typer

from communique import digests, outbox
from communique.addressees import normal_recipient
from communique.choices import SubscriptionError
from communique.cli.common import JsonOption, console, counted, errors, print_json, the_line
from communique.jobs import Line
from communique.mail.message import SenderError

PreviewOption = typer.Option(
    None,
    "--preview",
    help="Print the digest that this address would get now; nothing is sent or stored.",
    metavar="ADDRESS",
)


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application."""
    app.command()(digest)


def digest(preview: str | None = PreviewOption, as_json: bool = JsonOption) -> None:
    """Send the daily and weekly digests that are due. Safe to run twice, or two at once.

    A subscription has one digest a day, or a week, at its hour in its zone; run this every hour. A
    digest without news says what was checked.

    Exit status 1 when a digest could not be put together or a mail failed; it is named, the others
    went on. With --preview: when the address gets no digest.

    Example: communique digest --preview ana@example.org
    """
    with the_line() as line:
        if preview is not None:
            _show(line, preview, as_json=as_json)
            return
        queued = digests.queue_digests(
            line.engine, line.settings, line.sources, line.settings.clock()
        )
        sent = outbox.send_pending(line.engine, line.settings, line.settings.clock)
    if as_json:
        print_json({"queued": asdict(queued), "sent": asdict(sent)})
    else:
        held = ", ".join(f"{number} {why}" for why, number in queued.held.items())
        console.print(
            f"{counted(queued.queued, 'digest')} with {counted(queued.alerts, 'alert')}"
            f"{f' ({held}: no digest)' if held else ''}; "
            f"{counted(sent.sent, 'mail')} sent, {sent.deferred} deferred, {sent.failed} failed.",
            markup=False,
        )
    for problem in (*queued.problems, *sent.problems):
        errors.print(problem, style="red", markup=False, soft_wrap=True)
    if queued.problems or sent.problems or sent.failed:
        raise typer.Exit(1)


def _show(line: Line, address: str, *, as_json: bool) -> None:
    """Prints what an address would get now."""
    now = line.settings.clock()
    try:
        recipient = normal_recipient(address)
        mails = digests.preview(line.engine, line.settings, line.sources, recipient, now)
    except SubscriptionError as error:
        raise typer.BadParameter(str(error)) from error
    except SenderError as error:
        errors.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    if as_json:
        print_json([{"subject": str(mail["Subject"]), "text": _text(mail)} for mail in mails])
    else:
        for mail in mails:
            subject = f"Subject: {mail['Subject']}\n"
            console.print(subject, style="bold", markup=False, highlight=False, soft_wrap=True)
            console.print(_text(mail), markup=False, highlight=False, soft_wrap=True)
    if not mails:
        errors.print(
            f"{recipient} gets no digest now: no daily or weekly subscription of this address is "
            "confirmed and running. Next: communique subscriptions",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(1)


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""
