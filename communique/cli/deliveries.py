"""`communique deliveries`: what went where and when, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, time, timezone

import typer

from communique.addressees import normal_recipient
from communique.choices import SubscriptionError
from communique.cli.common import (
    JsonOption,
    console,
    errors,
    parse_day,
    print_json,
    print_records,
    the_line,
)
from communique.deliveries import NotFailed, Went, what_went
from communique.deliveries import resend as resend_mail
from communique.mail.clean import shown
from communique.schema.told import STATUSES

MOST_TITLES = 5

app = typer.Typer(invoke_without_command=True, rich_markup_mode="markdown")


@app.callback()
def deliveries(
    context: typer.Context,
    since: str | None = typer.Option(None, "--since", help="A day (UTC) such as 2026-03-01."),
    recipient: str | None = typer.Option(
        None, "--recipient", help="Mail address, or channel:NAME."
    ),
    status: str | None = typer.Option(None, "--status", help=f"One of {', '.join(STATUSES)}."),
    watchlist: str | None = typer.Option(
        None, "--watchlist", help="Only what subscriptions to this watchlist tell (*: to all)."
    ),
    held: bool = typer.Option(False, "--held", help="Alerts too that were held back."),
    most: int = typer.Option(50, "--most", help="At most so many rows.", min=1, max=1_000_000),
    as_json: bool = JsonOption,
) -> None:
    """Show which mails and messages to channels went out and when, or why not: one row each, with
    the titles of its alerts; and the alerts that are in no mail yet. Latest first.

    Example: communique deliveries --recipient ana@example.org --since 2026-03-01
    """
    if context.invoked_subcommand:
        return
    if status is not None and status not in STATUSES:
        raise typer.BadParameter(f"no status {status!r}; there are {', '.join(STATUSES)}")
    begin = datetime.combine(parse_day(since), time(), timezone.utc) if since else None
    try:
        whom = normal_recipient(recipient) if recipient else None
    except SubscriptionError as error:
        raise typer.BadParameter(str(error)) from error
    chosen = {"recipient": whom, "status": status, "watchlist": watchlist}
    with the_line() as line, line.engine.connect() as connection:
        found = what_went(connection, since=begin, held=held, most=most, **chosen)
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        _print(found, most)


@app.command()
def resend(mail: int = typer.Argument(help="Number of a mail that failed.")) -> None:
    """Send a mail after all that was given up: with the next alert run, under its Message-ID.

    Exit status 1 where there is no such mail, or it did not fail.

    Example: communique deliveries resend 12
    """
    with the_line() as line, line.engine.begin() as connection:
        try:
            resend_mail(connection, mail, line.settings.clock())
        except NotFailed as error:
            errors.print(str(error), markup=False)
            raise typer.Exit(1) from error
    console.print(f"Mail {mail} is due again. Next: communique alert", highlight=False)


def _print(found: Sequence[Went], most: int) -> None:
    if not found:
        console.print("Nothing went out, and nothing waits. See too: --held")
        return
    rows = [
        {
            "mail": one.mail,
            "when": one.sent_at or one.created_at,
            "recipient": one.recipient,
            "kind": one.kind,
            "status": one.status,
            "why": _why(one),
            "alerts": _titles(one),
        }
        for one in found
    ]
    print_records([name for name in rows[0] if any(row[name] for row in rows)], rows)
    if len(found) == most:
        console.print(f"The latest {most}; more with --most.", highlight=False)


def _why(one: Went) -> str:
    """Why it did not go, or not yet."""
    if one.status == "held":
        return one.held_because or ""
    if one.status == "sent":
        return ""
    due = ""
    if one.status == "pending":
        due = f"due {one.next_try_at:%Y-%m-%d %H:%M}" if one.next_try_at else "in the next digest"
    return shown("; ".join(filter(None, (due, one.last_error))), 200)


def _titles(one: Went) -> str:
    """The alerts' titles, a line each."""
    lines = [shown(title, 80) for title in one.titles[:MOST_TITLES]]
    if (more := one.alerts - len(lines)) > 0 and lines:
        lines.append(f"and {more} more")
    return "\n".join(lines)
