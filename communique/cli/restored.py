"""`communique db restored`: what waits after the store was put back from a copy."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

import typer
from sqlalchemy import Engine

from communique.cli.common import JsonOption, console, counted, errors, print_json, print_table
from communique.database import database
from communique.mail.clean import shown
from communique.mail.dates import moment
from communique.restored import Restored, Waiting, note_restored, settle, what_waits
from communique.restored import restored as noted_in
from communique.settings import Settings

SHOWN = 50


def add_to(app: typer.Typer) -> None:
    """Hangs this command on the application of `communique db`."""
    app.command()(restored)


def restored(
    taken_at: str | None = typer.Option(
        None, help="Note that the store is a copy of this moment. make restore does it by itself."
    ),
    told: bool = typer.Option(False, "--told", help="What waits was told: hold it back, for good."),
    before: str | None = typer.Option(
        None, help="With --told: only what was published before this moment; the rest goes out."
    ),
    send: bool = typer.Option(False, "--send", help="What waits was not told: send all of it."),
    as_json: bool = JsonOption,
) -> None:
    """After a restore: show what waits for a person's word, or give it.

    What went out between the copy and the restore is in no store. So statements are collected and
    judged, but no alert and no digest is sent, until --told or --send. Give it when the sources
    were collected again; they are counted here. With --told --before, what was published before
    that moment counts as told, and what lay in the copy; the rest goes out, and so does what has no
    certain date: edits, withdrawals, dates without a time on that day. Take the moment at which the
    lost store last began to collect the desk that it had left longest: what was published after
    that it may never have seen. Most desks are collected once a day; in doubt, a day earlier.

    Exit status 1 while something waits.

    Example: communique db restored --told --before 2026-11-21T14:30Z
    """
    if (told and send) or (taken_at and (told or send)) or (before and not told):
        raise typer.BadParameter("expected --taken-at, or --send, or --told, if need be --before")
    settings = Settings()
    with database(settings) as engine:
        if taken_at:
            note_restored(engine, settings, _moment(taken_at), settings.clock())
            console.print("Noted. No alert and no digest goes out before communique db restored.")
        elif told or send:
            _settle(engine, told=told, before=_moment(before) if before else None, as_json=as_json)
        else:
            _show(engine, as_json=as_json)


def _settle(engine: Engine, *, told: bool, before: datetime | None, as_json: bool) -> None:
    done = settle(engine, told=told, until=before)
    if as_json:
        print_json(asdict(done))
        return
    held = ", ".join(f"{number} {kind}" for kind, number in sorted(done.held.items()))
    console.print(f"Held as told before: {held or 'nothing'}. To be sent: {done.left}.")
    console.print("Mails go out with the next alert run (communique alert).")


def _show(engine: Engine, *, as_json: bool) -> None:
    with engine.connect() as connection:
        noted = noted_in(connection)
        waiting = what_waits(connection, noted) if noted else Waiting((), ())
    if as_json:
        print_json((asdict(noted) if noted else {}) | asdict(waiting))
    elif noted is None:
        console.print("Nothing waits: this store was not restored, or that is settled.")
    else:
        _print(noted, waiting)
    if noted:
        raise typer.Exit(1)


def _print(noted: Restored, waiting: Waiting) -> None:
    console.print(
        f"A copy of {moment(noted.taken_at)}, put back on {moment(noted.restored_at)}. "
        f"{counted(len(waiting.alerts), 'delivery').replace('deliverys', 'deliveries')} "
        "wait for your word:",
        markup=False,
    )
    columns = ("recipient", "kind", "published_on", "in_copy", "title")
    print_table(columns, [_row(one) for one in waiting.alerts[:SHOWN]])
    if len(waiting.alerts) > SHOWN:
        console.print(f"... and {len(waiting.alerts) - SHOWN} more (--json names them all)")
    if waiting.unseen:
        some = ", ".join(waiting.unseen[:5])
        errors.print(
            f"{counted(len(waiting.unseen), 'source')} not collected since, such as {some}: more "
            "may come. Next: communique collect, or wait for the DAGs.",
            markup=False,
        )
    console.print("Then: communique db restored --told, --told --before MOMENT, or --send.")


def _row(one: Any) -> dict[str, Any]:
    return {**one, "in_copy": "yes" if one["in_copy"] else "", "title": shown(one["title"], 80)}


def _moment(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise typer.BadParameter(f"{value!r} is no moment such as 2026-11-21T14:30Z") from error
    if found.tzinfo is None:
        raise typer.BadParameter(f"{value!r} has no time zone: write {value}Z for UTC")
    return found.astimezone(timezone.utc)
