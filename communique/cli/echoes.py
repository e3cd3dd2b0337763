"""`communique echoes`, `phrases`: who said it first, and what is on the rise."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

import typer
from rich.text import Text

from communique.cli.common import (
    JsonOption,
    console,
    counted,
    errors,
    parse_day,
    print_json,
    the_line,
)
from communique.echoes.phrases import Phrase
from communique.echoes.phrases import phrases as find_phrases
from communique.echoes.reading import EchoedPassage, User, echoed_passages
from communique.mail.clean import shown, shown_part

SINCE_HELP = "First day to look at, as 2026-01-31."
FOLLOWERS_SHOWN = 8
LONGEST_SHOWN = 600


def add_to(app: typer.Typer) -> None:
    """Hangs these commands on the application."""
    app.command()(echoes)
    app.command()(phrases)


def echoes(
    statement: int = typer.Argument(help="Number of the statement."), as_json: bool = JsonOption
) -> None:
    """Show the passages of a statement that stood, word for word, in an earlier one: the longest
    first, each with its first user and how many have used it since.

    A passage has at least 8 words, or 12 Chinese characters. Offsets count characters of the text
    from 0; the shared words stand between » and «. Exit status 1 when there is no such statement.

    Example: communique echoes 12
    """
    with the_line() as line, line.engine.connect() as connection:
        found = echoed_passages(connection, statement)
    if found is None:
        errors.print(f"There is no statement {statement}.")
        raise typer.Exit(1)
    if as_json:
        print_json({"statement": statement, "echoes": [asdict(each) for each in found]})
        return
    if not found:
        console.print(f"Statement {statement} shares no passage with an earlier one that is known.")
    for each in found:
        _print_passage(each)


def phrases(
    since: str = typer.Option(..., "--since", help=SINCE_HELP, metavar="DAY"),
    until: str | None = typer.Option(
        None, "--until", help="Last day; today, if it is not said.", metavar="DAY"
    ),
    language: str | None = typer.Option(None, "--language", help="Of its users, such as en or zh."),
    min_users: int = typer.Option(3, "--min-users", min=2, help="Fewest stories that used it."),
    limit: int = typer.Option(20, "--limit", min=1, max=1000, help="How many to show."),
    as_json: bool = JsonOption,
) -> None:
    """Show the formulations on the rise: who began them, who followed, in which countries, on
    which days; and how many used them in as many days before.

    A statement and its reposts count as one user, by the day of publication. What
    gained the most users comes first; x is how many times as many, each number plus one.

    Example: communique phrases --since 2026-01-01 --language en
    """
    with the_line() as line:
        first, last = _period(since, until, line.settings.clock())
        with line.engine.connect() as connection:
            found = find_phrases(
                connection, first, last, language=language, min_users=min_users, limit=limit
            )
    if as_json:
        print_json({"since": first, "until": last, "phrases": [asdict(each) for each in found]})
        return
    if not found:
        console.print(f"No formulation was used by {min_users} stories from {first} to {last}.")
    for each in found:
        _print_phrase(each)


def _period(since: str, until: str | None, now: datetime) -> tuple[date, date]:
    first, last = parse_day(since), parse_day(until) if until else now.date()
    if last < first:
        raise typer.BadParameter(f"the period ends ({last}) before it begins ({first})")
    return first, last


def _print_passage(one: EchoedPassage) -> None:
    gone = "" if one.stands else ", no longer in its current wording"
    where = f"{one.words} words, characters {one.start}-{one.end} of wording {one.revision}{gone}"
    console.print(where, style="bold", markup=False, highlight=False)
    passage = shown_part(one.passage)
    if len(passage) > LONGEST_SHOWN:
        half = LONGEST_SHOWN // 2
        passage = f"{passage[:half]} […] {passage[-half:]}"
    said = Text(f"  {'…' if one.start > len(one.before) else ''}{shown_part(one.before)}»")
    said.append(passage, style="bold")
    said.append(f"«{shown_part(one.after)}…")
    console.print(said, soft_wrap=True)
    _print_user("first used by", one.first)
    console.print(f"  used since in {counted(one.used_since, 'statement')}\n", highlight=False)


def _print_phrase(one: Phrase) -> None:
    said = Text(shown(one.phrase, LONGEST_SHOWN), style="bold")
    console.print(said, soft_wrap=True)
    counted = f"  {one.users} users, {one.before} in as many days before (x {one.rise:g})"
    console.print(counted, markup=False, highlight=False)
    _print_user("begun by", one.starter)
    rest = len(one.followers) - FOLLOWERS_SHOWN
    followers = [f"{use.source} {use.on} ({use.statement})" for use in one.followers]
    more = f" and {rest} more" if rest > 0 else ""
    _line(f"  followed by {', '.join(followers[:FOLLOWERS_SHOWN]) or 'nobody then'}{more}")
    days = f"{one.days[0]} to {one.days[-1]}, {len(one.days)} days" if one.days else ""
    _line(f"  {', '.join(one.countries)}; {days}\n")


def _print_user(role: str, user: User) -> None:
    place = f"characters {user.start}-{user.end}"
    _line(f"  {role} statement {user.statement}, {user.on}, {shown(user.publisher, 120)}, {place}")
    _line(f"    {shown(user.title, 200)}")
    _line(f"    {shown(user.url, 500)}")


def _line(said: str) -> None:
    console.print(said, markup=False, highlight=False, soft_wrap=True)
